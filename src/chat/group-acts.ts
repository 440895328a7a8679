import { InputError } from '../core/errors.js';
import type { DatedMember, GroupDraft } from '../protocol/group-mail.js';
import type { CardPhoto } from '../protocol/h-card.js';
import type { AddressRecord, ChatRecord, GroupStateRecord } from '../store/records.js';
import type { ChangeWords, Strings } from './strings.js';

/** The record of a group. */
export type GroupChat = ChatRecord & { readonly groupId: string; readonly group: GroupStateRecord };

/** Stands for a name that must not be told. Nobody takes it for one. */
export const HIDDEN_NAME = '...';

/** What one mail changes in a group. */
export interface GroupAct {
  /** Who gets it: normalised, without ourselves. */
  readonly recipients: readonly string[];
  readonly group: GroupDraft;
  /** Words of the mail, for people whose program knows nothing of groups. */
  readonly text: string;
  /** The mail founds the group: programs that know of groups put words of their own in the place of ours. */
  readonly founding?: true;
  /** When it happens, milliseconds: not before anything that is known, whoever's clock that came from. */
  readonly at: number;
}

/** What acts are planned with. */
export interface ActContext {
  readonly group: GroupChat;
  /** Own address in the group. */
  readonly from: string;
  /** How others call us. */
  readonly by: string;
  readonly strings: Strings;
  readonly now: number;
  /** The picture that the group has. */
  readonly avatar: CardPhoto | undefined;
  /** What is known of the group must not be told: it was encrypted, and the mail will not be. */
  readonly secret: boolean;
}

/** Plans a change of a group as it is when its turn comes; undefined if there is nothing to change. */
export type PlanAct = (context: ActContext) => GroupAct | undefined;

/** The first mail of a group. */
export function founding(options: {
  readonly members: readonly AddressRecord[];
  readonly description: string;
  readonly avatar: CardPhoto | undefined;
}): PlanAct {
  return (context) => {
    const { group, now } = context;
    const { members, description, avatar } = options;
    return {
      recipients: members.map(({ address }) => address),
      group: {
        id: group.groupId,
        name: group.name,
        nameTimestamp: now,
        ...(description !== '' && { description, descriptionTimestamp: now }),
        ...(avatar && { avatar }),
        members: [self(context, now), ...members.map((member) => ({ ...member, since: now }))],
      },
      text: words(context, 'groupCreated', members),
      founding: true,
      at: now,
    };
  };
}

/** Adds those who are no members yet. */
export function adding(people: readonly AddressRecord[]): PlanAct {
  return (context) => {
    const { group, avatar } = context;
    const known = new Set(group.members.map(({ address }) => address));
    const added = people.filter(({ address }) => !known.has(address));
    if (added.length === 0) return undefined;
    const at = later(context, group.group.newest.members);
    return {
      recipients: [...known, ...added.map(({ address }) => address)],
      group: {
        ...describing(context),
        ...(avatar && !context.secret && { avatar }),
        added: added.map(({ address }) => address),
        members: [...everyone(context), ...added.map((member) => ({ ...member, since: at }))],
        pastMembers: pastOf(group).filter(({ address }) => !added.some((member) => member.address === address)),
      },
      text: words(context, 'memberAdded', added),
      at,
    };
  };
}

/** Removes those who are members; they get this mail as well. */
export function removing(addresses: readonly string[]): PlanAct {
  return (context) => {
    const { group } = context;
    const removed = group.members.filter(({ address }) => addresses.includes(address));
    if (removed.length === 0) return undefined;
    const at = later(context, group.group.newest.members);
    return {
      recipients: group.members.map(({ address }) => address),
      group: {
        ...describing(context),
        removed: removed.map(({ address }) => address),
        members: everyone(context).filter(({ address }) => !removed.some((member) => member.address === address)),
        pastMembers: [...pastOf(group), ...removed.map((member) => ({ ...member, timestamp: at }))],
      },
      text: words(context, 'memberRemoved', removed),
      at,
    };
  };
}

/** Leaves the group. */
export const leaving: PlanAct = (context) => {
  const { group, from } = context;
  return {
    recipients: group.members.map(({ address }) => address),
    group: { ...describing(context), removed: [from] },
    text: words(context, 'memberLeft', []),
    at: later(context, group.group.newest.members),
  };
};

/** Gives the group another name. */
export function renaming(name: string): PlanAct {
  return (context) => {
    const { group } = context;
    if (name === group.name) return undefined;
    const at = later(context, group.group.newest.name);
    return {
      ...informing(context, { name, nameChangedFrom: nameOf(context), nameTimestamp: at }, at),
      text: words(context, 'groupRenamed', [], name),
    };
  };
}

