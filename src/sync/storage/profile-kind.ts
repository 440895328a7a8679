import { domainOf } from '../../mail/address.js';
import { readProfileStorage, writeProfileStorage } from '../../protocol/kinds/profile-storage.js';
import {
  digestOf,
  draftOfPart,
  mergeOwnProfile,
  ownProfile,
  profileLost,
  profileOf,
  settleOwnProfile,
} from './own-profile.js';
import type { StorageKind } from './storage-kind.js';

/** The one thing that profile storage messages are about. */
const PROFILE = 'profile';

/** Profile storage messages. */
export const profileKind: StorageKind = {
  name: 'profile',

  async read(mail) {
    const storage = await readProfileStorage(mail);
    if (storage === undefined) return undefined;
    return {
      subjects: [PROFILE],
      digest: digestOf(profileOf(storage.date, storage.parts)),
      merge: (tx) => mergeOwnProfile(tx, storage.date, storage.parts),
    };
  },

  async dirty(store) {
    return (await ownProfile(store))?.dirty === true ? [PROFILE] : [];
  },

  async thingsOf(_, subjects) {
    return subjects;
  },

  async lost(tx) {
    await profileLost(tx);
  },

  async content(store, _, { from }) {
    const profile = await ownProfile(store);
    if (profile === undefined) return undefined;
    const digest = digestOf(profile);
    const parts = await Promise.all(
      profile.parts.map(async (part) => ({ categories: part.categories, card: await draftOfPart(store, part) })),
    );
    const messageId = `coi.profile.${digest}@${domainOf(from)}`;
    return {
      subjects: [PROFILE],
      digest,
      expired: false,
      mail: await writeProfileStorage({ date: profile.at, parts }, { from, messageId }),
      outside: [],
      settle: (tx) => settleOwnProfile(tx, digest),
      forget: async () => undefined,
    };
  },
};
