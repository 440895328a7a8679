import { concatBytes } from '../mail/bytes.js';
import type { GroupDraft, GroupMemberDraft } from '../protocol/group-mail.js';
import type { CardPhoto } from '../protocol/h-card.js';
import type { ChatRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { OutgoingPlan } from '../sync/keys/seal-outgoing.js';
import type { AccountContext } from './context.js';
import { type ActContext, assertMember, type GroupAct, type GroupChat, ordinary, type PlanAct } from './group-acts.js';

/** What a message does and says about the group that it goes to. */
export interface GroupSending {
  /** What it changes, if it is made for that. */
  readonly act: GroupAct | undefined;
  /** What is written into the mail, once it is known how that goes out. */
  draft(how: { readonly plan: OutgoingPlan; readonly secret: boolean }): GroupDraft;
}

/**
 * Finds out what a message does and says about the group that it goes to; undefined if it was to change something, and there is nothing to.
 *
 * @throws InputError `NOT_A_MEMBER`
 */
export async function groupSending(
  context: AccountContext,
  group: GroupChat,
  options: { readonly from: string; readonly now: number; readonly plan: PlanAct | undefined },
): Promise<GroupSending | undefined> {
  const { from, now, plan } = options;
  assertMember(group);
  const { identity, strings, store } = context;
  const needsAvatar = plan !== undefined || group.group.infoWanted;
  const given: Omit<ActContext, 'secret'> = {
    group,
    from,
    now,
    strings,
    by: identity.name ?? from,
    avatar: needsAvatar ? await avatarOf(store, group) : undefined,
  };
  const act = plan?.({ ...given, secret: false });
  if (plan && !act) return undefined;
  return {
    act,
    draft: ({ plan: sealing, secret }) => {
      const draft = (act && plan?.({ ...given, secret })?.group) ?? ordinary({ ...given, secret });
      return sealing.encrypted ? withKeys(draft, sealing) : draft;
    },
  };
}

/** True for a chat that is a group of which something is known. */
export function isGroupChat(chat: ChatRecord): chat is GroupChat {
  return chat.kind === 'group' && chat.groupId !== undefined && chat.group !== undefined;
}

/** The octets of the group's picture, if it has one and they are here. */
export async function avatarOf(store: Store, { group }: Pick<GroupChat, 'group'>): Promise<CardPhoto | undefined> {
  if (group.avatar === undefined) return undefined;
  const { blob, contentType } = group.avatar;
  const pieces: Uint8Array[] = [];
  for await (const piece of store.readBlob(blob)) pieces.push(piece);
  return { contentType, content: concatBytes(pieces) };
}

/** Keys of the members on their cards: a new member can write to all at once. */
function withKeys(draft: GroupDraft, { advice }: OutgoingPlan): GroupDraft {
  if (draft.members === undefined) return draft;
  const keyed = (member: GroupMemberDraft): GroupMemberDraft => {
    const key = advice.publicKeys.get(member.address);
    return key === undefined ? member : { ...member, key: key.bytes(), fingerprint: key.fingerprint };
  };
  return { ...draft, members: draft.members.map(keyed) };
}