/** Sets the description, or removes it with an empty text. */
export function describingAs(description: string): PlanAct {
  return (context) => {
    const { group } = context;
    if (description === (group.group.description ?? '')) return undefined;
    const at = later(context, group.group.newest.description);
    return {
      ...informing(context, { description, descriptionChanged: true, descriptionTimestamp: at }, at),
      text: words(context, 'descriptionChanged', []),
    };
  };
}

/** Sets the picture, or removes it. */
export function picturing(picture: CardPhoto | undefined): PlanAct {
  return (context) => {
    const { group, avatar } = context;
    if (!picture && !avatar) return undefined;
    return {
      ...informing(
        context,
        { avatar: picture ?? 'none', avatarChanged: true },
        later(context, group.group.newest.avatar),
      ),
      text: words(context, picture ? 'avatarChanged' : 'avatarRemoved', []),
    };
  };
}

/**
 * What an ordinary message says about its group: its id and name, and all that is known if somebody asked for it. Asks in turn if too little
 * is known here.
 */
export function ordinary(context: Omit<ActContext, 'strings' | 'now'>): GroupDraft {
  const { group, avatar, secret } = context;
  const { infoWanted, needsInfo } = group.group;
  if (infoWanted && !secret) {
    return {
      ...describing(context),
      ...(avatar && { avatar }),
      members: everyone(context),
      pastMembers: pastOf(group),
    };
  }
  return { id: group.groupId, name: nameOf(context), ...(needsInfo && { requested: true }) };
}

/**
 * Throws unless we are a member.
 *
 * @throws InputError `NOT_A_MEMBER`
 */
export function assertMember({ group, name }: GroupChat): void {
  if (group.selfMember) return;
  throw new InputError(
    'NOT_A_MEMBER',
    `The account is not in the group "${name}" any more. Another member has to add it again.`,
  );
}

/** A mail to all members that repeats what is known and changes something of it. */
function informing(
  context: Omit<ActContext, 'strings' | 'now'>,
  change: Partial<GroupDraft>,
  at: number,
): Omit<GroupAct, 'text'> {
  const { group } = context;
  return {
    recipients: group.members.map(({ address }) => address),
    group: { ...describing(context), members: everyone(context), pastMembers: pastOf(group), ...change },
    at,
  };
}

/** What every mail that changes something repeats about the rest, with the times that belong to it. */
function describing(context: Pick<ActContext, 'group' | 'secret'>): GroupDraft {
  const { groupId: id, group } = context.group;
  const { description, newest } = group;
  if (context.secret) return { id, name: HIDDEN_NAME };
  return {
    id,
    name: nameOf(context),
    ...(newest.name !== undefined && { nameTimestamp: newest.name }),
    ...(description !== undefined && { description }),
    ...(description !== undefined && newest.description !== undefined && { descriptionTimestamp: newest.description }),
  };
}

function nameOf({ group, secret }: Pick<ActContext, 'group' | 'secret'>): string {
  return secret || group.name === '' ? HIDDEN_NAME : group.name;
}

function everyone(context: Pick<ActContext, 'group' | 'from' | 'by'>) {
  const { members, group } = context.group;
  const since = (address: string) => (group.since[address] === undefined ? {} : { since: group.since[address] });
  return [
    self(context, group.since[context.from]),
    ...members.map(({ address, name }) => ({ address, ...(name !== undefined && { name }), ...since(address) })),
  ];
}

function self({ from, by }: Pick<ActContext, 'from' | 'by'>, since: number | undefined) {
  return { address: from, ...(by !== from && { name: by }), ...(since !== undefined && { since }) };
}

function pastOf({ group }: GroupChat): DatedMember[] {
  return group.pastMembers.map(({ address, name, at }) => ({
    address,
    ...(name !== undefined && { name }),
    timestamp: at,
  }));
}

/** Times of facts are whole seconds; ours has to be newer than what it replaces. */
function later({ now }: Pick<ActContext, 'now'>, newest: number | undefined): number {
  return newest === undefined ? now : Math.max(now, Math.floor(newest / 1000) * 1000 + 1000);
}

function words(
  { strings, group, by }: Pick<ActContext, 'strings' | 'group' | 'by'>,
  key: keyof Strings,
  who: readonly AddressRecord[],
  name = group.name,
): string {
  const given: ChangeWords = {
    by,
    byMe: false,
    who: who.map((person) => person.name ?? person.address).join(', '),
    aboutMe: false,
    name,
    oldName: group.name,
  };
  return strings[key](given);
}
