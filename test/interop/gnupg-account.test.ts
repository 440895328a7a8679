import { MailHost } from 'coi-sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatAutocryptHeader } from '../../src/autocrypt/header.js';
import { Account } from '../../src/chat/account.js';
import { checkOptions } from '../../src/chat/options.js';
import { AccountSession } from '../../src/chat/session.js';
import { readMail } from '../../src/mail/read-mail.js';
import { minimizeKey } from '../../src/openpgp/key-use.js';
import { parsePublicKey } from '../../src/openpgp/keys.js';
import { GnuPg } from './gnupg.js';

const ADA = 'ada@example.org';
const GRACE = 'grace@example.net';

describe('GnuPG reads what an account sends', () => {
  let gnupg: GnuPg;
  let host: MailHost;
  let account: Account;

  beforeAll(async () => {
    [gnupg, host] = await Promise.all([GnuPg.create(), MailHost.start()]);
    host.addUser(ADA);
    const session = await AccountSession.open(
      checkOptions('Account.open', { ...host.settings(ADA), logger: { log() {} } }),
    );
    account = new Account(session);
    const { manager } = session.keys;
    if (manager.state() !== 'ready') await manager.create();
    await gnupg.gpg('--import', await gnupg.file('ada.key', manager.signingKey().toPublic().bytes()));
    await gnupg.generate(GRACE, 'default');
    const key = await minimizeKey(await parsePublicKey(await gnupg.exportKey(GRACE)), { address: GRACE });
    const header = formatAutocryptHeader({ address: GRACE, preferEncrypt: 'mutual', keyData: key.bytes() });
    const mail = await readMail(
      Buffer.from(
        `From: ${GRACE}\r\nTo: ${ADA}\r\nDate: ${new Date().toUTCString()}\r\nAutocrypt: ${header}\r\n\r\nHello\r\n`,
      ),
    );
    await manager.processMail({ mail, receivedAt: Date.now() });
    await account.start();
  });
  afterAll(async () => {
    await account.close();
    await Promise.all([host.close(), gnupg.close()]);
  });

  it('decrypted and verified, with its file and its real header', async () => {
    const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256);
    const chat = await account.chat(GRACE);
    await chat.setEncryption('require');
    const message = await chat.send({ text: 'Grüße', attachments: [{ filename: 'photo.png', content }] });
    await message.sent({ signal: AbortSignal.timeout(20_000) });

    const { root, subject } = await readMail(host.sent.at(-1)?.raw ?? new Uint8Array());
    expect(subject).toBe('...');
    const armored = root.children[1]?.content() ?? new Uint8Array();
    const { out, status } = await gnupg.gpg('--decrypt', await gnupg.file('mail.asc', armored));
    expect(status).toContain('DECRYPTION_OKAY');
    expect(status).toContain(`VALIDSIG ${message.security.signer?.toUpperCase()}`);
    const inside = await readMail(out);
    expect(inside.subject).toBe('Chat: Grüße');
    expect(inside.root.children[0]?.text()?.trim()).toBe('Grüße');
    expect(Buffer.compare(inside.root.children[1]?.content() ?? new Uint8Array(), content)).toBe(0);
  });
});
