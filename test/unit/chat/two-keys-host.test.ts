import { Account, type CoiError } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainMail } from '../../security/account-support.js';
import { sealedMail, sealer } from '../../support/sealed.js';

const ADA = 'ada@example.org';

describe('two devices that open a new mailbox at the same moment', () => {
  let host: MailHost;
  let a: Account;
  let b: Account;
  const errors: CoiError[] = [];

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser(ADA, 'secret');
    errors.length = 0;
    const open = () => Account.open({ ...host.settings(ADA), logger: { log() {} } });
    [a, b] = await Promise.all([open(), open()]);
    b.on('error', (error) => void errors.push(error));
    await Promise.all([a.start(), b.start()]);
  });
  afterEach(async () => {
    await Promise.all([a.close(), b.close()]);
    await host.close();
  });

  /** B looks into all folders once the copy lies there. */
  async function inStep(): Promise<void> {
    const sent = host.sent.filter(({ to }) => to.includes('bob@example.net')).length;
    const copies = () =>
      host
        .mailbox(ADA)
        .folder('COI/Chats')
        .messages.filter(({ raw }) => raw.includes('To: bob@example.net')).length;
    await expect.poll(copies, { timeout: 10_000 }).toBe(sent);
    await b.stop();
    await b.start();
  }

  it('have a key each; the first mail of one tells the other, and a setup message makes them one', async () => {
    const { fingerprint } = a.keys;
    expect([a.keys.state, b.keys.state]).toEqual(['ready', 'ready']);
    expect(b.keys.fingerprint).not.toBe(fingerprint);
    const chat = await a.chat('bob@example.net');
    await (await chat.send('from the one')).sent();
    await inStep();
    await expect.poll(() => errors, { timeout: 10_000 }).toMatchObject([{ code: 'KEY_IMPORT_NEEDED' }]);
    expect(errors[0]?.message).toContain(fingerprint);

    const { code } = await a.keys.createSetupMessage();
    await expect.poll(() => b.keys.setupMessages(), { timeout: 10_000 }).toHaveLength(1);
    const [setup] = await b.keys.setupMessages();
    if (setup) await b.keys.importSetupMessage(setup, code);
    expect(b.keys.fingerprint).toBe(fingerprint);
    await (await chat.send('again')).sent();
    await inStep();
    const other = await b.chat('bob@example.net');
    await expect.poll(() => other.lastMessage?.text, { timeout: 10_000 }).toBe('again');
    expect(errors).toHaveLength(1);
  });

  it('are not alarmed by what others write in the name of the user, nor by mail from before', async () => {
    const eve = await sealer(ADA);
    const bob = await sealer('bob@example.net');
    const forged = { from: eve, to: [bob], text: 'forged', id: 'forged@example.com', sealed: false };
    host.deliver(await sealedMail({ ...forged, date: Date.now() + 1000 }), { to: ADA });
    host
      .mailbox(ADA)
      .folder('Sent')
      .append(await sealedMail({ ...forged, id: 'old@example.org', date: Date.now() - 3600_000 }));
    const later = new Promise((resolve) => b.on('message', (message) => message.text === 'later' && resolve(message)));
    host.deliver(plainMail('later'), { to: ADA });
    await later;
    const old = await b.chat('bob@example.net');
    await expect.poll(() => old.lastMessage?.text, { timeout: 10_000 }).toBe('forged');
    expect(errors).toEqual([]);
  });
});
