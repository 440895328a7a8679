import type { CopyResponseObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { connect, mail, next, run, startHost } from './support.js';

const uidMap = (result: CopyResponseObject | false) => (result ? result.uidMap : undefined);

describe('IDLE', () => {
  it('tells about new mail, flags and expunges at once', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 3; i++) inbox.append(mail());
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const idle = client.idle();
    const exists = next(client, 'exists');
    host.deliver(mail());
    expect(await exists).toMatchObject({ count: 4, prevCount: 3 });
    const flags = next(client, 'flags');
    inbox.setFlags(2, ['\\Seen', '$Chat']);
    expect(await flags).toMatchObject({ seq: 2, uid: 2, flags: new Set(['\\Seen', '$Chat']) });
    const expunged: unknown[] = [];
    client.on('expunge', (event) => expunged.push(event.seq ?? 0));
    const last = new Promise((resolve) => client.on('expunge', () => expunged.length === 2 && resolve(undefined)));
    inbox.expunge([1, 3]);
    await last;
    expect(expunged).toEqual([3, 1]);
    await client.noop();
    await idle;
    expect((await client.fetchAll('1:*', { uid: true })).map(({ seq, uid }) => [seq, uid])).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });
});

describe('two sessions', () => {
  it('see what the other does', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 4; i++) inbox.append(mail());
    const one = await connect(host);
    const two = await connect(host);
    await one.mailboxOpen('INBOX');
    await two.mailboxOpen('INBOX');
    const flags = next(two, 'flags');
    await one.messageFlagsAdd('3', ['\\Answered']);
    await two.noop();
    expect(await flags).toMatchObject({ seq: 3, flags: new Set(['\\Answered']) });
    const expunge = next(two, 'expunge');
    await one.messageDelete('2');
    await two.noop();
    expect(await expunge).toMatchObject({ seq: 2 });
    const exists = next(two, 'exists');
    await one.append('INBOX', mail());
    await two.noop();
    expect(await exists).toMatchObject({ count: 4 });
  });

  it('keep their sequence numbers while FETCH, STORE and SEARCH run', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 5; i++) inbox.append(mail({ Subject: String(i + 1) }));
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const expunged: number[] = [];
    client.on('expunge', (event) => expunged.push(event.seq ?? 0));
    inbox.expunge([2]);
    expect((await client.fetchAll('3:5', { uid: true })).map((message) => message.uid)).toEqual([3, 4, 5]);
    expect(await client.search({ all: true })).toEqual([1, 3, 4, 5]);
    await client.messageFlagsAdd('5', ['\\Seen']);
    expect(expunged).toEqual([]);
    expect(inbox.messages.map((message) => [message.uid, message.flags.has('\\Seen')])).toEqual([
      [1, false],
      [3, false],
      [4, false],
      [5, true],
    ]);
    await client.noop();
    expect(expunged).toEqual([2]);
    expect((await client.fetchAll('2', { uid: true })).map((message) => message.uid)).toEqual([3]);
  });

  it('never hear of mail that came and went between two commands', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    inbox.append(mail());
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const events: string[] = [];
    client.on('exists', () => events.push('exists'));
    client.on('expunge', () => events.push('expunge'));
    inbox.append(mail());
    inbox.expunge([2]);
    await client.noop();
    expect(events).toEqual([]);
  });

  it('are ended when the folder gets a new UIDVALIDITY or is deleted', async () => {
    const host = await startHost();
    const own = host.mailbox('ada@example.org');
    own.folder('INBOX').append(mail());
    const before = own.folder('INBOX').uidValidity;
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const closed = next(client, 'close');
    own.folder('INBOX').changeUidValidity();
    await closed;
    const again = await connect(host);
    const box = await again.mailboxOpen('INBOX');
    expect(box.uidValidity).not.toBe(BigInt(before));
    expect((await again.fetchAll('1:*', { uid: true }))[0]?.uid).toBeGreaterThan(1000);
    await again.mailboxOpen('Trash');
    const ended = next(again, 'close');
    const deleting = await connect(host);
    await deleting.mailboxDelete('Trash');
    await ended;
    expect(deleting.usable).toBe(true);
  });
});

describe('STORE', () => {
  it('adds, removes and replaces flags', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    inbox.append(mail());
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const flags = () => [...(inbox.messages[0]?.flags ?? [])].sort();
    await client.messageFlagsAdd('1', ['\\Seen', '$Chat'], { uid: true });
    expect(flags()).toEqual(['$Chat', '\\Seen']);
    await client.messageFlagsRemove('1', ['\\Seen'], { uid: true });
    expect(flags()).toEqual(['$Chat']);
    await client.messageFlagsSet('1', ['\\Flagged'], { silent: true });
    expect(flags()).toEqual(['\\Flagged']);
    await client.mailboxOpen('INBOX', { readOnly: true });
    expect(await client.messageFlagsAdd('1', ['\\Seen'])).toBe(false);
  });

  it('leaves alone what changed since (UNCHANGEDSINCE)', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 3; i++) inbox.append(mail());
    const client = await connect(host);
    const box = await client.mailboxOpen('INBOX');
    inbox.setFlags(2, ['\\Answered']);
    const { code } = await run(
      client,
      'UID STORE',
      `1:3 (UNCHANGEDSINCE ${box.highestModseq}) +FLAGS.SILENT ($MDNSent)`,
    );
    expect(JSON.stringify(code)).toContain('MODIFIED');
    expect(JSON.stringify(code)).toContain('"2"');
    expect(inbox.messages.map((message) => message.flags.has('$MDNSent'))).toEqual([true, false, true]);
  });
});

