import { ManualClock } from 'coi-sdk/testing';
import { describe, expect, it } from 'vitest';
import { connect, imapClient, mail, mailer, next, startHost } from './support.js';

const message = (subject = 'Hi') => ({
  envelope: { from: 'ada@example.org', to: ['bob@example.org'] },
  raw: mail({ From: 'ada@example.org', To: 'bob@example.org', Subject: subject }),
});

describe('connections', () => {
  it('drop at once, all or those of one user', async () => {
    const host = await startHost();
    const ada = await connect(host);
    const bob = await connect(host, 'bob@example.org');
    const first = next(bob, 'close');
    host.faults.dropConnections({ user: 'Bob@example.org' });
    await first;
    expect(ada.usable).toBe(true);
    const second = next(ada, 'close');
    host.faults.dropConnections({ protocol: 'imap' });
    await second;
    expect((await connect(host)).usable).toBe(true);
  });

  it('are refused, while open ones live on', async () => {
    const host = await startHost();
    const open = await connect(host);
    await host.faults.refuseConnections();
    await expect(imapClient(host).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(mailer(host).verify()).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
    await open.noop();
    await host.faults.refuseConnections(false);
    expect((await connect(host)).usable).toBe(true);
    expect(await mailer(host).verify()).toBe(true);
  });

  it('drop after some commands', async () => {
    const host = await startHost();
    const client = await connect(host);
    host.faults.dropAfterCommands(2);
    await client.noop();
    await client.noop();
    const closed = next(client, 'close');
    await client.noop().catch(() => undefined);
    await closed;
    expect((await connect(host)).usable).toBe(true);
  });

  it('answer late', async () => {
    const clock = new ManualClock();
    const host = await startHost({ clock });
    const client = await connect(host);
    const off = host.faults.delay(60_000);
    let answered = false;
    const noop = client.noop().then(() => {
      answered = true;
    });
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    clock.advance(60_000);
    await noop;
    off();
    await client.noop();
  });

  it('send garbage', async () => {
    const host = await startHost();
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const idle = client.idle();
    const exists = next(client, 'exists');
    host.faults.garbage();
    host.faults.garbage('* 99 GARBAGE (((\r\n', { user: 'ada@example.org' });
    host.deliver(mail());
    // The client reads on behind it.
    expect(await exists).toMatchObject({ count: 1 });
    await client.noop();
    await idle;
  });

  it('stall in the middle of a literal until they are dropped', async () => {
    const host = await startHost();
    host.deliver(mail({}, 'x'.repeat(10_000)));
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    host.faults.stallMidLiteral();
    let settled = false;
    const fetched = client.fetchOne('1', { source: true }).finally(() => {
      settled = true;
    });
    const other = await connect(host);
    await other.mailboxOpen('INBOX');
    expect(await other.fetchOne('1', { source: true })).toMatchObject({ uid: 1 });
    expect(settled).toBe(false);
    host.faults.dropConnections();
    await expect(fetched).rejects.toMatchObject({ code: expect.any(String) });
  });
});

describe('commands', () => {
  it('fail with the reply that was asked for, as often as asked', async () => {
    const host = await startHost();
    const transport = mailer(host);
    host.faults.failNext('RCPT', '452 4.2.2 Mailbox full');
    await expect(transport.sendMail(message())).rejects.toMatchObject({
      responseCode: 452,
      response: '452 4.2.2 Mailbox full',
    });
    host.faults.failNext('DATA', undefined, { times: 2 });
    for (let i = 0; i < 2; i++) {
      await expect(transport.sendMail(message())).rejects.toMatchObject({ response: '451 4.3.0 Temporary failure' });
    }
    await transport.sendMail(message());
    expect(host.sent).toHaveLength(1);
    const client = await connect(host);
    host.faults.failNext('APPEND', 'NO [OVERQUOTA] Full', { user: 'ada@example.org' });
    const bob = await connect(host, 'bob@example.org');
    await bob.append('Sent', mail());
    await expect(client.append('Sent', mail())).rejects.toMatchObject({ serverResponseCode: 'OVERQUOTA' });
    expect(await client.append('Sent', mail())).toMatchObject({ uid: 1 });
  });

  it('fail no more once that is taken back, and only with well-formed replies', async () => {
    const host = await startHost();
    const off = host.faults.failNext('SELECT');
    off();
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    expect(() => host.faults.failNext('DATA', 'NO')).toThrow('451 4.3.0');
    expect(() => host.faults.failNext('APPEND', '451 no')).toThrow('OVERQUOTA');
  });

  it('include the login', async () => {
    const host = await startHost();
    const off = host.faults.rejectLogin('ada@example.org');
    await expect(imapClient(host).connect()).rejects.toMatchObject({ authenticationFailed: true });
    await expect(mailer(host).verify()).rejects.toMatchObject({ responseCode: 535 });
    expect((await connect(host, 'bob@example.org')).usable).toBe(true);
    off();
    expect((await connect(host)).usable).toBe(true);
  });
});

describe('delivery', () => {
  it('happens although the answer never comes', async () => {
    const host = await startHost();
    const transport = mailer(host);
    host.faults.dropAfterData();
    await expect(transport.sendMail(message())).rejects.toMatchObject({ code: expect.stringMatching(/ECONN|ESOCKET/) });
    expect(host.mailbox('bob@example.org').folder('INBOX').messages).toHaveLength(1);
    await transport.sendMail(message());
    expect(host.mailbox('bob@example.org').folder('INBOX').messages).toHaveLength(2);
  });

  it('is held and shuffled, the same way for the same seed', async () => {
    const orders: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const host = await startHost();
      const inbox = host.mailbox('ada@example.org').folder('INBOX');
      host.faults.reorder();
      for (const subject of 'abcdefgh') host.deliver(mail({ Subject: subject }));
      expect(inbox.messages).toHaveLength(0);
      expect(host.faults.release(7)).toBe(8);
      orders.push(inbox.messages.map((received) => received.header('subject') ?? ''));
    }
    expect(orders[0]).toEqual(orders[1]);
    expect([...(orders[0] ?? [])].sort().join('')).toBe('abcdefgh');
    expect(orders[0]?.join('')).not.toBe('abcdefgh');
  });

  it('happens twice', async () => {
    const host = await startHost();
    const off = host.faults.duplicate();
    host.deliver(mail());
    off();
    host.deliver(mail());
    expect(host.mailbox('ada@example.org').folder('INBOX').messages).toHaveLength(3);
  });

  it('bounces for one recipient later', async () => {
    const host = await startHost();
    host.faults.bounce('bob@example.org');
    await mailer(host).sendMail(message());
    expect(host.mailbox('bob@example.org').folder('INBOX').messages).toHaveLength(0);
    const report = host.mailbox('ada@example.org').folder('INBOX').messages[0]?.raw.toString();
    expect(report).toMatch(/^Status: 5\.2\.2\r$/m);
    expect(report).toContain('Mailbox is full');
  });

  it('leaves a copy with the sender', async () => {
    const host = await startHost();
    const off = host.faults.keepSentCopies();
    await mailer(host).sendMail(message());
    off();
    await mailer(host).sendMail(message());
    const copies = host.mailbox('ada@example.org').folder('Sent').messages;
    expect(copies.map((copy) => copy.raw.toString())).toEqual([message().raw]);
    expect(copies[0]?.flags.has('\\Seen')).toBe(true);
  });

  it('and all else is well again after reset', async () => {
    const host = await startHost();
    host.faults.reorder();
    host.faults.rejectLogin();
    host.faults.duplicate();
    host.faults.failNext('SELECT', undefined, { times: 100 });
    host.faults.dropAfterCommands(1);
    await host.faults.refuseConnections();
    for (const subject of 'abc') host.deliver(mail({ Subject: subject }));
    await host.faults.reset();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    expect(inbox.messages.map((received) => received.header('subject'))).toEqual(['a', 'b', 'c']);
    const client = await connect(host);
    expect((await client.mailboxOpen('INBOX')).exists).toBe(3);
  });
});
