/** Place of a fact in the order of facts: signed beats unsigned, then the later one. */
export type FactKey = readonly [signed: number, time: number];

/** What is known about one person: the newest fact of each kind. */
export interface MemberRegister {
  /** Added by a mail that says so. */
  added?: FactKey;
  /** In a list with times, or of the founding mail. */
  listed?: FactKey;
  /** Removed by somebody else. */
  removed?: FactKey;
  /** Left. */
  left?: FactKey;
  /** Named as recipient, or in a list without times. */
  hinted?: true;
}

/** Negative if `a` comes before `b`; a missing key comes first. */
export function compareKeys(a: FactKey | undefined, b: FactKey | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  return a[0] - b[0] || a[1] - b[1];
}

/** The later of two keys. */
export function laterKey(a: FactKey | undefined, b: FactKey): FactKey {
  return compareKeys(a, b) >= 0 && a !== undefined ? a : b;
}

/** Since when somebody is a member, or since when not any more; undefined where there is no fact about it. */
export interface Standing {
  readonly member: boolean;
  readonly at: FactKey | undefined;
}

/**
 * Whether somebody is a member. Added beats removed where the times are equal. A list never brings back who left, only a mail that
 * adds them later does. What mails only hint at counts where there is nothing else.
 */
export function standingOf(register: MemberRegister | undefined): Standing {
  if (register === undefined) return { member: false, at: undefined };
  const { added, listed, removed, left, hinted } = register;
  const back = left === undefined || compareKeys(added, left) >= 0;
  const into = back && listed !== undefined ? laterKey(added, listed) : added;
  const out = removed === undefined ? left : laterKey(left, removed);
  if (added === undefined && listed === undefined && out === undefined)
    return { member: hinted === true, at: undefined };
  return into !== undefined && compareKeys(into, out) >= 0 ? { member: true, at: into } : { member: false, at: out };
}
