import { Account, type AccountOptions, type Group, type GroupChange, isGroup, type Message } from 'coi-sdk';
import { createTransport } from 'nodemailer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../servers/temp.js';
import type { TestServers, TestUser } from './servers.js';
import { nextMessage, sendPlain } from './support.js';

/** Registers the end-to-end tests of groups for one kind of mail servers. Every test makes users of its own. */
export function groupSuite(name: string, start: () => Promise<TestServers>): void {
  describe(`groups over ${name}`, { timeout: 120_000 }, () => {
    let servers: TestServers;
    let counter = 0;
    const open: Account[] = [];

    beforeAll(async () => {
      servers = await start();
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((account) => account.close()));
    });
    afterAll(async () => {
      await servers?.close();
    });

    const newUser = (local: string) => servers.createUser(`${local}-g${++counter}`);
    async function account(user: TestUser, options: Partial<AccountOptions> = {}): Promise<Account> {
      const opened = await Account.open({ ...user, logger: { log() {} }, ...options });
      open.push(opened);
      await opened.start({ signal: AbortSignal.timeout(60_000) });
      return opened;
    }
    const people = async (options: Partial<AccountOptions>, ...names: string[]) => {
      const users = await Promise.all(names.map((local) => newUser(local.toLowerCase())));
      const accounts = await Promise.all(users.map((user, i) => account(user, { ...options, name: names[i] })));
      return { users, accounts };
    };
    /** The group as another account sees it, as soon as it is there. */
    const seenBy = (who: Account, group: Group) =>
      eventually(async () => {
        const found = await who.group(group.id);
        if (!found) throw new Error(`${who.email} does not know the group`);
        return found;
      });
    const addresses = (group: Group) => group.members.map(({ address }) => address).sort();
    const texts = async (group: Group) => (await group.messages().toArray()).map(({ text }) => text);

    it('everybody agrees on name, members, description and picture, whoever changes them', async () => {
      const { users, accounts } = await people({ encryption: 'off' }, 'Ada', 'Bob', 'Carol', 'Dave');
      const [ada, bob, carol, dave] = accounts as [Account, Account, Account, Account];
      const [adaUser, bobUser, carolUser, daveUser] = users as [TestUser, TestUser, TestUser, TestUser];
      const events: string[] = [];
      carol.on(
        'group',
        (_, change: GroupChange) => void events.push(`${change.kind} by ${'by' in change ? change.by?.name : ''}`),
      );

      const group = await ada.createGroup('My Crew', [bobUser.email, { address: carolUser.email }], {
        description: 'Every Sunday.\nBring a rope.',
        avatar: PICTURE,
      });
      expect(group).toMatchObject({ kind: 'group', name: 'My Crew', title: 'My Crew', isMember: true });
      expect(addresses(group)).toEqual([bobUser.email, carolUser.email].sort());
      const bobs = await seenBy(bob, group);
      expect(bobs).toMatchObject({ name: 'My Crew', description: 'Every Sunday.\nBring a rope.', isMember: true });
      expect(addresses(bobs)).toEqual([adaUser.email, carolUser.email].sort());
      expect(await bobs.avatar?.load()).toEqual(PICTURE);
      expect(await texts(bobs)).toEqual([
        'Ada created the group “My Crew” with ' + [bobUser.email, carolUser.email].join(', '),
      ]);

      const hello = nextMessage(ada, (m) => m.text === 'Hi crew!');
      await bobs.send('Hi crew!');
      expect((await hello).chat.id).toBe(group.id);

      const renamed = nextMessage(ada, (m) => m.changes[0]?.kind === 'renamed');
      await bobs.rename('Our Crew');
      expect((await renamed).text).toBe('Bob renamed the group to “Our Crew”');
      const carols = await seenBy(carol, group);
      await eventually(() => expect(carols.name).toBe('Our Crew'));
      await carols.add(daveUser.email);
      const daves = await seenBy(dave, group);
      expect(daves).toMatchObject({ name: 'Our Crew', description: 'Every Sunday.\nBring a rope.', isMember: true });
      expect(addresses(daves)).toEqual([adaUser.email, bobUser.email, carolUser.email].sort());
      expect(await daves.avatar?.load()).toEqual(PICTURE);

      await eventually(() => expect(group.members).toHaveLength(3));
      await group.setDescription(undefined);
      await group.remove(bobUser.email);
      await eventually(() => expect(bobs.isMember).toBe(false));
      await expect(bobs.send('Still there?')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      await eventually(() => expect(addresses(daves)).toEqual([adaUser.email, carolUser.email].sort()));
      await daves.leave();
      await expect(daves.rename('x')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      await eventually(() => expect(addresses(carols)).toEqual([adaUser.email]));
      await carols.setAvatar(undefined);
      await eventually(() => {
        expect(group).toMatchObject({ name: 'Our Crew', description: undefined, avatar: undefined, isMember: true });
        expect(addresses(group)).toEqual([carolUser.email]);
      });
      await eventually(() =>
        // What two mails of one batch have changed comes in one go.
        expect(events.toSorted()).toEqual(
          [
            'created by Ada',
            'renamed by Bob',
            'member-added by Carol',
            'description by Ada',
            'member-removed by Ada',
            'left by ',
            'avatar by Carol',
          ].toSorted(),
        ),
      );
      // Those who are no members get no more than the mail that says so.
      const after = nextMessage(carol, (m) => m.text === 'Just us');
      await group.send('Just us');
      await after;
      expect((await texts(bobs)).at(-1)).toBe('Ada removed you');
      expect((await texts(daves)).at(-1)).toBe('You left the group');

      // A device that has nothing but the mailbox.
      const late = await account(adaUser);
      const again = await seenBy(late, group);
      await eventually(async () => expect(await texts(again)).toEqual(await texts(group)));
      expect(again).toMatchObject({ name: 'Our Crew', description: undefined, avatar: undefined, isMember: true });
      expect(addresses(again)).toEqual([carolUser.email]);
    });

    it('takes people with a plain mail program and with a chatmail client in', async () => {
      const { users, accounts } = await people({}, 'Ada', 'Bob');
      const [ada, bob] = accounts as [Account, Account];
      const [adaUser, bobUser] = users as [TestUser, TestUser];
      const [pia, eve, dan] = [await newUser('pia'), await newUser('eve'), await newUser('dan')];
      const group = await ada.createGroup('Picnic', [bobUser.email, pia.email, dan.email]);
      const bobs = await seenBy(bob, group);
      const invitation = group.lastMessage as Message;
      const everyone = [adaUser.email, bobUser.email, pia.email, dan.email];
      const answer = (from: TestUser, to: readonly string[], subject: string, text: string) =>
        sendPlain(from, {
          to: to.filter((address) => address !== from.email),
          subject,
          text,
          inReplyTo: `<${invitation.messageId}>`,
          references: `<${invitation.messageId}>`,
        });

      const inGroup = nextMessage(bob, (m) => m.text === 'I bring cake.');
      await answer(pia, everyone, 'Re: Picnic', 'I bring cake.');
      expect((await inGroup).chat.id).toBe(group.id);
      expect(group.name).toBe('Picnic');

      const aside = nextMessage(ada, (m) => m.text === 'Is Bob coming?');
      await answer(pia, [adaUser.email], 'Re: Picnic', 'Is Bob coming?');
      const private_ = await aside;
      expect(private_.chat.kind).toBe('single');
      expect((await private_.repliedTo())?.chat.id).toBe(group.id);

      // Mail dates are whole seconds; a person does not rename a group within the one in which it was made.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const renamed = nextMessage(bob, (m) => m.text === 'A better name.');
      await answer(pia, everyone, 'Picnic by the lake', 'A better name.');
      await renamed;
      await eventually(() => expect([group.name, bobs.name]).toEqual(['Picnic by the lake', 'Picnic by the lake']));

      const joined = new Promise<GroupChange>((resolve) => {
        bob.on('group', (_, change) => change.kind === 'member-added' && resolve(change));
      });
      await answer(pia, [...everyone, eve.email], 'Re: Picnic by the lake', 'Eve comes, too.');
      expect(await joined).toMatchObject({ kind: 'member-added', member: { address: eve.email } });
      await eventually(() => expect(addresses(group)).toContain(eve.email));

      // A client that speaks chatmail's dialect only.
      const gone = nextMessage(ada, (m) => m.changes.some(({ kind }) => kind === 'left'));
      const transport = createTransport({
        host: dan.smtp.host,
        port: dan.smtp.port ?? 587,
        secure: false,
        ignoreTLS: dan.smtp.allowInsecure === true,
        ...(dan.tls?.ca ? { tls: { ca: dan.tls.ca as string } } : {}),
        auth: { user: dan.email, pass: dan.password },
      });
      await transport.sendMail({
        from: dan.email,
        to: [adaUser.email, bobUser.email, pia.email, eve.email],
        subject: 'Message from Dan',
        text: 'I left the group.',
        headers: {
          'Chat-Version': '1.0',
          'Chat-Group-ID': group.id.slice('group:'.length),
          'Chat-Group-Name': 'Picnic by the lake',
          'Chat-Group-Member-Removed': dan.email,
        },
      });
      transport.close();
      expect((await gone).text).toMatch(/left the group$/);
      await eventually(() => {
        for (const one of [group, bobs]) expect(addresses(one)).not.toContain(dan.email);
      });
    });

    it('is encrypted once every key is known: who is missing is named, who is added gets the keys, who is removed none', async () => {
      const { users, accounts } = await people({}, 'Ada', 'Bob', 'Carol', 'Dave');
      const [ada, bob, carol, dave] = accounts as [Account, Account, Account, Account];
      const [, bobUser, carolUser, daveUser] = users as [TestUser, TestUser, TestUser, TestUser];
      for (const one of accounts) await eventually(() => expect(one.keys.state).toBe('ready'));
      // Each of them has written to Ada once, and to nobody else.
      for (const one of [bob, carol, dave]) {
        const hello = nextMessage(ada, (m) => m.text === `I am ${one.email}`);
        await (await one.chat(ada.email)).send(`I am ${one.email}`);
        await hello;
      }
      const group = await ada.createGroup('Secret', [bobUser.email, carolUser.email]);
      expect(group.lastMessage?.security).toMatchObject({ encrypted: true });
      expect(await group.encryption()).toMatchObject({ state: 'encrypted', missing: [] });
      const bobs = await seenBy(bob, group);
      const carols = await seenBy(carol, group);
      expect(bobs.lastMessage?.security).toMatchObject({ encrypted: true, signature: 'valid' });

      // Bob and Carol have never written to each other: the keys came with the group.
      const secret = nextMessage(carol, (m) => m.text === 'Nobody else reads this');
      await bobs.send('Nobody else reads this');
      expect((await secret).security).toMatchObject({ encrypted: true, signature: 'valid' });

      const stranger = await newUser('stranger');
      await expect(bobs.add(stranger.email)).rejects.toMatchObject({ code: 'MISSING_KEY' });
      expect(addresses(bobs)).toEqual([ada.email, carolUser.email].sort());

      await eventually(() => expect(group.lastMessage?.text).toBe('Nobody else reads this'));
      await group.add(daveUser.email);
      const daves = await seenBy(dave, group);
      expect(daves).toMatchObject({ name: 'Secret', isMember: true });
      const fromDave = nextMessage(bob, (m) => m.text === 'Hello, I am new');
      await daves.send('Hello, I am new');
      expect((await fromDave).security).toMatchObject({ encrypted: true, signature: 'valid' });

      await eventually(() => expect(group.lastMessage?.text).toBe('Hello, I am new'));
      const removing = await group.remove(carolUser.email);
      expect(removing?.security.encrypted).toBe(true);
      await eventually(() => expect(carols.isMember).toBe(false));
      const after = nextMessage(dave, (m) => m.text === 'Without Carol');
      const sent = await group.send('Without Carol');
      await after;
      expect(sent.recipients.map(({ address }) => address).sort()).toEqual([bobUser.email, daveUser.email].sort());
      expect((await texts(carols)).at(-1)).toBe('Ada removed you');
    });

    it('brings a message to more people than one transaction takes, once to each', async () => {
      const ada = await account(await newUser('ada'));
      const others = [];
      for (let i = 0; i < servers.recipientLimit + 2; i++) others.push(await newUser('many'));
      const last = await account(others.at(-1) as TestUser);
      const first = await account(others[0] as TestUser);
      const got: string[] = [];
      for (const one of [first, last]) one.on('message', ({ text }) => void got.push(text));
      const group = await ada.createGroup('Everybody', [
        ...others.map(({ email }) => email),
        `nobody@${servers.domain}`,
      ]);
      const message = await group.send('Hello all');
      await message.sent({ signal: AbortSignal.timeout(30_000) });
      await eventually(() => expect(got.filter((text) => text === 'Hello all')).toHaveLength(2));
      const states = message.recipients.map(({ address, state }) => `${state} ${address}`);
      expect(states.filter((line) => line.startsWith('failed'))).toEqual([`failed nobody@${servers.domain}`]);
      expect(states).toHaveLength(others.length + 1);
    });

    it('turns a chat with one person into a group, and keeps notes in one without anybody', async () => {
      // A further device could read encrypted notes only with the key of this one.
      const { users, accounts } = await people({ encryption: 'off' }, 'Ada', 'Bob', 'Carol');
      const [ada, bob] = accounts as [Account, Account];
      const [adaUser, bobUser, carolUser] = users as [TestUser, TestUser, TestUser];
      const chat = await ada.chat(bobUser.email);
      const greeting = nextMessage(bob, (m) => m.text === 'Hi Bob');
      await chat.send('Hi Bob');
      const single = (await greeting).chat;
      const group = await chat.toGroup('Three of us', [carolUser.email]);
      const bobs = await seenBy(bob, group);
      expect(bobs.id).not.toBe(single.id);
      expect(addresses(bobs)).toEqual([adaUser.email, carolUser.email].sort());
      expect(await texts(bobs)).toHaveLength(1);
      expect(isGroup(single)).toBe(false);

      const notes = await ada.createGroup('Notes', []);
      expect(notes).toMatchObject({ members: [], isMember: true });
      await (await notes.send('Milk')).sent({ signal: AbortSignal.timeout(30_000) });
      const phone = await account(adaUser);
      const same = await seenBy(phone, notes);
      await eventually(async () => expect((await texts(same)).at(-1)).toBe('Milk'));
      expect(same).toMatchObject({ name: 'Notes', members: [], isMember: true });
    });
  });
}

/** The smallest PNG. */
const PICTURE = new Uint8Array(
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=', 'base64'),
);
