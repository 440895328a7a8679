import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account, type AccountOptions, type Message } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('an account on a mail host', () => {
  let host: MailHost;
  const open: Account[] = [];

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    host.addUser('ada@example.org', 'secret', { aliases: ['work@example.org'] });
    host.addUser('bob@example.org', 'secret');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((account) => account.close()));
    await host.close();
  });

  async function account(name: 'ada' | 'bob', options: Partial<AccountOptions> = {}, start = true): Promise<Account> {
    const made = await Account.open({ ...host.settings(`${name}@example.org`), ...options });
    open.push(made);
    if (start) await made.start({ signal: AbortSignal.timeout(15_000) });
    return made;
  }

  const next = (who: Account, text: string) =>
    new Promise<Message>((resolve) => {
      who.on('message', (message) => {
        if (message.text === text) resolve(message);
      });
    });
  const inbox = (name: string) => host.mailbox(`${name}@example.org`).folder('INBOX').messages;

  it('shows what is written to a mailing list in its chat, before and after the copy comes back', async () => {
    const ada = await account('ada');
    host.addUser('news@lists.example.net');
    const fromList = (from: string, id: string, text: string) =>
      `From: ${from}\nTo: news@lists.example.net\nList-Id: News <news.lists.example.net>\nList-Post: <mailto:news@lists.example.net>\nMessage-ID: <${id}>\nDate: ${new Date().toUTCString()}\nSubject: News\n\n${text}`;
    const first = next(ada, 'Hello all');
    host.deliver(fromList('carla@example.com', 'first@example.com', 'Hello all'), { to: 'ada@example.org' });
    const { chat } = await first;
    const sent = await chat.send('Hello Carla');
    expect(sent.chat).toBe(chat);
    await sent.sent();
    const second = next(ada, 'Welcome');
    host.deliver(fromList('ada@example.org', sent.messageId, 'Hello Carla'), { to: 'ada@example.org' });
    host.deliver(fromList('carla@example.com', 'second@example.com', 'Welcome'), { to: 'ada@example.org' });
    await second;
    expect((await chat.messages().toArray()).map(({ text }) => text).toSorted()).toEqual([
      'Hello Carla',
      'Hello all',
      'Welcome',
    ]);
    expect(await ada.chats.list()).toEqual([chat]);
  });

  /** Waits for a state of the connection. */
  function connection(who: Account, state: Account['connection']): Promise<void> {
    if (who.connection === state) return Promise.resolve();
    return new Promise((resolve) => {
      who.on('connection', (now) => {
        if (now === state) resolve();
      });
    });
  }

  it('works over connections of the application: a factory, and a transporter', async () => {
    const settings = host.settings('ada@example.org');
    let made = 0;
    const smtp = createTransport({
      host: settings.smtp.host,
      port: settings.smtp.port,
      secure: false,
      ignoreTLS: true,
      auth: { user: settings.email, pass: settings.password },
    });
    const options: AccountOptions = {
      email: settings.email,
      imap: async () => {
        made++;
        const flow = new ImapFlow({
          host: settings.imap.host,
          port: settings.imap.port,
          secure: false,
          doSTARTTLS: false,
          auth: { user: settings.email, pass: settings.password },
          logger: false,
        });
        await flow.connect();
        return flow;
      },
      smtp,
    };
    const ada = await Account.open(options);
    open.push(ada);
    await ada.start();
    const bob = await account('bob');
    const arrived = next(bob, 'over my own transporter');
    await (await ada.chat('bob@example.org')).send('over my own transporter');
    const answer = next(ada, 'over your own ImapFlow');
    await (await arrived).reply('over your own ImapFlow');
    await answer;
    const again = connection(ada, 'waiting').then(() => connection(ada, 'online'));
    host.faults.dropConnections({ user: 'ada@example.org', protocol: 'imap' });
    await again;
    expect(made).toBe(2);
    smtp.close();
  });

  it('lends an ImapFlow, which it neither closes nor replaces', async () => {
    const settings = host.settings('ada@example.org');
    const flow = new ImapFlow({
      host: settings.imap.host,
      port: settings.imap.port,
      secure: false,
      doSTARTTLS: false,
      auth: { user: settings.email, pass: settings.password },
      logger: false,
    });
    flow.on('error', () => {});
    await flow.connect();
    const ada = await account('ada', { imap: flow });
    const arrived = next(ada, 'hello');
    const bob = await account('bob');
    await (await bob.chat('ada@example.org')).send('hello');
    await arrived;
    await ada.stop();
    expect(flow.usable).toBe(true);
    expect(await flow.status('INBOX', { messages: true })).toMatchObject({ path: 'INBOX' });
    await ada.start();
    const lost = connection(ada, 'error');
    host.faults.dropConnections({ user: 'ada@example.org', protocol: 'imap' });
    await lost;
    await flow.logout().catch(() => {});
  });

  it('asks for new credentials when the password stops working, and goes on with them', async () => {
    const ada = await account('ada');
    const needed = connection(ada, 'auth-needed');
    host.setPassword('ada@example.org', 'changed');
    host.faults.dropConnections({ user: 'ada@example.org' });
    await needed;
    const waiting = await (await ada.chat('bob@example.org')).send('written meanwhile');
    const online = connection(ada, 'online');
    await ada.updateCredentials({ password: 'changed' });
    await online;
    await waiting.sent({ signal: AbortSignal.timeout(10_000) });
    expect(waiting.state).toBe('sent');
  });

  it('takes a message back within its undo time, and sends it after that', async () => {
    const ada = await account('ada', { undoMs: 60_000 });
    const chat = await ada.chat('bob@example.org');
    const regretted = await chat.send('regretted');
    expect((await ada.outbox.list()).map(({ message, state }) => [message, state])).toEqual([[regretted, 'queued']]);
    await regretted.cancel();
    expect(regretted.deleted).toBe(true);
    expect(await ada.outbox.list()).toEqual([]);
    const quick = await chat.send('quick', { undoMs: 1 });
    await quick.sent({ signal: AbortSignal.timeout(10_000) });
    await expect(quick.cancel()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(host.sent).toHaveLength(1);
    const slow = await chat.send('slow');
    await slow.retry();
    await slow.sent({ signal: AbortSignal.timeout(10_000) });
  });

  it('tries a refused message again when asked to', async () => {
    const ada = await account('ada');
    host.faults.failNext('RCPT', '550 5.7.1 not today');
    const message = await (await ada.chat('bob@example.org')).send('hello');
    await expect(message.sent({ signal: AbortSignal.timeout(10_000) })).rejects.toMatchObject({
      code: 'RECIPIENT_REFUSED',
      message: expect.stringContaining('not today'),
    });
    expect(message.state).toBe('failed');
    await message.retry();
    await message.sent({ signal: AbortSignal.timeout(10_000) });
    expect(inbox('bob')).toHaveLength(1);
  });

  it('answers from the alias that was written to', async () => {
    const ada = await account('ada', { aliases: ['work@example.org'], name: 'Ada' });
    const bob = await account('bob');
    const arrived = next(ada, 'to your work address');
    await (await bob.chat('work@example.org')).send('to your work address');
    const answer = next(bob, 'from there');
    await (await arrived).reply('from there');
    expect((await answer).from).toMatchObject({ address: 'work@example.org', name: 'Ada' });
    expect((await answer).chat.title).toBe('Ada');
  });

  it('deletes here, or on the server as well', async () => {
    const ada = await account('ada', { filing: 'none' });
    for (const text of ['keep', 'hide', 'destroy']) {
      const arrived = next(ada, text);
      host.deliver(`From: bob@example.org\r\nTo: ada@example.org\r\nMessage-ID: <${text}@x>\r\n\r\n${text}\r\n`);
      await arrived;
    }
    const chat = await ada.chat('bob@example.org');
    const all = await chat.messages().toArray();
    await all.find(({ text }) => text === 'hide')?.delete();
    await all.find(({ text }) => text === 'destroy')?.delete({ server: true });
    await expect.poll(() => inbox('ada').length, { interval: 10 }).toBe(2);
    expect((await chat.messages().toArray()).map(({ text }) => text)).toEqual(['keep']);
    await chat.delete({ server: true });
    await expect.poll(() => inbox('ada').length, { interval: 10, timeout: 10_000 }).toBeLessThan(2);
    expect(await ada.chats.list()).toEqual([]);
  });

  it('saves and streams files, with progress', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coi-save-'));
    try {
      const [ada, bob] = [await account('ada'), await account('bob')];
      const content = new Uint8Array(600_000).map((_, index) => index % 251);
      const arrived = next(bob, 'a large file');
      const file = { content, filename: 'large.bin', contentType: 'application/octet-stream' };
      await (await ada.chat('bob@example.org')).send({ text: 'a large file', attachments: [file] });
      const [attachment] = (await arrived).attachments;
      const progress: number[] = [];
      await attachment?.saveTo(join(folder, 'large.bin'), { onProgress: (received) => void progress.push(received) });
      expect(Buffer.compare(await readFile(join(folder, 'large.bin')), content)).toBe(0);
      expect(progress.at(-1)).toBe(content.length);
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _ of attachment?.stream({ signal: controller.signal }) ?? []) controller.abort();
      })();
      await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('rejects a start that cannot succeed, and may be started again', async () => {
    const ada = await account('ada', { password: 'wrong' }, false);
    await expect(ada.start()).rejects.toMatchObject({ code: 'IMAP_AUTH_FAILED' });
    await ada.updateCredentials({ password: 'secret' });
    await ada.start();
    expect(ada.connection).toBe('online');
    await ada.stop();
    await host.faults.refuseConnections();
    await expect(ada.start()).rejects.toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    const trying = ada.start({ keepTrying: true });
    await host.faults.refuseConnections(false);
    await trying;
    expect(ada.connection).toBe('online');
  });
});
