import { Account, type AccountOptions, type Group, type GroupChange, isGroup, limits, type Message } from 'coi-sdk';
import { readChatMail } from 'coi-sdk/protocol';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../servers/temp.js';

const ID = 'Abcdefgh-_1234';
const [ADA, BOB, CAROL] = ['ada@example.org', 'bob@example.org', 'carol@example.org'] as const;

describe('groups on the mail host', () => {
  let host: MailHost;
  const open: Account[] = [];

  beforeEach(async () => {
    host = await MailHost.start({ domain: 'example.org' });
    for (const email of [ADA, BOB, CAROL]) host.addUser(email, 'secret');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((account) => account.close()));
    await host.close();
  });

  async function account(email: string, options: Partial<AccountOptions> = {}): Promise<Account> {
    const opened = await Account.open({ ...host.settings(email), logger: { log() {} }, ...options });
    open.push(opened);
    await opened.start();
    return opened;
  }
  const seenBy = (who: Account, id: string) =>
    eventually(async () => {
      const found = await who.group(id);
      if (!found) throw new Error(`${who.email} does not know the group`);
      return found;
    });
  /** A mail of a COI client that says no more of the group than it has to. */
  const short = (from: string, to: string, text: string, more = '') =>
    `From: ${from}\nTo: ${to}\nDate: Fri, 20 Nov 2026 10:00:00 +0000\nSubject: Sailing\nChat-Version: 1.0\n` +
    `Message-ID: <chat$group.${ID}.${text.length}@example.org>\n${more}Content-Type: text/plain\n\n${text}\n`;
  const sentBy = async (who: string) => {
    const mails = host.sent.filter(({ from }) => from === who);
    return Promise.all(mails.map(({ raw }) => readChatMail(raw)));
  };
  const next = (who: Account, matches: (message: Message) => boolean) =>
    new Promise<Message>((resolve) => who.on('message', (message) => matches(message) && resolve(message)));

  it('asks for what it does not know of a group, once, and gets it with the next message of a member', async () => {
    const ada = await account(ADA);
    const bob = await account(BOB);
    const founded = await bob.createGroup('Sailing', [CAROL], { description: 'Sundays' });
    await founded.add(ADA);
    const group = await seenBy(ada, founded.id);
    expect(group.description).toBe('Sundays');
    expect((await sentBy(ADA)).some((mail) => mail.group?.requested)).toBe(false);

    // Another group, of which a mail of Carol's client says nothing but the id.
    const strange = next(ada, (m) => m.text === 'Ahoy!');
    host.deliver(short(CAROL, `${ADA}, ${BOB}`, 'Ahoy!'));
    const { chat } = await strange;
    expect(isGroup(chat) && [chat.name, chat.members.map(({ address }) => address).sort()]).toEqual([
      'Sailing',
      [BOB, CAROL],
    ]);
    await (await chat.send('What is this?')).sent();
    await (await chat.send('Anyone?')).sent();
    expect((await sentBy(ADA)).map((mail) => mail.group?.requested)).toEqual([true, undefined]);

    const bobs = (await seenBy(bob, `group:${ID}`)) as Group;
    await eventually(async () => expect(await bobs.messages().toArray()).toHaveLength(3));
    await bobs.send('A group, that is what it is.');
    await eventually(async () => expect((await sentBy(BOB)).at(-1)?.group?.info?.cards.length).toBe(3));
    await bobs.send('As I said.');
    await eventually(async () => expect((await sentBy(BOB)).at(-1)?.group?.info).toBeUndefined());
  });

  it('tells by events what has become true, and nothing of history', async () => {
    const bob = await account(BOB);
    const ada = await account(ADA, { name: 'Ada' });
    const events: GroupChange[] = [];
    bob.on('group', (_, change) => void events.push(change));
    const group = await ada.createGroup('Crew', [BOB]);
    await group.add([CAROL, BOB]);
    expect(await group.add(CAROL)).toBeUndefined();
    await group.rename('  Our   Crew ');
    expect(await group.rename('Our Crew')).toBeUndefined();
    await group.remove([{ address: CAROL }]);
    await eventually(() => expect(events).toHaveLength(4));
    const by = { address: ADA, name: 'Ada' };
    expect(events).toEqual([
      { kind: 'created', by, name: 'Crew', members: [by] },
      { kind: 'member-added', by, member: { address: CAROL } },
      { kind: 'renamed', by, name: 'Our Crew', oldName: 'Crew' },
      { kind: 'member-removed', by, member: { address: CAROL } },
    ]);

    const late = await Account.open({ ...host.settings(BOB), logger: { log() {} } });
    open.push(late);
    const history: GroupChange[] = [];
    late.on('group', (_, change) => void history.push(change));
    await late.start();
    expect(await seenBy(late, group.id)).toMatchObject({ name: 'Our Crew' });
    const removed = new Promise<GroupChange>((resolve) => late.on('group', (_, change) => resolve(change)));
    await group.remove(BOB);
    expect(await removed).toEqual({ kind: 'member-removed', by, member: { address: BOB } });
    expect(history).toHaveLength(1);
  });

  it('speaks the language of the user, in the chat and in the mails', async () => {
    const strings: AccountOptions['strings'] = {
      groupCreated: ({ by, byMe, name }) => (byMe ? `Du hast „${name}“ gegründet` : `${by} hat „${name}“ gegründet`),
      memberAdded: ({ by, who, byMe, aboutMe }) => `${byMe ? 'Du' : by} fügt ${aboutMe ? 'dich' : who} hinzu`,
    };
    const ada = await account(ADA, { name: 'Ada', strings });
    const bob = await account(BOB, { name: 'Bob' });
    const group = await ada.createGroup('Segeln', []);
    await group.add(BOB);
    expect((await group.messages().toArray()).map(({ text }) => text)).toEqual([
      'Du hast „Segeln“ gegründet',
      `Du fügt ${BOB} hinzu`,
    ]);
    const bobs = await seenBy(bob, group.id);
    expect(bobs.lastMessage?.text).toBe('Ada added you');
    expect(bobs.lastMessage?.changes).toEqual([
      { kind: 'member-added', by: { address: ADA, name: 'Ada' }, member: { address: BOB } },
    ]);
    // For programs that know nothing of groups, and in the index of the other device.
    const [, mail] = await sentBy(ADA);
    expect(mail?.text).toBe(`Ada fügt ${BOB} hinzu`);
  });

  it('refuses what cannot be, before anything is sent', async () => {
    const ada = await account(ADA);
    const code = (call: Promise<unknown>) =>
      call.then(
        () => 'nothing',
        (error) => error.code,
      );
    expect(await code(ada.createGroup(' ', [BOB]))).toBe('INVALID_OPTION');
    expect(await code(ada.createGroup('a\nb', [BOB]))).toBe('INVALID_HEADER');
    expect(await code(ada.createGroup('Crew', ['nobody']))).toBe('INVALID_ADDRESS');
    expect(await code(ada.createGroup('Crew', [BOB], { avatar: new Uint8Array([1, 2, 3]) }))).toBe('INVALID_OPTION');
    expect(await code(ada.createGroup('Crew', [BOB], { avatar: { path: '/nowhere/at-all.png' } }))).toBe(
      'FILE_NOT_FOUND',
    );
    expect(await code(ada.createGroup('Crew', [BOB], { avatr: 1 } as object))).toBe('UNKNOWN_OPTION');
    const many = Array.from({ length: limits.sendRecipients + 1 }, (_, i) => `m${i}@example.net`);
    expect(await code(ada.createGroup('Crew', many))).toBe('TOO_MANY_RECIPIENTS');
    expect(await ada.chats.list()).toEqual([]);

    const group = await ada.createGroup('Crew', [BOB, ADA, `"${BOB.split('@')[0]}"@EXAMPLE.org`]);
    expect(group.members).toEqual([{ address: BOB }]);
    expect(await code(group.remove(ADA))).toBe('INVALID_OPTION');
    await group.leave();
    expect(await group.leave()).toBeUndefined();
    expect(group.isMember).toBe(false);
    for (const call of [
      group.send('x'),
      group.add(CAROL),
      group.rename('x'),
      group.remove(BOB),
      group.setAvatar(undefined),
    ]) {
      expect(await code(call)).toBe('NOT_A_MEMBER');
    }
    await eventually(() => expect(host.sent).toHaveLength(2));
    expect(await ada.group('group:unknown-group')).toBeUndefined();
    expect(await ada.group((await ada.chat(BOB)).id)).toBeUndefined();
  });
});
