import { type Contact, type ContactKeyChange, MemoryStore } from 'coi-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountOptions } from '../../../src/chat/options.js';
import { clockAt, DAY, mailWithKey, NOW, type Person, person } from '../autocrypt/people.js';
import { type Opened, openSession } from './open-session.js';

const BOB = 'bob@example.net';

const opened: Opened[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ account }) => account.close()));
});

interface Bench extends Opened {
  readonly bob: Contact;
}

async function open(options: Partial<AccountOptions> = {}): Promise<Bench> {
  const one = await openSession({ clock: clockAt(NOW), ...options });
  opened.push(one);
  return { ...one, bob: await one.account.contacts.get(BOB) };
}

/** A mail of that person comes in. */
const learn = async ({ session }: Opened, who: Person, date = NOW - DAY) =>
  session.keys.manager.processMail(await mailWithKey(who, { date }));

const codeOf = ({ fingerprint }: Person, address = BOB) =>
  `OPENPGP4FPR:${fingerprint.toUpperCase()}#a=${encodeURIComponent(address)}&n=Bob`;

/** A message that must be encrypted. */
async function sendSecret({ account }: Opened): Promise<unknown> {
  const chat = await account.chat(BOB);
  await chat.setEncryption('require');
  return chat.send('a secret');
}

describe('the key of a contact', () => {
  it('is unknown until a mail brings it, and tells the change', async () => {
    const ada = await open();
    const { bob } = ada;
    expect([bob.keyFingerprint, bob.verified, bob.keyChanged, await bob.keys()]).toEqual([undefined, false, false, []]);
    const told: Contact[] = [];
    ada.account.on('contact', (contact) => told.push(contact));
    const key = await person(BOB);
    await learn(ada, key);
    expect(bob.keyFingerprint).toBe(key.fingerprint);
    await expect.poll(() => told).toEqual([bob]);
    expect(await bob.keys()).toEqual([
      {
        fingerprint: key.fingerprint,
        firstSeen: new Date(NOW - DAY),
        lastSeen: new Date(NOW - DAY),
        current: true,
        verified: false,
      },
    ]);
  });

  it('is verified by its fingerprint, however it is typed, and by the content of a code', async () => {
    const store = new MemoryStore();
    const ada = await open({ store });
    const { bob } = ada;
    const key = await person(BOB);
    await expect(bob.verify(key.fingerprint)).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
    await learn(ada, key);
    const typed = (key.fingerprint.toUpperCase().match(/.{4}/g) ?? []).join(' ');
    for (const code of [key.fingerprint, typed, codeOf(key), ` openpgp4fpr:${key.fingerprint}`]) {
      await bob.verify(code);
      expect([bob.verified, bob.keyChanged]).toEqual([true, false]);
      expect(await bob.keys()).toMatchObject([{ verified: true }]);
      await bob.unverify();
      expect(bob.verified).toBe(false);
    }
    await bob.verify(key.fingerprint);
    await learn(ada, key, NOW - 1000);
    expect(bob.verified).toBe(true);
    await ada.account.close();
    expect((await open({ store })).bob.verified).toBe(true);
  });

  it('is not verified by anything else', async () => {
    const ada = await open();
    const { bob } = ada;
    const [key, other] = [await person(BOB), await person(BOB)];
    await learn(ada, key);
    await expect(bob.verify(other.fingerprint)).rejects.toMatchObject({ code: 'FINGERPRINT_MISMATCH' });
    await expect(bob.verify(codeOf(other))).rejects.toMatchObject({ code: 'FINGERPRINT_MISMATCH' });
    await expect(bob.verify(codeOf(key, 'carol@example.com'))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    for (const nonsense of ['', 'abc', key.fingerprint.slice(2), 'OPENPGP4FPR:abc', 'mailto:bob@example.net']) {
      await expect(bob.verify(nonsense)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(bob.verified).toBe(false);
  });

  it('that changes after it was verified is never encrypted to, until the user says so', async () => {
    const ada = await open();
    const { bob, account } = ada;
    await account.keys.create();
    const [key, next] = [await person(BOB), await person(BOB)];
    await learn(ada, key, NOW - 3 * DAY);
    await bob.verify(key.fingerprint);
    await sendSecret(ada);
    await learn(ada, next, NOW - DAY);
    expect([bob.keyFingerprint, bob.verified, bob.keyChanged]).toEqual([next.fingerprint, false, true]);
    expect((await bob.keys()).map(({ verified, current }) => [verified, current])).toEqual([
      [true, false],
      [false, true],
    ]);
    await expect(sendSecret(ada)).rejects.toMatchObject({ code: 'KEY_CHANGED', addresses: [BOB] });
    expect(ada.engine.accepted).toHaveLength(1);
    await bob.verify(next.fingerprint);
    expect([bob.verified, bob.keyChanged]).toEqual([true, false]);
    await sendSecret(ada);
    await learn(ada, key, NOW);
    await expect(sendSecret(ada)).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    await bob.unverify();
    expect([bob.verified, bob.keyChanged]).toEqual([false, false]);
    await sendSecret(ada);
    expect(ada.engine.accepted).toHaveLength(3);
  });

  it('tells its change with both fingerprints', async () => {
    const { account, session, bob } = await open();
    const told: [Contact, ContactKeyChange][] = [];
    account.on('contact:key', (contact, change) => told.push([contact, change]));
    const change = { oldFingerprint: 'aa', newFingerprint: 'bb', source: 'direct', wasVerified: true } as const;
    await session.writer.run(async (tx) => {
      tx.announceKeyChange({ address: BOB, date: NOW, ...change });
      tx.put('settings', { key: 'k', value: 1 });
    });
    await expect.poll(() => told).toEqual([[bob, { ...change, date: new Date(NOW) }]]);
  });

  it('is verified on all devices: it is kept in the card of the contact', async () => {
    const ada = await open();
    const key = await person(BOB);
    await learn(ada, key);
    await ada.bob.verify(key.fingerprint);
    const [card] = await ada.session.store.get('cards', [BOB]);
    expect(card?.own.verified?.value).toBe(key.fingerprint);
    expect(card?.dirty).toBe(1);
    expect(await ada.session.store.get('peers', [BOB])).not.toMatchObject([{ verified: key.fingerprint }]);
  });
});
