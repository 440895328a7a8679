import { randomBytes } from 'node:crypto';
import type { Account, AccountOptions } from 'coi-sdk';
import { expect, it } from 'vitest';
import { eventually } from '../servers/temp.js';
import type { TestUser } from './servers.js';
import { nextMessage, sendPlain, withImap } from './support.js';

/** What the suite lends to {@link encryptionTests}. */
export interface EncryptionTestTools {
  newUser(local: string): Promise<TestUser>;
  account(user: TestUser, options?: Partial<AccountOptions>): Promise<Account>;
}

/** All that lies in a mailbox, as the server keeps it. */
async function everythingIn(user: TestUser): Promise<string> {
  return withImap(user, async (client) => {
    const sources: string[] = [];
    for (const { path, flags } of await client.list()) {
      if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue;
      const lock = await client.getMailboxLock(path);
      try {
        if (!client.mailbox || client.mailbox.exists === 0) continue;
        for (const mail of await client.fetchAll('1:*', { source: true })) sources.push(mail.source?.toString() ?? '');
      } finally {
        lock.release();
      }
    }
    return sources.join('\n');
  });
}

/** Registers the tests of encrypted conversations. */
export function encryptionTests({ newUser, account }: EncryptionTestTools): void {
  it('two people who exchanged a message each chat encrypted; a further device reads along', {
    timeout: 150_000,
  }, async () => {
    const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
    const [ada, bob] = [await account(adaUser), await account(bobUser)];
    await eventually(() => expect([ada.keys.state, bob.keys.state]).toEqual(['ready', 'ready']));

    const first = nextMessage(bob, (m) => m.text === 'Hi Bob!');
    const chat = await ada.chat(bobUser.email);
    expect(await chat.encryption()).toMatchObject({
      state: 'plain',
      reason: 'no-key',
      missing: [{ address: bobUser.email }],
    });
    await chat.send('Hi Bob!');
    const greeting = await first;
    expect(greeting.security).toEqual({ encrypted: false, signature: 'none' });
    const answered = nextMessage(ada, (m) => !m.fromMe);
    await greeting.reply('Hi Ada, quoting you');
    expect((await answered).security).toEqual({ encrypted: true, signature: 'valid', signer: bob.keys.fingerprint });
    expect((await answered).quote?.text).toBe('Hi Bob!');
    expect(await chat.encryption()).toMatchObject({ state: 'encrypted', missing: [] });

    const photo = new Uint8Array(randomBytes(30_000));
    const secret = nextMessage(bob, (m) => m.text === 'The rhubarb is ripe');
    const sent = await chat.send({
      text: 'The rhubarb is ripe',
      attachments: [{ filename: 'rhubarb.jpg', content: photo }],
    });
    expect(sent.security).toEqual({ encrypted: true, signature: 'valid', signer: ada.keys.fingerprint });
    const got = await secret;
    expect(got.security).toEqual(sent.security);
    expect(got.attachments[0]?.filename).toBe('rhubarb.jpg');
    for (const message of [sent, got]) {
      expect(Buffer.compare((await message.attachments[0]?.download()) ?? new Uint8Array(), photo)).toBe(0);
    }
    expect((await ada.search('rhubarb')).map(({ id }) => id)).toEqual([sent.id]);
    expect((await chat.encryption()).established).toBe(true);

    const { code, message } = await ada.keys.createSetupMessage();
    await message.sent({ signal: AbortSignal.timeout(30_000) });
    const laptop = await account(adaUser);
    await eventually(() => expect(laptop.keys.state).toBe('import-needed'));
    await expect((await laptop.chat(bobUser.email)).send('No')).rejects.toMatchObject({ code: 'KEY_IMPORT_NEEDED' });
    await eventually(async () => expect(await laptop.keys.setupMessages()).not.toEqual([]), 30_000);
    const [setup] = await laptop.keys.setupMessages();
    if (!setup) throw new Error('no setup message');
    await laptop.keys.importSetupMessage(setup, code);
    await eventually(async () => {
      const messages = await (await laptop.chat(bobUser.email)).messages().toArray();
      expect(messages.map(({ text }) => text)).toEqual(['Hi Bob!', 'Hi Ada, quoting you', 'The rhubarb is ripe']);
      expect(messages.at(-1)?.security).toEqual(sent.security);
    }, 60_000);
    const fromLaptop = nextMessage(bob, (m) => m.text === 'Also from here');
    await (await laptop.chat(bobUser.email)).send('Also from here');
    expect((await fromLaptop).security.signer).toBe(ada.keys.fingerprint);

    for (const user of [adaUser, bobUser]) {
      const octets = await everythingIn(user);
      expect(octets).toContain(`Autocrypt: addr=${adaUser.email}`);
      expect(octets).toContain('Hi Bob!');
      expect(octets).not.toMatch(/rhubarb|quoting you|Also from here/);
    }
  });

  it('a plain mail program gets plain text, with the key of the sender', async () => {
    const [adaUser, carlaUser] = [await newUser('ada'), await newUser('carla')];
    const ada = await account(adaUser);
    await eventually(() => expect(ada.keys.state).toBe('ready'));
    const asked = nextMessage(ada, (m) => m.text === 'Lunch?');
    await sendPlain(carlaUser, { to: adaUser.email, subject: 'Lunch', text: 'Lunch?' });
    const answer = await (await asked).reply('Gladly!');
    await answer.sent({ signal: AbortSignal.timeout(20_000) });
    expect(answer.security.encrypted).toBe(false);
    await eventually(async () => {
      const octets = await everythingIn(carlaUser);
      expect(octets).toContain('Gladly!');
      expect(octets).toContain(`Autocrypt: addr=${adaUser.email}`);
    });
  });
}
