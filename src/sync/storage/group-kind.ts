import { domainOf } from '../../mail/address.js';
import { canonicalJson, mergeCards, newCard } from '../../model/card-merge.js';
import { shortHash } from '../../model/identity.js';
import { groupChatId, groupIdOfChat } from '../../model/placement.js';
import { readGroupStorage, writeGroupStorage } from '../../protocol/kinds/group-storage.js';
import type { CardRecord, CardRegister, CardRegisters, OwnCardValues } from '../../store/card-records.js';
import { putCard } from './cards.js';
import type { StorageKind } from './storage-kind.js';

const SETTINGS = ['muted', 'pinned', 'archived'] as const satisfies readonly (keyof OwnCardValues)[];

type Settings = CardRegisters<Pick<OwnCardValues, (typeof SETTINGS)[number]>>;

/** Group storage messages: one per group, with what the user set for it. */
export const groupKind: StorageKind = {
  name: 'group',

  async read(mail) {
    const storage = await readGroupStorage(mail);
    if (storage === undefined) return undefined;
    const id = groupChatId(storage.groupId);
    const told = { ...newCard(id), own: settingsIn(storage.settings) };
    const digest = digestOf(told);
    return {
      subjects: [id],
      digest,
      merge: async (tx) => {
        const before = (await tx.get('cards', id)) ?? newCard(id);
        const after = mergeCards(before, told);
        putCard(tx, before, after, digestOf(after) !== digest);
      },
    };
  },

  async dirty(store) {
    const cards = await store.list('cards', { index: 'dirty', prefix: [1] });
    return cards.map(({ id }) => id).filter((id) => groupIdOfChat(id) !== undefined);
  },

  async thingsOf(_, subjects) {
    return subjects;
  },

  async lost(tx, subjects) {
    for (const card of await tx.getMany('cards', subjects)) {
      if (card !== undefined && card.dirty === 0) tx.put('cards', { ...card, dirty: 1 });
    }
  },

  async content(store, id, { from }) {
    const [card] = await store.get('cards', [id]);
    const groupId = groupIdOfChat(id);
    if (card === undefined || groupId === undefined) return undefined;
    const digest = digestOf(card);
    const settings = settingsOf(card);
    const changedAt = Math.max(0, ...Object.values(settings).map(({ at }) => at));
    const date = Math.floor(changedAt / 1000) * 1000;
    const messageId = `coi.group.${digest}@${domainOf(from)}`;
    return {
      subjects: [id],
      digest,
      expired: false,
      mail: await writeGroupStorage({ date, groupId, settings: canonicalJson(settings) }, { from, messageId }),
      outside: [],
      settle: async (tx) => {
        const now = await tx.get('cards', id);
        if (now?.dirty === 1 && digestOf(now) === digest) tx.put('cards', { ...now, dirty: 0 });
      },
      forget: async () => undefined,
    };
  },
};

/** Stands for what the message says. */
function digestOf(card: CardRecord): string {
  return shortHash('group-card', card.id, canonicalJson(settingsOf(card)));
}

function settingsOf({ own }: CardRecord): Settings {
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {};
  for (const name of SETTINGS) if (own[name] !== undefined) settings[name] = own[name];
  return settings;
}

function settingsIn(json: string | undefined): Settings {
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {};
  const said = parsed(json);
  for (const name of SETTINGS) {
    const register = registerOf(said.get(name));
    if (register !== undefined) settings[name] = register;
  }
  return settings;
}

function parsed(json: string | undefined): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return new Map(value !== null && typeof value === 'object' ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}

function registerOf(said: unknown): CardRegister<boolean> | undefined {
  if (said === null || typeof said !== 'object' || !('at' in said) || !('value' in said)) return undefined;
  const { at, value } = said;
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0) return undefined;
  return value === null || typeof value === 'boolean' ? { at, value } : undefined;
}
