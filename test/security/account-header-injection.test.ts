import { expect, it } from 'vitest';
import { encrypt } from '../../src/openpgp/encrypt.js';
import { lines, pgpMime, utf8 } from '../unit/openpgp/support.js';
import { ADA, BOB, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('line ends and control characters in decrypted fields make no fields, groups or deletions', async () => {
  const { attacked, letter, ada, bob } = sealed;
  const first = await attacked.attack(await letter('to be kept'));
  const payload = lines(
    `From: =?utf-8?q?Bob=0D=0ABcc=3A_eve=40example.com?= <${BOB}>`,
    `To: ${ADA}`,
    `Date: ${new Date().toUTCString()}`,
    'Message-ID: <chat$injected@example.net>',
    'Chat-Version: 1.0',
    `Subject: =?utf-8?q?Hi=0D=0AChat-Group-ID=3A_fakefakefake=0D=0AChat-Delete=3A_=3C${first.messageId.replace('$', '=24').replace('@', '=40')}=3E?=`,
    'Authentication-Results: mail.example.org; dkim=pass header.d=example.net',
    'Content-Type: text/plain; hp="cipher"',
    '',
    'injected',
  );
  const sealing = { to: [ada.key.toPublic()], signWith: bob.key };
  const head = [`From: ${BOB}`, `To: ${ADA}`, 'Message-ID: <chat$injected@example.net>', 'Subject: ...'];
  const message = await attacked.attack(pgpMime(await encrypt(utf8(payload), sealing), [...head, 'MIME-Version: 1.0']));
  expect(message).toMatchObject({ text: 'injected', from: { address: BOB }, security: { signature: 'valid' } });
  expect(message.from.name ?? '').not.toMatch(/\p{Cc}/u);
  expect(message.subject ?? '').not.toMatch(/\p{Cc}/u);
  const chat = await attacked.account.chat(BOB);
  const texts: string[] = [];
  for await (const { text } of chat.messages()) texts.push(text);
  expect(texts.sort()).toEqual(['injected', 'to be kept']);
  const answer = await message.reply('answer');
  await answer.sent();
  expect(attacked.host.sent.at(-1)?.to).toEqual([BOB]);
});
