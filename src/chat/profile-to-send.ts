import type { ProfileDraft } from '../protocol/profile-mail.js';
import type { ChatRecord } from '../store/records.js';
import { isAccepted } from '../sync/ingest/acceptance.js';
import { cardOf, storedCards, updateCard } from '../sync/storage/cards.js';
import { draftOfPart, ownProfile, partFor, versionOf } from '../sync/storage/own-profile.js';
import type { AccountContext } from './context.js';

/** The own profile, to go along with a message. */
export interface ProfileToSend {
  readonly draft: ProfileDraft;
  /** Notes that they have it. */
  sent(): Promise<void>;
}

/**
 * The own profile, if it is to go along with the next message of a chat: in a 1:1 chat with somebody whose request was accepted (writing first
 * accepts), who does not have this version yet, and is not known to use a plain mail program, which would show it as clutter.
 */
export async function profileFor(context: AccountContext, chat: ChatRecord): Promise<ProfileToSend | undefined> {
  if (chat.kind !== 'single') return undefined;
  const { store, writer, identity } = context;
  const profile = await ownProfile(store);
  const [address] = chat.members.map((member) => member.address);
  if (profile === undefined || address === undefined) return undefined;
  const card = await cardOf(storedCards(store), address);
  const part = partFor(profile, card.categories);
  const version = part && versionOf(part);
  if (part === undefined || version === card.profileSent || card.blocked) return undefined;
  const [contact] = await store.get('contacts', [address]);
  if (contact?.lastSeen !== undefined) {
    if (!contact.usesChat || !(await isAccepted(store, identity, address))) return undefined;
  }
  const draft = await draftOfPart(store, part);
  return {
    draft: { ...draft, emails: [identity.email] },
    sent: () => writer.run((tx) => updateCard(tx, address, { profileSent: version ?? null })),
  };
}
