import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeAddress } from '../../src/mail/address.js';
import { readMail } from '../../src/mail/read-mail.js';
import { cleanName } from '../../src/mail/text-clean.js';
import { mergeCards, newCard } from '../../src/model/card-merge.js';
import { readContactStorage, writeContactStorage } from '../../src/protocol/kinds/contact-storage.js';
import type { CardRecord, CardRegister } from '../../src/store/card-records.js';
import { photoOf } from '../../src/sync/storage/cards.js';
import { contactDigest, contactToStorage, storageToContact } from '../../src/sync/storage/contact-mail.js';

const ADDRESSES = ['ada@example.org', 'bob@example.net', 'jörg@bücher.example', '"a b"@example.com'].map(
  normalizeAddress,
);
const PHOTO = Uint8Array.of(1, 2, 3);

const at = fc.integer({ min: 1, max: 4_000_000_000_000 });
const set = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<CardRegister<T>> =>
  fc.record({ at, value: fc.option(value, { nil: null }) });
const flag = fc.record({ at, value: fc.boolean() });
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((value) => cleanName(value))
  .filter((value) => value !== '');
const word = fc.constantFrom('friend', 'work', 'Schach', 'père');
const token = fc
  .tuple(at, fc.constantFrom('a', 'b', '+/'))
  .map(([created, secret]) => `1-created:${created}-validity:9-hash:x/+-secret:${secret}`);

const given = fc.record({ at, value: fc.constantFrom('1 of the server', 'x'.repeat(1000)) });

const shared = fc.record(
  {
    name: set(text),
    nickname: set(text),
    photo: set(fc.constant(photoOf({ contentType: 'image/png', bytes: PHOTO }))),
    birthday: set(fc.constantFrom('1990-12-09', '--12-09')),
    status: set(text),
    categories: set(fc.uniqueArray(word, { minLength: 1 })),
    notification: set(fc.constantFrom({ enabled: 'false' }, { types: 'sound,banner', filters: 'mention' })),
    listed: flag,
    blocked: flag,
    accepted: flag,
    unknown: set(
      fc.constant([
        ['COI-Future', 'yes'],
        ['.p-org', 'ACME'],
      ] as const),
    ),
  },
  { requiredKeys: [] },
);
const own = fc.record(
  {
    verified: set(fc.constant('ab'.repeat(20))),
    profileSent: set(text),
    muted: flag,
    pinned: flag,
    archived: flag,
    serverTokenIn: given,
    serverTokenOut: given,
  },
  { requiredKeys: [] },
);
const person = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...ADDRESSES), { minLength: 1, maxLength: 4 }),
    shared,
    fc.array(fc.record({ own, granted: fc.array(token), held: fc.array(token), revoked: fc.nat(2_000_000_000), at })),
  )
  .map(([ids, values, rest]) =>
    ids.map((id, i): CardRecord => {
      const { own = {}, granted = [], held = [], revoked = 0, at = 0 } = rest[i] ?? {};
      const claim = ids.length > 1 ? { person: 'p', personAt: at } : {};
      const card = { ...newCard(id), ...claim, shared: values, own, granted, held, revokedUntil: revoked * 1000 };
      return mergeCards(card, newCard(id));
    }),
  );

async function throughMail(cards: readonly CardRecord[], bothHashes: boolean) {
  const storage = contactToStorage(cards, PHOTO);
  const written = await writeContactStorage(storage, {
    from: 'me@example.org',
    messageId: 'coi.1@example.org',
    bothHashes,
  });
  const read = await readContactStorage(await readMail(written.bytes));
  if (read === undefined) throw new Error('The mail is no contact storage message.');
  return storageToContact(read, 0);
}

describe('a contact storage message', () => {
  it('says all that the cards say, to whoever reads it', async () => {
    await fc.assert(
      fc.asyncProperty(person, fc.boolean(), async (cards, bothHashes) => {
        const read = await throughMail(cards, bothHashes);
        expect(contactDigest(read.cards)).toBe(contactDigest(cards));
        for (const card of read.cards) {
          const before = cards.find(({ id }) => id === card.id);
          expect(card).toEqual({ ...before, dirty: 0 });
        }
      }),
      { numRuns: 60 },
    );
  });
});
