import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Account, type AccountOptions, CoiError, type Message } from 'coi-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, temporaryDirectory } from '../servers/temp.js';
import { encryptionTests } from './encryption.js';
import { receiptTests } from './receipts.js';
import { requestTests } from './requests.js';
import type { TestServers, TestUser } from './servers.js';
import { messageIdsIn, nextMessage, sendPlain, withImap } from './support.js';

/** Registers the end-to-end tests for one kind of mail servers. Every test makes users of its own. */
export function endToEndSuite(name: string, start: () => Promise<TestServers>): void {
  describe(`two people chat over ${name}`, () => {
    let servers: TestServers;
    let counter = 0;
    const open: Account[] = [];
    const directories: string[] = [];

    beforeAll(async () => {
      servers = await start();
    });
    afterEach(async () => {
      for (const proxy of servers.proxies) proxy.refuse(false);
      await Promise.all(open.splice(0).map((account) => account.close()));
      for (const path of directories.splice(0)) await rm(path, { recursive: true, force: true });
    });
    afterAll(async () => {
      await servers?.close();
    });

    const newUser = (local: string) => servers.createUser(`${local}${++counter}`);
    async function account(user: TestUser, options: Partial<AccountOptions> = {}, started = true): Promise<Account> {
      const opened = await Account.open({ ...user, logger: { log() {} }, ...options });
      open.push(opened);
      if (started) await opened.start({ signal: AbortSignal.timeout(60_000) });
      return opened;
    }
    async function storePath(): Promise<string> {
      const directory = await temporaryDirectory('coi-e2e-');
      directories.push(directory.path);
      return join(directory.path, 'account.db');
    }
    /** The account with a key, which the first start makes if nobody else does. */
    async function withKey(who: Account): Promise<Account> {
      if (who.keys.state !== 'ready') {
        await who.keys.create().catch((error: unknown) => {
          if (!(error instanceof CoiError) || error.code !== 'KEY_EXISTS') throw error;
        });
      }
      return who;
    }
    const texts = async (who: Account, peer: string) => {
      const chat = await who.chat(peer);
      const list: string[] = [];
      for await (const message of chat.messages()) list.push(message.text);
      return list;
    };

    encryptionTests({ newUser, account });
    requestTests({ newUser, account });
    receiptTests({ newUser, account });

    it('carries a conversation both ways, each message once', async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [ada, bob] = [await account(adaUser), await account(bobUser)];
      const seen: string[] = [];
      bob.on('message', (message) => {
        seen.push(message.text);
      });

      const first = nextMessage(bob, (m) => m.text === 'Hi Bob!');
      const sent = await (await ada.chat(bobUser.email)).send('Hi Bob!');
      await sent.sent({ signal: AbortSignal.timeout(20_000) });
      const got = await first;
      expect(got.from.address).toBe(adaUser.email);
      expect(got.fromMe).toBe(false);

      const answer = nextMessage(ada, (m) => !m.fromMe);
      await got.reply('Hi Ada! Ünïcödé 👋\n> not a quote\n  indented');
      expect((await answer).text).toBe('Hi Ada! Ünïcödé 👋\n> not a quote\n  indented');
      expect((await answer).chat.id).toBe((await ada.chat(bobUser.email)).id);

      expect(await texts(ada, bobUser.email)).toEqual(['Hi Bob!', 'Hi Ada! Ünïcödé 👋\n> not a quote\n  indented']);
      expect(await texts(bob, adaUser.email)).toEqual(['Hi Bob!', 'Hi Ada! Ünïcödé 👋\n> not a quote\n  indented']);
      expect(seen).toEqual(['Hi Bob!']);
      await eventually(async () => {
        const copies = [...(await messageIdsIn(adaUser, 'COI/Chats')), ...(await messageIdsIn(adaUser, 'Sent'))];
        expect(copies.filter((id) => id === sent.id || id === sent.messageId)).toHaveLength(1);
      });
    });

    it('carries files, and fetches large ones only when asked', async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [ada, bob] = [await account(adaUser), await account(bobUser)];
      const photo = new Uint8Array(randomBytes(20_000));
      const video = new Uint8Array(randomBytes(900_000));
      const chat = await ada.chat(bobUser.email);

      const small = nextMessage(bob, (m) => m.attachments[0]?.filename === 'photo.jpg');
      await chat.send({ text: 'See this', attachments: [{ filename: 'photo.jpg', content: photo }] });
      const withPhoto = await small;
      expect(withPhoto.text).toBe('See this');
      expect(withPhoto.attachments[0]?.contentType).toBe('image/jpeg');
      expect(Buffer.compare((await withPhoto.attachments[0]?.download()) ?? new Uint8Array(), photo)).toBe(0);

      const large = nextMessage(bob, (m) => m.attachments[0]?.filename === 'ümläut film.mp4');
      await chat.send({ attachments: [{ filename: 'ümläut film.mp4', content: video }] });
      const file = (await large).attachments[0];
      const progress: number[] = [];
      const bytes = await file?.download({ onProgress: (received) => progress.push(received) });
      expect(Buffer.compare(bytes ?? new Uint8Array(), video)).toBe(0);
      expect(progress.length).toBeGreaterThan(1);
      expect(progress.at(-1)).toBe(video.length);
    });

    it('brings the key to a second device, which then reads what it could not; a contact is verified on all devices', {
      timeout: 120_000,
    }, async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [ada, bob] = [await withKey(await account(adaUser)), await withKey(await account(bobUser))];
      const first = nextMessage(bob, (m) => m.text === 'one');
      await (await ada.chat(bobUser.email)).send('one');
      const second = nextMessage(ada, (m) => m.text === 'two');
      await (await first).reply('two');
      expect((await second).security).toMatchObject({ encrypted: true, signature: 'valid' });
      const third = nextMessage(bob, (m) => m.text === 'three');
      await (await second).reply('three');
      expect((await third).security).toMatchObject({ encrypted: true, signature: 'valid' });

      const contact = await bob.contacts.get(adaUser.email);
      await contact.verify(ada.keys.verificationCode());
      expect([contact.verified, contact.keyFingerprint]).toEqual([true, ada.keys.fingerprint]);

      await (await ada.contacts.get(bobUser.email)).verify(bob.keys.fingerprint ?? '');

      const { code, message } = await ada.keys.createSetupMessage();
      await message.sent({ signal: AbortSignal.timeout(20_000) });
      const device = await account(adaUser);
      await eventually(async () => {
        expect(device.keys.state).toBe('import-needed');
        expect(await device.keys.setupMessages()).toHaveLength(1);
      });
      const chat = await device.chat(bobUser.email);
      // Receipts are encrypted as well, and known for what they are only when they are opened.
      const received = async () =>
        (await chat.messages().toArray())
          .filter(({ automatic }) => !automatic)
          .map(({ text, problem }) => problem?.code ?? text.split('\n')[0]);
      await eventually(async () => {
        expect(await received()).toEqual(['one', 'undecryptable', 'undecryptable']);
      });
      await expect(chat.send('no')).rejects.toMatchObject({ code: 'KEY_IMPORT_NEEDED' });

      const [setup] = await device.keys.setupMessages();
      if (!setup) throw new Error('The setup message is not there.');
      expect((await device.keys.importSetupMessage(setup, code)).fingerprint).toBe(ada.keys.fingerprint);
      await eventually(async () => {
        expect(await received()).toEqual(['one', 'two', 'three']);
      });
      // What another device says about contacts is noticed with the next poll, at the latest.
      await eventually(async () => {
        expect((await device.contacts.get(bobUser.email)).verified).toBe(true);
      }, 80_000);
      const fourth = nextMessage(bob, (m) => m.text === 'four');
      await chat.send('four');
      expect((await fourth).security).toMatchObject({ encrypted: true, signature: 'valid' });
    });

    it('goes on from a backup on another device', { timeout: 60_000 }, async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const ada = await withKey(await account(adaUser));
      const bob = await withKey(await account(bobUser));
      const first = nextMessage(bob, (m) => m.text === 'one');
      await (await ada.chat(bobUser.email)).send('one');
      const second = nextMessage(ada, (m) => m.text === 'two');
      await (await first).reply('two');
      await second;
      const path = `${await storePath()}.backup`;
      await ada.exportBackup(path, { passphrase: 'secret' });
      await ada.close();
      await (await bob.chat(adaUser.email)).send('three');

      const store = await storePath();
      const { email } = await Account.importBackup(path, { passphrase: 'secret', store });
      const again = await account({ ...adaUser, email }, { store }, false);
      const third = nextMessage(again, (m) => m.text === 'three');
      await again.start({ signal: AbortSignal.timeout(60_000) });
      expect((await third).security).toMatchObject({ encrypted: true, signature: 'valid' });
      expect(await texts(again, bobUser.email)).toEqual(['one', 'two', 'three']);
    });

    it('talks with a plain mail program: its replies land in the same chat', async () => {
      const [adaUser, carlaUser] = [await newUser('ada'), await newUser('carla')];
      const ada = await account(adaUser);
      const first = nextMessage(ada, (m) => m.text.includes('Lunch on Friday?'));
      const plainId = await sendPlain(carlaUser, { to: adaUser.email, subject: 'Lunch', text: 'Lunch on Friday?' });
      const message = await first;
      const answer = await message.reply('Gladly!');
      await answer.sent({ signal: AbortSignal.timeout(20_000) });

      const reply = nextMessage(ada, (m) => m.text === 'See you then.');
      // Mail dates are whole seconds; a person does not answer within one.
      await new Promise((resolve) => setTimeout(resolve, 2100));
      await sendPlain(carlaUser, {
        to: adaUser.email,
        subject: 'Re: Lunch',
        inReplyTo: `<${answer.messageId}>`,
        references: `${plainId} <${answer.messageId}>`,
        text: 'See you then.\n\nOn Fri, 20 Nov 2026, Ada wrote:\n> Gladly!\n',
      });
      const got = await reply;
      expect(got.chat.id).toBe(message.chat.id);
      expect(got.quote?.text).toContain('Gladly!');
      expect(await texts(ada, carlaUser.email)).toEqual(['Lunch on Friday?', 'Gladly!', 'See you then.']);
      // What a plain program got from us is an ordinary mail with a readable subject.
      await withImap(carlaUser, async (client) => {
        await client.mailboxOpen('INBOX');
        const mail = await client.fetchOne('*', { envelope: true });
        if (!mail) throw new Error('no mail');
        expect(mail.envelope?.subject).toMatch(/Gladly!|Lunch/);
        expect(mail.envelope?.inReplyTo).toBe(plainId);
      });
    });

    it('survives dropped connections: everything arrives once', { timeout: 100_000 }, async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [ada, bob] = [await account(adaUser), await account(bobUser)];
      const got: string[] = [];
      bob.on('message', (message) => {
        got.push(message.text);
      });
      const chat = await ada.chat(bobUser.email);
      const expected = Array.from({ length: 12 }, (_, i) => `message ${i}`);
      for (const [index, text] of expected.entries()) {
        await chat.send(text);
        if (index % 4 === 2) for (const proxy of servers.proxies) proxy.cut();
      }
      await eventually(() => expect(got.toSorted()).toEqual(expected.toSorted()), 60_000);
      expect(await texts(bob, adaUser.email)).toEqual(expected);
    });

    it('tells what came in while it was away as news, oldest first, and history not at all', async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const path = await storePath();
      await sendPlain(bobUser, { to: adaUser.email, subject: 'old', text: 'from before' });
      await eventually(async () => expect(await messageIdsIn(adaUser, 'INBOX')).toHaveLength(1));

      const first = await account(adaUser, { store: path }, false);
      const told: string[] = [];
      first.on('message', (message) => {
        told.push(message.text);
      });
      await first.start();
      expect(await texts(first, bobUser.email)).toEqual(['from before']);
      await first.close();

      for (const text of ['one', 'two', 'three']) {
        // Mail dates are whole seconds: these are written in different ones.
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await sendPlain(bobUser, { to: adaUser.email, subject: text, text });
        await eventually(async () =>
          expect((await messageIdsIn(adaUser, 'INBOX')).length).toBe(['one', 'two', 'three'].indexOf(text) + 2),
        );
      }
      const again = await account(adaUser, { store: path }, false);
      again.on('message', (message) => {
        told.push(message.text);
      });
      await again.start();
      await eventually(() => expect(told).toEqual(['one', 'two', 'three']));
    });

    it('keeps two devices of one account in step', { timeout: 200_000 }, async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [phone, bob] = [await account(adaUser), await account(bobUser)];
      const arrived = nextMessage(phone, (m) => m.text === 'for both');
      await (await bob.chat(adaUser.email)).send('for both');
      await arrived;
      await (await (await phone.chat(bobUser.email)).send('from the phone')).sent();

      // What the phone wrote is encrypted, and the laptop needs its key to read it.
      const laptop = await account(adaUser);
      expect(laptop.keys.state).toBe('import-needed');
      await laptop.keys.import(await phone.keys.export());
      await eventually(async () => {
        expect(await texts(laptop, bobUser.email)).toEqual(['for both', 'from the phone']);
      });
      expect((await laptop.chat(bobUser.email)).unread).toBe(1);
      await (await phone.chat(bobUser.email)).markRead();
      await eventually(async () => expect((await laptop.chat(bobUser.email)).unread).toBe(0), 80_000);

      // Where the server cannot watch a second folder, it is polled every minute.
      const onPhone = nextMessage(phone, (m) => m.text === 'from the laptop', 80_000);
      await (await laptop.chat(bobUser.email)).send('from the laptop');
      expect((await onPhone).fromMe).toBe(true);
    });

    it('rebuilds the same chats from the mailbox alone', async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const [ada, bob] = [await account(adaUser), await account(bobUser)];
      for (let i = 0; i < 3; i++) {
        const got = nextMessage(bob, (m) => m.text === `ping ${i}`);
        await (await ada.chat(bobUser.email)).send(`ping ${i}`);
        const back = nextMessage(ada, (m) => m.text === `pong ${i}`);
        await (await got).reply(`pong ${i}`);
        await back;
      }
      const before = await texts(ada, bobUser.email);
      const messages = await (await ada.chat(bobUser.email)).messages().toArray();
      const ids = new Set(messages.map(({ messageId }) => messageId));
      await eventually(async () => {
        const copies = [...(await messageIdsIn(adaUser, 'COI/Chats')), ...(await messageIdsIn(adaUser, 'INBOX'))];
        // Receipts lie there as well.
        expect(copies.filter((id) => ids.has(id))).toHaveLength(6);
      });
      // The mailbox and the key are all that it takes.
      const key = await ada.keys.export();
      await ada.close();
      const fresh = await account(adaUser);
      await fresh.keys.import(key);
      await eventually(async () => expect(await texts(fresh, bobUser.email)).toEqual(before));
    });

    it('notices what other programs delete', { timeout: 100_000 }, async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const ada = await account(adaUser, { filing: 'none' });
      let events = 0;
      ada.on('message', () => {
        events++;
      });
      for (const text of ['stays', 'goes']) {
        const got = nextMessage(ada, (m) => m.text === text);
        await sendPlain(bobUser, { to: adaUser.email, subject: text, text });
        await got;
      }
      await withImap(adaUser, async (client) => {
        await client.mailboxOpen('INBOX');
        await client.messageDelete({ subject: 'goes' });
      });
      await eventually(async () => expect(await texts(ada, bobUser.email)).toEqual(['stays']), 80_000);
      expect(events).toBe(2);
    });

    it('ends a message to nobody as failed, with the words of the server', async () => {
      const ada = await account(await newUser('ada'));
      const message = await (await ada.chat(`nobody@${servers.domain}`)).send('Anybody there?');
      const failure = await message.sent({ signal: AbortSignal.timeout(20_000) }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(CoiError);
      expect((failure as CoiError).code).toBe('RECIPIENT_REFUSED');
      expect(message.state).toBe('failed');
      expect(message.recipients[0]?.reason).toMatch(/5\d\d|unknown|nobody/i);
    });

    it('reads a bounce as the failure of the message', { timeout: 100_000 }, async () => {
      const ada = await account(await newUser('ada'));
      const address = await servers.createBouncingAddress(`gone${++counter}`);
      const message = await (await ada.chat(address)).send('Hello?');
      await eventually(() => expect(message.state).toBe('failed'), 60_000);
      expect(message.recipients[0]?.reason).toBeTruthy();
      expect((await ada.chats.list()).map((chat) => chat.title)).toEqual([address]);
    });

    it('tells a wrong password for IMAP from one for SMTP', async () => {
      const user = await newUser('ada');
      const wrong = { user: user.email, password: 'wrong' };
      const codeOf = async (start: Promise<unknown>) => {
        const error = await start.then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        return error instanceof CoiError ? error.code : error;
      };
      const badImap = await account(user, { imap: { ...user.imap, auth: wrong } }, false);
      expect(await codeOf(badImap.start())).toBe('IMAP_AUTH_FAILED');
      expect(badImap.connection).toBe('auth-needed');

      const badSmtp = await account(user, { smtp: { ...user.smtp, auth: wrong } });
      const errors: CoiError[] = [];
      badSmtp.on('error', (error) => {
        errors.push(error);
      });
      const message = await (await badSmtp.chat(`x@${servers.domain}`)).send('waits');
      await eventually(() => expect(errors.map((error) => error.code)).toContain('SMTP_AUTH_FAILED'));
      expect(['queued', 'sending']).toContain(message.state);
    });

    it('keeps what was accepted through a restart', async () => {
      const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
      const path = await storePath();
      const bob = await account(bobUser);
      const ada = await account(adaUser, { store: path }, false);
      await (await ada.chat(bobUser.email)).send('written offline');
      await ada.close();
      const got: Message[] = [];
      bob.on('message', (message) => {
        got.push(message);
      });
      await account(adaUser, { store: path });
      await eventually(() => expect(got.map((message) => message.text)).toEqual(['written offline']));
    });
  });
}
