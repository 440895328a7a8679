import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../../src/autocrypt/base64.js';
import type { KeyManager } from '../../../src/autocrypt/key-manager.js';
import type { KeyStore, KeyStoreBatch } from '../../../src/autocrypt/key-store.js';
import { MemoryKeyStore } from '../../../src/autocrypt/memory-key-store.js';
import { DAY, incoming, ME, mail, mailWithKey, manager, NOW, type Person, person } from './people.js';

let bob: Person;
let bobLater: Person;
let carol: Person;
let dave: Person;
let keys: KeyManager;
beforeAll(async () => {
  [bob, bobLater, carol, dave] = await Promise.all([
    person('bob@example.net'),
    person('bob@example.net'),
    person('carol@example.net'),
    person('dave@example.net'),
  ]);
});
beforeEach(async () => {
  keys = await manager();
});

/** A store that says what is written. */
class Watched implements KeyStore {
  readonly ownKeys: KeyStore['ownKeys'];
  readonly settings: KeyStore['settings'];
  readonly peers: KeyStore['peers'];
  readonly publicKeys: KeyStore['publicKeys'];
  readonly facts: KeyStore['facts'];
  readonly factsOf: KeyStore['factsOf'];
  readonly commit: KeyStore['commit'];

  constructor(store: KeyStore, onCommit: (batch: KeyStoreBatch) => void) {
    this.ownKeys = () => store.ownKeys();
    this.settings = () => store.settings();
    this.peers = (addresses) => store.peers(addresses);
    this.publicKeys = (ids) => store.publicKeys(ids);
    this.facts = (ids) => store.facts(ids);
    this.factsOf = (peer) => store.factsOf(peer);
    this.commit = (batch) => {
      onCommit(batch);
      return store.commit(batch);
    };
  }
}

/** A mail that was encrypted, and opened. */
async function opened(
  from: Person,
  fields: [string, string][],
  rest: { to?: string; date?: number; innerFrom?: string } = {},
) {
  const payload = await mail({
    ...(rest.innerFrom !== undefined && { from: rest.innerFrom, to: rest.to ?? ME }),
    fields,
  });
  return incoming({
    ...{ from: from.address, to: rest.to ?? ME, date: rest.date ?? NOW, payload },
    type: 'multipart/encrypted; boundary=x',
  });
}

