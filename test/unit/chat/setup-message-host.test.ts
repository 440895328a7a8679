import { Account, type AccountOptions, MemoryStore } from 'coi-sdk';
import { KeyManager } from 'coi-sdk/autocrypt';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ADA = 'ada@example.org';

describe('a setup message in the mailbox', () => {
  let host: MailHost;
  const open: Account[] = [];

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser(ADA, 'secret', { aliases: ['work@example.org'] });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((account) => account.close()));
    await host.close();
  });

  async function device(options: Partial<AccountOptions> = {}): Promise<Account> {
    const account = await Account.open({ ...host.settings(ADA), ...options });
    open.push(account);
    return account;
  }

  /** Device A, with a key and a setup message in the mailbox. */
  async function deviceA() {
    const account = await device();
    if (account.keys.state === 'none') await account.keys.create();
    await account.start();
    const setup = await account.keys.createSetupMessage();
    await setup.message.sent();
    return { account, ...setup };
  }

  it('brings the key to another device', async () => {
    const a = await deviceA();
    expect(a.code).toMatch(/^(\d{4}-){8}\d{4}$/);
    expect(a.message.fromMe).toBe(true);
    expect(await a.account.keys.setupMessages()).toEqual([a.message]);

    const b = await device();
    await b.start();
    await expect.poll(() => b.keys.setupMessages()).toHaveLength(1);
    const [found] = await b.keys.setupMessages();
    if (!found) throw new Error('no setup message');
    expect(found.messageId).toBe(a.message.messageId);
    const wrong = a.code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
    await expect(b.keys.importSetupMessage(found, wrong)).rejects.toMatchObject({ code: 'SETUP_CODE_WRONG' });
    const key = await b.keys.importSetupMessage(found, a.code.replaceAll('-', ' '));
    expect(key.fingerprint).toBe(a.account.keys.fingerprint);
    expect([b.keys.state, b.keys.fingerprint]).toEqual(['ready', key.fingerprint]);
  });

  it('is made offline, and goes out when there is a connection; other programs can open it', async () => {
    const store = new MemoryStore();
    const a = await device({ store });
    const { fingerprint } = await a.keys.create();
    await a.keys.setPreferences({ preferEncrypt: 'mutual' });
    const { code, message } = await a.keys.createSetupMessage({ text: 'Ihr Schlüssel' });
    expect([message.state, message.text]).toEqual(['queued', 'Ihr Schlüssel']);
    await a.start();
    await message.sent();
    const folders = () => [host.mailbox(ADA).folder('INBOX'), host.mailbox(ADA).folder('COI/Chats')];
    await expect.poll(() => folders().flatMap((folder) => folder.messages)).toHaveLength(1);
    const [raw] = folders().flatMap((folder) => folder.messages.map((mail) => mail.raw));
    const { readMail, readSetupMessage } = await import('coi-sdk/autocrypt');
    const setup = readSetupMessage(await readMail(raw ?? new Uint8Array()), [ADA]);
    const other = await KeyManager.open({ addresses: ADA });
    if (setup) await other.importSetupMessage(setup, code);
    expect([other.ownKeys[0]?.fingerprint, other.preferEncrypt]).toEqual([fingerprint, 'mutual']);
  });

  it('is imported from a file as well', async () => {
    const thunderbird = await KeyManager.open({ addresses: 'work@example.org' });
    const { fingerprint } = await thunderbird.create();
    const { mail, code } = await thunderbird.createSetupMessage();
    const b = await device({ aliases: ['work@example.org'] });
    expect(await b.keys.importSetupMessage(mail, code)).toMatchObject({ fingerprint });
  });

  it('that is foreign, broken or none at all is refused', async () => {
    const mallory = await KeyManager.open({ addresses: 'mallory@example.net' });
    await mallory.create();
    const { mail, code } = await mallory.createSetupMessage();
    const b = await device();
    await b.start();
    const own = b.keys.list();
    await expect(b.keys.importSetupMessage(mail, code)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_FOREIGN' });
    const text = Buffer.from(mail).toString('latin1');
    const delivered = async (raw: string) => {
      const arrived = new Promise<Parameters<Parameters<typeof b.on<'message'>>[1]>[0]>((resolve) =>
        b.once('message', resolve),
      );
      host.deliver(raw, { to: ADA });
      return arrived;
    };
    const sentToUs = await delivered(text.replace(/^To: .*$/m, `To: ${ADA}`));
    await expect(b.keys.importSetupMessage(sentToUs, code)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_FOREIGN' });
    expect(await b.keys.setupMessages()).toEqual([]);

    const ours = text
      .replaceAll('mallory@example.net', ADA)
      .replace(/^Message-ID: .*$/m, 'Message-ID: <broken@example.org>')
      .replace(/(autocrypt-setup[\s\S]*?\r\n\r\n)[\s\S]*?(\r\n--)/, '$1aGVsbG8=$2');
    const broken = await delivered(ours);
    expect(await b.keys.setupMessages()).toEqual([broken]);
    await expect(b.keys.importSetupMessage(broken, code)).rejects.toMatchObject({ code: 'SETUP_MESSAGE_INVALID' });

    const plain = await delivered(`From: ${ADA}\nTo: ${ADA}\nMessage-ID: <n@example.org>\n\nA note`);
    await expect(b.keys.importSetupMessage(plain, code)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(b.keys.importSetupMessage(Buffer.from('From: x\n\nx'), code)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(b.keys.list()).toEqual(own);
  });
});
