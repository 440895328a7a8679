import type { AddressRecord, GroupChangeRecord, MessageRecord } from '../store/records.js';
import type { GroupChange } from './group-values.js';
import type { ChangeWords, Strings } from './strings.js';

/** Finds the name that somebody goes by. */
export type NameOf = (address: string) => AddressRecord;

/** What a message changes in its group; empty for what people wrote, whatever follows from it. */
export function changesOf({ changes = [], from }: MessageRecord, person: NameOf): GroupChange[] {
  return changes.map((change) => changeOf(change, from, person));
}

function changeOf(change: GroupChangeRecord, by: AddressRecord, person: NameOf): GroupChange {
  switch (change.kind) {
    case 'created':
      return { kind: 'created', by, name: change.name, members: change.members };
    case 'renamed':
      return { kind: 'renamed', by, name: change.name, oldName: change.from };
    case 'description':
      return { kind: 'description', by, description: change.description === '' ? undefined : change.description };
    case 'avatar':
      return { kind: 'avatar', by, removed: change.removed };
    case 'added':
      return { kind: 'member-added', by, member: person(change.address) };
    case 'removed':
      return { kind: 'member-removed', by, member: person(change.address) };
    case 'left':
      return { kind: 'left', member: by };
  }
}

/** Changes of one message in words: one line for each, people who were added or removed together in one. */
export function changesInWords(
  changes: readonly GroupChange[],
  { strings, own, byMe }: { readonly strings: Strings; readonly own: ReadonlySet<string>; readonly byMe: boolean },
): string {
  const lines = new Map<keyof Strings, { words: ChangeWords; people: AddressRecord[] }>();
  for (const change of changes) {
    const by = change.kind === 'left' ? change.member : change.by;
    const key = KEYS[change.kind === 'avatar' && change.removed ? 'avatar-removed' : change.kind];
    const words: ChangeWords = {
      by: by?.name ?? by?.address ?? '',
      byMe,
      who: '',
      aboutMe: false,
      name: change.kind === 'renamed' || change.kind === 'created' ? change.name : '',
      oldName: change.kind === 'renamed' ? (change.oldName ?? '') : '',
    };
    const line = lines.get(key) ?? { words, people: [] };
    if (change.kind === 'member-added' || change.kind === 'member-removed') line.people.push(change.member);
    if (change.kind === 'created') line.people.push(...change.members);
    lines.set(key, line);
  }
  return [...lines]
    .map(([key, { words, people }]) =>
      strings[key]({
        ...words,
        who: people.map(({ address, name }) => name ?? address).join(', '),
        aboutMe: people.length === 1 && people.every(({ address }) => own.has(address)),
      }),
    )
    .join('\n');
}

const KEYS = {
  created: 'groupCreated',
  'member-added': 'memberAdded',
  'member-removed': 'memberRemoved',
  left: 'memberLeft',
  renamed: 'groupRenamed',
  description: 'descriptionChanged',
  avatar: 'avatarChanged',
  'avatar-removed': 'avatarRemoved',
} as const satisfies Record<string, keyof Strings>;