describe('CONDSTORE', () => {
  it('fetches only what changed since', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 5; i++) inbox.append(mail());
    const client = await connect(host);
    const box = await client.mailboxOpen('INBOX');
    inbox.setFlags(4, ['\\Seen']);
    inbox.append(mail());
    const changed = await client.fetchAll(
      '1:*',
      { uid: true, flags: true },
      { uid: true, changedSince: box.highestModseq ?? 0n },
    );
    expect(changed.map((message) => message.uid)).toEqual([4, 6]);
    expect(changed[0]?.modseq).toBe(BigInt(inbox.messages[3]?.modSeq ?? 0));
    expect(await client.search({ modseq: changed[0]?.modseq ?? 0n }, { uid: true })).toEqual([4, 6]);
  });

  it('refuses its parts where it is off', async () => {
    const host = await startHost({ capabilities: { condstore: false } });
    host.deliver(mail());
    const client = await connect(host);
    const box = await client.mailboxOpen('INBOX');
    expect(box.highestModseq).toBeUndefined();
    for (const args of ['1 (MODSEQ)', '1 (FLAGS) (CHANGEDSINCE 1)']) {
      await expect(run(client, 'FETCH', args)).rejects.toMatchObject({ responseStatus: 'BAD' });
    }
  });
});

describe('APPEND, COPY, MOVE, EXPUNGE', () => {
  it('appends with flags and date and gives the UID', async () => {
    const host = await startHost();
    const client = await connect(host);
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    const raw = mail({}, 'Grüße\r\n');
    const done = await client.append('INBOX', raw, ['\\Seen', '$Chat'], new Date(Date.UTC(2020, 5, 7, 8, 9, 10)));
    expect(done).toMatchObject({ uid: 1, uidValidity: BigInt(inbox.uidValidity) });
    expect(inbox.messages[0]).toMatchObject({ internalDate: Date.UTC(2020, 5, 7, 8, 9, 10) });
    expect(inbox.messages[0]?.raw.toString()).toBe(raw);
    expect([...(inbox.messages[0]?.flags ?? [])]).toEqual(['\\Seen', '$Chat']);
    await expect(client.append('Nowhere', raw)).rejects.toMatchObject({ serverResponseCode: 'TRYCREATE' });
  });

  it('appends without LITERAL+', async () => {
    const host = await startHost({ capabilities: { literalPlus: false } });
    const client = await connect(host);
    const raw = mail({}, 'x'.repeat(300_000));
    await client.append('Sent', raw);
    expect(host.mailbox('ada@example.org').folder('Sent').messages[0]?.raw.toString()).toBe(raw);
  });

  it('copies and moves, and says which UID became which', async () => {
    const host = await startHost();
    const own = host.mailbox('ada@example.org');
    for (let i = 0; i < 4; i++) own.folder('INBOX').append(mail({ Subject: String(i) }), { flags: ['\\Seen'] });
    own.folder('Trash').append(mail());
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const copied = await client.messageCopy('2', 'Trash', { uid: true });
    expect(uidMap(copied)).toEqual(new Map([[2, 2]]));
    const moved = await client.messageMove('1,3:4', 'Trash', { uid: true });
    expect(uidMap(moved)).toEqual(
      new Map([
        [1, 3],
        [3, 4],
        [4, 5],
      ]),
    );
    expect(own.folder('INBOX').messages.map((message) => message.uid)).toEqual([2]);
    expect(own.folder('Trash').messages.map((message) => message.header('subject'))).toEqual([
      'Hi',
      '1',
      '0',
      '2',
      '3',
    ]);
    expect(own.folder('Trash').messages[2]?.flags.has('\\Seen')).toBe(true);
    expect(await client.messageMove('2', 'Nowhere', { uid: true })).toBe(false);
  });

  it('expunges by UID only what it was asked to, and all \\Deleted without UIDPLUS or on CLOSE', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 4; i++) inbox.append(mail(), i === 0 ? { flags: ['\\Deleted'] } : {});
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    await client.messageDelete('3', { uid: true });
    expect(inbox.messages.map((message) => message.uid)).toEqual([1, 2, 4]);
    await run(client, 'EXPUNGE');
    expect(inbox.messages.map((message) => message.uid)).toEqual([2, 4]);
    await client.messageFlagsAdd('2', ['\\Deleted'], { uid: true });
    await client.mailboxClose();
    expect(inbox.messages.map((message) => message.uid)).toEqual([4]);
  });
});
