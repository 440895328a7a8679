import { afterEach, describe, expect, it } from 'vitest';
import type { Chat } from '../../../src/chat/handles.js';
import type { AccountOptions } from '../../../src/chat/options.js';
import type { MessageRecord } from '../../../src/store/records.js';
import { clockAt, incoming, mail, mailWithKey, NOW, type Person, person } from '../autocrypt/people.js';
import { type Opened, openSession } from './open-session.js';
import { messageRecord, ownRecord } from './records.js';

const BOB = 'bob@example.net';
const CAROL = 'carol@example.com';
const chatId = `single:${BOB}`;
const sealed = { encrypted: true, signature: 'valid' } as const;

let opened: Opened | undefined;
afterEach(async () => {
  await opened?.account.close();
  opened = undefined;
});

async function open(options: Partial<AccountOptions> & { readonly key?: boolean } = {}): Promise<Opened> {
  const { key = true, ...rest } = options;
  opened = await openSession({ clock: clockAt(NOW), ...rest });
  if (key) await opened.session.keys.manager.create();
  return opened;
}

/** Their key becomes known; they use a chat client unless said otherwise. */
async function learn({ session, receive }: Opened, who: Person, usesChat = true): Promise<void> {
  await session.keys.manager.processMail(await mailWithKey(who));
  const from = { address: who.address };
  await receive([
    messageRecord(`from ${who.address}`, {
      chatId: `single:${who.address}`,
      from,
      sender: who.address,
      chatClient: usesChat,
    }),
  ]);
}

/** Encrypted messages went both ways. */
async function establish({ receive }: Opened, change: Partial<MessageRecord> = {}): Promise<void> {
  const common = { chatId, security: sealed, date: NOW - 5000, ...change };
  await receive([
    messageRecord('theirs', { ...common, text: 'The vault is blue', from: { address: BOB } }),
    ownRecord('ours', { ...common, text: 'So it is', state: 'sent', ownCopy: true, to: [{ address: BOB }] }),
  ]);
}

const sent = ({ engine }: Opened) => engine.accepted.at(-1)?.mail;
const wire = (of: Opened) => Buffer.from(sent(of)?.bytes ?? []).toString('latin1');
const isSealed = (of: Opened) => wire(of).includes('multipart/encrypted');

describe('sending', () => {
  it('is encrypted as soon as the key of a chat client is known', async () => {
    const ada = await open();
    const chat = await ada.account.chat(BOB);
    await chat.send('Hello');
    expect(isSealed(ada)).toBe(false);
    expect(wire(ada)).toContain('Autocrypt: addr=ada@example.org');
    await learn(ada, await person(BOB));
    await chat.send('A secret');
    expect(isSealed(ada)).toBe(true);
    expect(wire(ada)).not.toContain('secret');
  });

  it('is not, to a plain mail program that does not ask for it', async () => {
    const ada = await open();
    await learn(ada, await person(BOB), false);
    const chat = await ada.account.chat(BOB);
    await chat.send('Hello');
    expect(isSealed(ada)).toBe(false);
    expect(await chat.encryption()).toMatchObject({
      state: 'available',
      reason: 'no-preference',
      people: [{ address: BOB, key: 'direct', reason: 'no-preference' }],
      missing: [],
    });
  });

  it('to oneself is encrypted', async () => {
    const ada = await open();
    await (await ada.account.chat('ada@example.org')).send('Note');
    expect(isSealed(ada)).toBe(true);
  });

  it('to oneself is refused when the key has expired, once notes were encrypted', async () => {
    const clock = clockAt(NOW);
    const ada = await open({ clock, key: false });
    await ada.account.keys.create({ expires: new Date(NOW + 1000) });
    const chat = await ada.account.chat('ada@example.org');
    const { receive } = ada;
    const note = { chatId: 'self', security: sealed, ownCopy: true, state: 'sent' as const };
    await receive([ownRecord('note', { ...note, to: [{ address: 'ada@example.org' }] })]);
    clock.set(NOW + 5000);
    await expect(chat.send('Note')).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    expect(ada.engine.accepted).toEqual([]);
  });

  it('has the key of the alias that it is written from', async () => {
    const ada = await open({ aliases: ['ada@alias.example'] });
    const chat = await ada.account.chat(BOB);
    await chat.send({ text: 'Hello', from: 'ada@alias.example' });
    expect(wire(ada)).toContain('Autocrypt: addr=ada@alias.example');
    await learn(ada, await person(BOB));
    await chat.send({ text: 'Hello', from: 'ada@alias.example' });
    expect(isSealed(ada)).toBe(true);
    expect(wire(ada)).toContain('Autocrypt: addr=ada@alias.example');
  });

  it('to a chat that is to be encrypted fails without a key, before anything is stored', async () => {
    const ada = await open({ encryption: 'require' });
    const chat = await ada.account.chat(BOB);
    await expect(chat.send('A secret')).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
    expect(ada.engine.accepted).toEqual([]);
    await chat.setEncryption('auto');
    await chat.send('Hello');
    await chat.setEncryption('require');
    await expect(chat.send('A secret')).rejects.toMatchObject({ code: 'MISSING_KEY' });
    expect(ada.engine.accepted).toHaveLength(1);
  });
});