describe('Autocrypt fields', () => {
  it('teach key, preference and time', async () => {
    const learned = await keys.processMail(
      await incoming({ from: `Bob <${bob.address}>`, fields: [['Autocrypt', bob.mutual]], date: NOW - DAY }),
    );
    expect(learned.changes).toEqual([]);
    expect(learned.peers.map(({ address }) => address)).toEqual([bob.address]);
    expect(await keys.peer('BOB@example.net')).toEqual({
      ...{ address: bob.address, lastSeen: NOW - DAY, autocryptTimestamp: NOW - DAY, preferEncrypt: 'mutual' },
      ...{ fingerprint: bob.fingerprint, source: 'direct' },
    });
  });

  it('are not looked for where nobody is known', async () => {
    expect(await keys.peer(bob.address)).toEqual({ address: bob.address, preferEncrypt: 'nopreference' });
  });

  it('stay known when later mail has none', async () => {
    await keys.processMails([
      await mailWithKey(bob, { date: NOW - 50 * DAY }),
      await incoming({ from: bob.address, date: NOW }),
    ]);
    expect(await keys.peer(bob.address)).toMatchObject({
      ...{ lastSeen: NOW, autocryptTimestamp: NOW - 50 * DAY, fingerprint: bob.fingerprint },
    });
  });

  it('for somebody else than the sender do not count', async () => {
    await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', carol.header]] }));
    expect((await keys.peer(carol.address)).fingerprint).toBeUndefined();
    expect(await keys.peer(bob.address)).toMatchObject({ lastSeen: NOW });
  });

  it('of later versions are passed over', async () => {
    const fields: [string, string][] = [
      ['Autocrypt', `addr=${bob.address}; v2=x; keydata=AAAA`],
      ['Autocrypt', bob.header],
      ['Autocrypt', `addr=${bob.address}; keydata=${encodeBase64(new Uint8Array(200))}`],
    ];
    await keys.processMail(await incoming({ from: bob.address, fields }));
    expect((await keys.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
  });

  it('that are valid twice do not count at all', async () => {
    const fields: [string, string][] = [
      ['Autocrypt', bob.header],
      ['Autocrypt', bobLater.header],
    ];
    await keys.processMail(await incoming({ from: bob.address, fields }));
    expect(await keys.peer(bob.address)).toEqual({
      ...{ address: bob.address, lastSeen: NOW, preferEncrypt: 'nopreference' },
    });
  });

  it.each([
    ['several senders', { from: 'bob@example.net, carol@example.net' }],
    ['spam', { spam: true }],
  ])('of %s teach nothing', async (_, rest) => {
    const learned = await keys.processMail(
      await incoming({ from: bob.address, fields: [['Autocrypt', bob.header]], ...rest }),
    );
    expect(learned.peers).toEqual([]);
  });

  it('dated far ahead count from when they came', async () => {
    await keys.processMail(await mailWithKey(bob, { date: NOW + 30 * DAY, receivedAt: NOW }));
    expect((await keys.peer(bob.address)).autocryptTimestamp).toBe(NOW);
  });

  it('about our own address teach us nothing', async () => {
    const me = await person(ME);
    await keys.processMail(await mailWithKey(me));
    expect((await keys.peer(ME)).fingerprint).toBeUndefined();
  });

  it('count from inside an encrypted mail before those outside', async () => {
    const payload = await mail({ fields: [['Autocrypt', bobLater.header]] });
    const { changes } = await keys.processMail(
      await incoming({ from: bob.address, fields: [['Autocrypt', bob.header]], payload }),
    );
    expect((await keys.peer(bob.address)).fingerprint).toBe(bobLater.fingerprint);
    expect(changes).toEqual([]);
  });

  it('inside a payload that names another sender do not count', async () => {
    await keys.processMail(
      await opened(
        bob,
        [
          ['Autocrypt', bob.header],
          ['Autocrypt-Gossip', dave.gossip],
        ],
        { to: `${ME}, ${dave.address}`, innerFrom: carol.address },
      ),
    );
    expect((await keys.peer(bob.address)).fingerprint).toBeUndefined();
    expect((await keys.peer(carol.address)).fingerprint).toBeUndefined();
    expect((await keys.peer(dave.address)).fingerprint).toBeUndefined();
  });
});

describe('a key change', () => {
  it('is told once, with both fingerprints, and stays in the history', async () => {
    await keys.processMail(await mailWithKey(bob, { date: NOW - 2 * DAY }));
    const news = await mailWithKey(bobLater, { date: NOW - DAY });
    expect((await keys.processMail(news)).changes).toEqual([
      {
        ...{ address: bob.address, oldFingerprint: bob.fingerprint, newFingerprint: bobLater.fingerprint },
        ...{ source: 'direct', date: NOW - DAY, wasVerified: false },
      },
    ]);
    expect((await keys.processMail(news)).changes).toEqual([]);
    await keys.processMail(await mailWithKey(bobLater, { date: NOW }));
    expect(await keys.keyHistory(bob.address)).toEqual([
      { fingerprint: bob.fingerprint, firstSeen: NOW - 2 * DAY, lastSeen: NOW - 2 * DAY },
      { fingerprint: bobLater.fingerprint, firstSeen: NOW - DAY, lastSeen: NOW },
    ]);
    const signers = await keys.signatureKeys(bob.address, { history: true });
    expect(signers.map(({ fingerprint }) => fingerprint).sort()).toEqual(
      [bob.fingerprint, bobLater.fingerprint].sort(),
    );
    expect((await keys.signatureKeys(bob.address)).map(({ fingerprint }) => fingerprint)).toEqual([
      bobLater.fingerprint,
    ]);
  });

  it('does not come from old mail that turns up late', async () => {
    await keys.processMail(await mailWithKey(bobLater, { date: NOW }));
    expect((await keys.processMail(await mailWithKey(bob, { date: NOW - DAY }))).changes).toEqual([]);
    expect((await keys.peer(bob.address)).fingerprint).toBe(bobLater.fingerprint);
    expect((await keys.keyHistory(bob.address)).map(({ fingerprint }) => fingerprint)).toEqual([
      bob.fingerprint,
      bobLater.fingerprint,
    ]);
  });

  it('of a verified contact is refused until the new key is verified', async () => {
    await keys.create();
    await keys.processMail(await mailWithKey(bob, { date: NOW - DAY }));
    await keys.setVerified(bob.address, bob.fingerprint.toUpperCase());
    const recipients = [{ address: bob.address, usesChat: true }];
    expect((await keys.recommend(recipients)).action).toBe('encrypt');
    const { changes } = await keys.processMail(await mailWithKey(bobLater));
    expect(changes).toMatchObject([{ wasVerified: true }]);
    expect(await keys.peer(bob.address)).toMatchObject({
      fingerprint: bobLater.fingerprint,
      verified: bob.fingerprint,
    });
    expect(await keys.recommend(recipients)).toMatchObject({ action: 'refuse', reason: 'key-changed' });
    await keys.setVerified(bob.address, bobLater.fingerprint);
    expect((await keys.recommend(recipients)).action).toBe('encrypt');
    await keys.setVerified(bob.address, undefined);
    expect((await keys.peer(bob.address)).verified).toBeUndefined();
  });
});

describe('dates that are lowered by a copy', () => {
  it('give way to the mail that is newest now', async () => {
    const early = await mailWithKey(bob, { date: NOW });
    const late = await mailWithKey(bobLater, { date: NOW + 10 * DAY, receivedAt: NOW + 10 * DAY });
    await keys.processMails([early, late]);
    expect((await keys.peer(bob.address)).fingerprint).toBe(bobLater.fingerprint);
    // Another copy of the late one came long before its Date: that was wrong.
    const { changes } = await keys.processMail({ ...late, receivedAt: NOW - DAY });
    expect(changes).toMatchObject([{ oldFingerprint: bobLater.fingerprint, newFingerprint: bob.fingerprint }]);
    expect(await keys.peer(bob.address)).toMatchObject({ lastSeen: NOW, autocryptTimestamp: NOW });
    await keys.processMail(late);
    expect((await keys.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
  });

  it('a mail opened later counts from the Date inside', async () => {
    const sealed = await incoming({
      ...{ from: bob.address, date: NOW, type: 'multipart/encrypted; boundary=x', id: 'sealed@example.net' },
      fields: [['Autocrypt', bob.header]],
    });
    await keys.processMails([sealed, await mailWithKey(bobLater, { date: NOW - DAY })]);
    expect((await keys.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
    await keys.processMail({
      ...sealed,
      payload: await mail({ fields: [['Date', new Date(NOW - 2 * DAY).toUTCString()]] }),
    });
    expect(await keys.peer(bob.address)).toMatchObject({ fingerprint: bobLater.fingerprint, lastSeen: NOW - DAY });
  });
});

describe('gossip', () => {
  const to = `${ME}, carol@example.net`;

  it('is learned for recipients, as a weaker key', async () => {
    await keys.processMail(await opened(bob, [['Autocrypt-Gossip', carol.gossip]], { to }));
    expect(await keys.peer(carol.address)).toEqual({
      address: carol.address,
      preferEncrypt: 'nopreference',
      ...{ fingerprint: carol.fingerprint, source: 'gossip' },
    });
  });

  it('never says what somebody prefers', async () => {
    await keys.processMail(await opened(bob, [['Autocrypt-Gossip', carol.mutual]], { to }));
    expect(await keys.peer(carol.address)).toMatchObject({ preferEncrypt: 'nopreference', source: 'gossip' });
  });

  it('goes by the recipients inside, where there are any', async () => {
    const payload = await mail({
      from: bob.address,
      to,
      fields: [
        ['Autocrypt-Gossip', carol.gossip],
        ['Autocrypt-Gossip', dave.gossip],
      ],
    });
    await keys.processMail(await incoming({ from: bob.address, to: `${dave.address}`, payload }));
    expect((await keys.peer(carol.address)).fingerprint).toBe(carol.fingerprint);
    expect((await keys.peer(dave.address)).fingerprint).toBeUndefined();
  });

  it('may be about Reply-To', async () => {
    const payload = await mail({
      from: bob.address,
      fields: [
        ['Reply-To', dave.address],
        ['Autocrypt-Gossip', dave.gossip],
      ],
    });
    await keys.processMail(await incoming({ from: bob.address, payload }));
    expect((await keys.peer(dave.address)).fingerprint).toBe(dave.fingerprint);
  });

  it('that contradicts itself does not count', async () => {
    const other = await person(carol.address);
    const fields: [string, string][] = [
      ['Autocrypt-Gossip', carol.gossip],
      ['Autocrypt-Gossip', other.gossip],
    ];
    await keys.processMail(await opened(bob, fields, { to }));
    expect((await keys.peer(carol.address)).fingerprint).toBeUndefined();
  });

  it('counts only from the root part of a payload', async () => {
    const plain = await incoming({ from: bob.address, to, fields: [['Autocrypt-Gossip', carol.gossip]] });
    const nested = await mail({
      type: 'multipart/mixed; boundary=x',
      body: `--x\r\nAutocrypt-Gossip: ${carol.gossip}\r\n\r\nHi\r\n--x--`,
    });
    await keys.processMails([plain, await incoming({ from: bob.address, to, payload: nested })]);
    expect((await keys.peer(carol.address)).fingerprint).toBeUndefined();
  });

  it('includes keys on member cards, from signed mail only', async () => {
    const memberKeys = [carol, dave].map(({ address, keyData }) => ({ address, keyData }));
    const payload = await mail({ from: bob.address, to });
    await keys.processMail(await incoming({ from: bob.address, to, payload, memberKeys }));
    expect((await keys.peer(carol.address)).fingerprint).toBeUndefined();
    await keys.processMail(await incoming({ from: bob.address, to, payload, memberKeys, signed: true }));
    expect((await keys.peer(carol.address)).fingerprint).toBe(carol.fingerprint);
    expect((await keys.peer(dave.address)).fingerprint).toBeUndefined();
  });
});

describe('the store', () => {
  it('keeps what was learned, and each key once', async () => {
    const store = new MemoryKeyStore();
    const first = await manager({ store });
    await first.processMails([await mailWithKey(bob, { date: NOW - DAY }), await mailWithKey(bob)]);
    const second = await manager({ store });
    expect((await second.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
    const written: number[] = [];
    const counting = new Watched(store, (batch) => written.push(batch.publicKeys?.length ?? 0));
    const third = await manager({ store: counting });
    await third.processMail(await mailWithKey(bob, { date: NOW + 1000 }));
    await third.processMail(await mailWithKey(carol));
    expect(written).toEqual([0, 1]);
  });

  it('is not written to by what is known already', async () => {
    const store = new MemoryKeyStore();
    const known = await mailWithKey(bob);
    await (await manager({ store })).processMail(known);
    let commits = 0;
    const watched = new Watched(store, () => commits++);
    expect(await (await manager({ store: watched })).processMail(known)).toEqual({ peers: [], changes: [] });
    expect(commits).toBe(0);
  });
});
