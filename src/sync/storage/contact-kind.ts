import { limits } from '../../core/limits.js';
import { domainOf } from '../../mail/address.js';
import { concatBytes } from '../../mail/bytes.js';
import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readMail } from '../../mail/read-mail.js';
import { mergeCards, newCard } from '../../model/card-merge.js';
import { sharedRegisters } from '../../model/card-view.js';
import { outsideFields, readContactStorage, writeContactStorage } from '../../protocol/kinds/contact-storage.js';
import type { CardRecord } from '../../store/card-records.js';
import type { Store } from '../../store/store.js';
import type { Transaction } from '../transaction.js';
import { cardPhotoBlob, cardsOf, putCard, storedCards } from './cards.js';
import {
  contactChangedAt,
  contactDigest,
  contactToStorage,
  isTombstone,
  type ReadContact,
  storageToContact,
} from './contact-mail.js';
import type { StorageContent, StorageEnvelope, StorageKind, StorageReading, StorageTarget } from './storage-kind.js';

/** Contact storage messages: one per person, whatever the number of addresses. */
export const contactKind: StorageKind = {
  name: 'contact',

  async read(mail, envelope) {
    const contact = await contactOf(mail, envelope);
    if (contact === undefined || contact.cards.length === 0) return undefined;
    return readingOf(contact);
  },

  async dirty(store) {
    const cards = await store.list('cards', { index: 'dirty', prefix: [1] });
    return [...new Set(cards.filter(isContact).map(({ person }) => person))];
  },

  async thingsOf(store, subjects) {
    const cards = await store.get('cards', subjects);
    return [...new Set(cards.flatMap((card) => (card === undefined ? [] : [card.person])))];
  },

  async lost(tx, subjects) {
    for (const card of await tx.getMany('cards', subjects)) {
      if (card !== undefined && card.dirty === 0) tx.put('cards', { ...card, dirty: 1 });
    }
  },

  async content(store, person, target, now) {
    const cards = (await storedCards(store).person(person)).filter(isContact);
    return cards.length === 0 ? undefined : contentOf(store, cards, target, now);
  },
};

function isContact({ id }: CardRecord): boolean {
  return !id.startsWith('group:');
}

async function contactOf(mail: ParsedMail, envelope: StorageEnvelope): Promise<ReadContact | undefined> {
  const storage = await readContactStorage(mail, envelope.headers);
  return storage && storageToContact(storage, envelope.received);
}

function readingOf({ cards, photo }: ReadContact): StorageReading {
  const digest = contactDigest(cards);
  return {
    subjects: cards.map(({ id }) => id),
    digest,
    merge: async (tx) => {
      const people = new Set<string>();
      for (const told of cards) {
        const before = (await tx.get('cards', told.id)) ?? newCard(told.id);
        const after = mergeCards(before, told);
        putCard(tx, before, after, false);
        const picture = after.shared.photo?.value?.sha256;
        const isNew = picture !== undefined && picture !== before.shared.photo?.value?.sha256;
        if (isNew && photo !== undefined && picture === told.shared.photo?.value?.sha256) {
          tx.putBlob(cardPhotoBlob(told.id, picture), photo);
        }
        people.add(before.person).add(after.person);
      }
      for (const person of people) await markIfMore(tx, person, digest);
    },
  };
}

/** What the mail did not say has to be written. */
async function markIfMore(tx: Transaction, person: string, digest: string): Promise<void> {
  const cards = (await cardsOf(tx).person(person)).filter(isContact);
  if (cards.length === 0 || contactDigest(cards) === digest) return;
  for (const card of cards) if (card.dirty === 0) tx.put('cards', { ...card, dirty: 1 });
}

async function contentOf(
  store: Store,
  cards: readonly CardRecord[],
  { from, coiServer }: StorageTarget,
  now: number,
): Promise<StorageContent> {
  const storage = contactToStorage(cards, await photoOfContact(store, cards));
  const written = await writeContactStorage(storage, { from, messageId: 'digest', bothHashes: coiServer });
  const mail = await readMail(written.bytes);
  const read = await contactOf(mail, { headers: mail.headers, received: now });
  // What whoever reads the mail gets: two devices must not correct each other for ever.
  const digest = contactDigest(read?.cards ?? []);
  const messageId = `coi.contact.${digest}@${domainOf(from)}`;
  const before = contactDigest(cards);
  const current = async (tx: Transaction) => {
    const found = await cardsOf(tx).person(cards[0]?.person ?? '');
    const now = found.filter(isContact);
    return contactDigest(now) === before ? now : [];
  };
  return {
    subjects: cards.map(({ id }) => id),
    digest,
    expired: isTombstone(cards) && contactChangedAt(cards) + limits.tombstoneMs < now,
    mail: await writeContactStorage(storage, { from, messageId, bothHashes: coiServer }),
    outside: outsideFields(storage, coiServer),
    settle: async (tx) => {
      for (const card of await current(tx)) if (card.dirty === 1) tx.put('cards', { ...card, dirty: 0 });
    },
    forget: async (tx) => {
      for (const { id } of await current(tx)) tx.remove('cards', id);
    },
  };
}

async function photoOfContact(store: Store, cards: readonly CardRecord[]): Promise<Uint8Array | undefined> {
  const picture = sharedRegisters(cards).photo?.value;
  if (!picture) return undefined;
  const holder = cards.find(({ shared }) => shared.photo?.value?.sha256 === picture.sha256);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBlob(cardPhotoBlob(holder?.id ?? '', picture.sha256))) chunks.push(chunk);
  return concatBytes(chunks);
}