describe('an account whose encryption is switched off', () => {
  it('sends nothing in plain text that must be encrypted', async () => {
    const ada = await open();
    await learn(ada, await person(BOB));
    await establish(ada);
    await ada.account.keys.setPreferences({ enabled: false });
    const chat = await ada.account.chat(BOB);
    const theirs = await chat.message('theirs');
    await expect(theirs?.forward(chat)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await chat.setEncryption('require');
    await expect(chat.send('A secret')).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    expect(await chat.encryption()).toMatchObject({ state: 'blocked', reason: 'off' });
    expect(ada.engine.accepted).toEqual([]);
    await chat.setEncryption('auto');
    await chat.send('Hello');
    expect(isSealed(ada)).toBe(false);
  });
});

describe('a chat that was encrypted both ways', () => {
  it('stays so when the key is gone, also when its messages are', async () => {
    const ada = await open();
    await establish(ada);
    const chat = await ada.account.chat(BOB);
    await expect(chat.send('More')).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
    await chat.clear();
    await expect(chat.send('More')).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
    expect(await chat.encryption()).toMatchObject({ state: 'blocked', established: true, reason: 'no-key' });
    expect(ada.engine.accepted).toEqual([]);
  });

  it('goes back to plain text when the user says so, and then says nothing of what was encrypted', async () => {
    const ada = await open();
    await establish(ada);
    const chat = await ada.account.chat(BOB);
    await chat.setEncryption('off');
    expect(await chat.encryption()).toMatchObject({ state: 'plain', mode: 'off', established: true, reason: 'off' });
    const theirs = await chat.message('theirs');
    await theirs?.reply('Noted');
    expect(isSealed(ada)).toBe(false);
    expect(wire(ada)).toContain('Noted');
    expect(wire(ada)).not.toContain('vault');
    await chat.setEncryption('auto');
    await expect(chat.send('More')).rejects.toMatchObject({ code: 'MISSING_KEY' });
  });

  it('is not made by mails that anybody could have written', async () => {
    const ada = await open();
    await establish(ada, { security: { encrypted: true, signature: 'unknown-key' }, ownCopy: false });
    const chat = await ada.account.chat(BOB);
    await chat.send('Hello');
    expect(isSealed(ada)).toBe(false);
  });

  it('refuses to send while the key is on another device, though nothing can be opened', async () => {
    const ada = await open({ key: false });
    await establish(ada, { security: { encrypted: true, signature: 'none' }, ownCopy: false });
    const chat = await ada.account.chat(BOB);
    // It is not known yet that there is one at all.
    await expect(chat.send('Hello')).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    const evidence = await mail({ from: 'ada@example.org', to: BOB, type: 'multipart/encrypted' });
    await ada.session.keys.manager.processMail({ mail: evidence, receivedAt: NOW });
    await expect(chat.send('Hello')).rejects.toMatchObject({ code: 'KEY_IMPORT_NEEDED' });
    expect(await chat.encryption()).toMatchObject({ state: 'blocked', reason: 'import-needed' });
    // Elsewhere it is plain text, without a key.
    await (await ada.account.chat(CAROL)).send('Hello');
    expect(wire(ada)).not.toMatch(/^Autocrypt/m);
  });

  it('is not encrypted to a key that is not the verified one', async () => {
    const ada = await open();
    const [bob, other] = await Promise.all([person(BOB), person(BOB)]);
    await learn(ada, bob);
    await ada.session.keys.manager.setVerified(BOB, bob.fingerprint);
    const chat = await ada.account.chat(BOB);
    expect((await chat.encryption()).state).toBe('encrypted');
    await ada.session.keys.manager.processMail(await mailWithKey(other, { date: NOW + 1000 }));
    await expect(chat.send('Hello')).rejects.toMatchObject({ code: 'KEY_CHANGED', addresses: [BOB] });
    expect(await chat.encryption()).toMatchObject({
      state: 'blocked',
      reason: 'key-changed',
      people: [{ address: BOB, reason: 'key-changed' }],
    });
  });
});

describe('answers', () => {
  it('to an encrypted message are encrypted, or not sent', async () => {
    const ada = await open();
    await ada.receive([
      messageRecord('m', { chatId, text: 'The vault is blue', security: sealed, from: { address: BOB } }),
    ]);
    const message = await (await ada.account.chat(BOB)).message('m');
    await expect(message?.reply('Noted')).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
    await learn(ada, await person(BOB), false);
    await message?.reply('Noted');
    expect(isSealed(ada)).toBe(true);
    const { sealed: inside } = sent(ada) as { sealed?: { payload: Uint8Array } };
    expect(Buffer.from(inside?.payload ?? []).toString()).toContain('> The vault is blue');
  });
});

describe('forwarding what was encrypted', () => {
  async function confidential() {
    const ada = await open();
    await ada.receive([
      messageRecord('m', { chatId, text: 'The vault is blue', security: sealed, from: { address: BOB } }),
    ]);
    const message = await (await ada.account.chat(BOB)).message('m');
    return { ada, message, target: await ada.account.chat(CAROL) };
  }

  it('into a chat without keys needs the word of the user', async () => {
    const { ada, message, target } = await confidential();
    await expect(message?.forward(target)).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [CAROL] });
    await target.setEncryption('off');
    await expect(message?.forward(target)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(ada.engine.accepted).toEqual([]);
    await message?.forward(target, { allowPlaintext: true });
    expect(wire(ada)).toContain('The vault is blue');
  });

  it('is encrypted where that is possible at all', async () => {
    const { ada, message, target } = await confidential();
    await learn(ada, await person(CAROL), false);
    await target.send('An ordinary message');
    expect(isSealed(ada)).toBe(false);
    await message?.forward(target);
    expect(isSealed(ada)).toBe(true);
  });
});

describe('chat.encryption', () => {
  const group = async (ada: Opened): Promise<Chat> => {
    const to = [{ address: 'ada@example.org' }, { address: CAROL, name: 'Carol' }];
    await ada.receive([messageRecord('g', { chatId: 'adhoc:x', from: { address: BOB }, to, subject: 'Trip' })]);
    const chats = await ada.account.chats.list();
    const found = chats.find(({ kind }) => kind === 'adhoc');
    if (!found) throw new Error('no chat');
    return found;
  };

  it('names who lacks a key', async () => {
    const ada = await open();
    await learn(ada, await person(BOB));
    const chat = await group(ada);
    expect(await chat.encryption()).toEqual({
      state: 'plain',
      mode: 'auto',
      established: false,
      reason: 'no-key',
      people: [
        { address: BOB, key: 'direct' },
        { address: CAROL, name: 'Carol', reason: 'no-key' },
      ],
      missing: [{ address: CAROL, name: 'Carol' }],
    });
    await chat.setEncryption('require');
    expect((await chat.encryption()).state).toBe('blocked');
  });

  it('tells keys that others passed on, and people who have been silent', async () => {
    const ada = await open();
    const [bob, carol] = await Promise.all([person(BOB), person(CAROL)]);
    await learn(ada, bob, false);
    const { manager } = ada.session.keys;
    await manager.processMail(await incoming({ from: BOB, date: NOW + 40 * 24 * 3600_000 }));
    await manager.processMail(
      await incoming({
        from: BOB,
        to: `ada@example.org, ${CAROL}`,
        payload: await mail({
          from: BOB,
          to: `ada@example.org, ${CAROL}`,
          fields: [['Autocrypt-Gossip', carol.gossip]],
        }),
      }),
    );
    expect((await (await group(ada)).encryption()).people).toEqual([
      { address: BOB, key: 'direct', reason: 'silent' },
      { address: CAROL, name: 'Carol', key: 'gossip', reason: 'gossip-only' },
    ]);
  });

  it('is plain without an own key, and where there is nobody to write to', async () => {
    const ada = await open({ key: false });
    await learn(ada, await person(BOB));
    expect(await (await ada.account.chat(BOB)).encryption()).toMatchObject({ state: 'plain', reason: 'no-own-key' });
    await ada.receive([messageRecord('l', { chatId: 'list:dev', from: { address: BOB }, to: [] })]);
    const list = (await ada.account.chats.list()).find(({ kind }) => kind === 'list');
    expect(await list?.encryption()).toEqual({
      state: 'plain',
      mode: 'auto',
      established: false,
      people: [],
      missing: [],
    });
  });

  it('tells by an event that the user changed it', async () => {
    const ada = await open();
    const chat = await ada.account.chat(BOB);
    const changed = new Promise<string>((resolve) => {
      ada.account.on('chat', async (which) => resolve((await which.encryption()).mode));
    });
    await chat.setEncryption('require');
    expect(await changed).toBe('require');
  });

  it('refuses modes that there are not', async () => {
    const chat = await (await open()).account.chat(BOB);
    await expect(chat.setEncryption('maybe' as 'auto')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(chat.setEncryption(undefined as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
