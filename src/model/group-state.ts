import { limits } from '../core/limits.js';
import type { AddressRecord, ChatRecord, GroupStateRecord, PastMemberRecord, PictureRecord } from '../store/records.js';
import { CLOCK_TOLERANCE_MS, type GroupFact } from './group-facts.js';
import type { GroupNote } from './group-note.js';
import { compareKeys, type FactKey, laterKey, type MemberRegister, standingOf } from './group-registers.js';

/** A value that a fact gives a register. */
interface Setting<T> {
  readonly key: FactKey;
  readonly value: T;
  /** Key of the message: decides between facts of the same time. */
  readonly message: string;
}

/** A name that somebody gave the group. */
interface Naming extends Setting<string> {
  /** The Subject of a plain mail program: it renames only if the group never had that name. */
  readonly bySubject: boolean;
  readonly before?: string;
}

/** Somebody came in or went out. */
interface Step {
  readonly time: number;
  readonly into: boolean;
}

/**
 * State of a group as a fold over the facts that are known about it: the same whatever the order in which they came. A fact counts
 * only if its author is a member at that point.
 */
export class GroupFold {
  readonly #me: string;
  readonly #own: ReadonlySet<string>;
  readonly #members = new Map<string, MemberRegister>();
  readonly #steps = new Map<string, Step[]>();
  /** Those who spoke without being members, and whom they meant to add. */
  readonly #refused = new Set<string>();
  /** Names by address, as the people themselves write them, and as others do. */
  readonly #ownNames = new Map<string, string>();
  readonly #givenNames = new Map<string, string>();
  readonly #namings: Naming[] = [];
  readonly #descriptions: Setting<string>[] = [];
  readonly #avatars: Setting<PictureRecord | 'none'>[] = [];
  #hintedName: Setting<string> | undefined;
  #hintedDescription: Setting<string> | undefined;
  #hintedAvatar: Setting<PictureRecord> | undefined;
  /** Dates of the newest mail that described the group, and of the newest that asked for it, by others and by us. */
  #described = 0;
  #asked = 0;
  #askedByMe = false;

  /** @param own The account's addresses, which count as one person. */
  constructor(facts: readonly GroupFact[], own: ReadonlySet<string>) {
    this.#own = own;
    this.#me = [...own][0] ?? '';
    const root = rootOf(facts);
    if (root === undefined) return;
    this.#take(root, true);
    // Where a group began with a signed mail, nobody can change it with unsigned ones.
    const rest = facts.filter((fact) => fact !== root && fact.signed >= root.signed);
    for (const fact of rest.sort(byPoint)) {
      if (this.#counts(fact)) this.#take(fact, false);
      else
        for (const address of [fact.from.address, ...(fact.note?.added ?? [])])
          this.#refused.add(this.#person(address));
    }
  }

  /** True if there are no facts. */
  get isUnknown(): boolean {
    return this.#members.size === 0;
  }

  /**
   * True if a mail of that date from that address belongs into the group: its author was a member then, or became one later (clocks
   * differ). While nothing is known about a group, everybody's does.
   */
  admits(address: string, date: number): boolean {
    if (this.isUnknown) return true;
    const person = this.#person(address);
    if (person === this.#me) return true;
    const steps = this.#steps.get(person) ?? [];
    let last: Step | undefined;
    for (const step of steps) {
      const counts = step.into ? step.time <= date : step.time < date;
      if (counts && (last === undefined || step.time > last.time || (step.time === last.time && step.into)))
        last = step;
    }
    if (last !== undefined) return last.into;
    return steps.some(({ into }) => into) || this.#members.get(person)?.hinted === true;
  }

  /** Addresses about whom anything is known. */
  people(): Iterable<string> {
    return this.#members.keys();
  }

  /** When the standing of somebody changed: {@link admits} depends on nothing else. */
  stepsOf(address: string): string {
    const steps = (this.#steps.get(address) ?? []).map(({ time, into }) => `${time}${into ? '+' : '-'}`);
    return [...new Set(steps)].sort().join(' ') + (this.#members.get(address)?.hinted ? ' ?' : '');
  }

  /** The chat with what follows for it. */
  applyTo(chat: ChatRecord): ChatRecord {
    const names = this.#names();
    const members: AddressRecord[] = [];
    const since: [string, number][] = [];
    const past: PastMemberRecord[] = [];
    let newest: number | undefined;
    for (const [address, register] of [...this.#members].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const { member, at } = standingOf(register);
      for (const key of [register.added, register.listed, register.removed, register.left])
        newest = maximum(newest, key?.[1]);
      if (member && address !== this.#me) members.push(this.#named(address));
      if (member && at !== undefined) since.push([address, at[1]]);
      const left = register.left !== undefined && compareKeys(register.left, register.removed) >= 0;
      if (!member && at !== undefined)
        past.push({ ...this.#named(address), at: at[1], ...(left && { left: true as const }) });
    }
    const description = lastOf(this.#descriptions);
    const avatar = lastOf(this.#avatars);
    const picture =
      avatar === undefined ? this.#hintedAvatar?.value : avatar.value === 'none' ? undefined : avatar.value;
    const text = (description ?? this.#hintedDescription)?.value ?? '';
    const group: GroupStateRecord = {
      ...(text !== '' && { description: text }),
      ...(picture !== undefined && { avatar: picture }),
      selfMember: standingOf(this.#members.get(this.#me)).member,
      since: Object.fromEntries(since.slice(0, limits.chatMembers)),
      pastMembers: past.slice(0, limits.chatMembers),
      needsInfo: this.#described === 0 && !this.#askedByMe,
      infoWanted: this.#asked > this.#described,
      newest: {
        ...(this.#namings.length > 0 && { name: newestOf(this.#namings) }),
        ...(description !== undefined && { description: newestOf(this.#descriptions) }),
        ...(avatar !== undefined && { avatar: newestOf(this.#avatars) }),
        ...(newest !== undefined && { members: newest }),
      },
    };
    return {
      ...chat,
      name: names ?? this.#hintedName?.value ?? '',
      members: members.slice(0, limits.chatMembers),
      group,
    };
  }

  /**
   * A fact counts if its author is a member. While we are out, we may not know everybody who came in meanwhile: a mail that adds us is
   * believed, unless we know better about who wrote it.
   */
  #counts(fact: GroupFact): boolean {
    const isMember = (address: string) => standingOf(this.#members.get(this.#person(address))).member;
    if (isMember(fact.from.address)) return true;
    const invited = fact.note?.added?.some((address) => this.#own.has(address)) === true;
    const person = this.#person(fact.from.address);
    return invited && !isMember(this.#me) && !this.#members.has(person) && !this.#refused.has(person);
  }

  #take(fact: GroupFact, isRoot: boolean): void {
    const { from, people, note = {}, signed, date } = fact;
    const key: FactKey = [signed, date];
    const gone = new Set([...(note.removed ?? []), ...(note.past ?? []).map(([address]) => address)]);
    const present = [from, ...people, ...(note.info ?? [])].filter(({ address }) => !gone.has(address));
    if (from.name !== undefined) keepSmaller(this.#ownNames, this.#person(from.address), from.name);
    for (const { address, name } of [...people, ...(note.info ?? [])]) {
      if (name !== undefined) keepSmaller(this.#givenNames, this.#person(address), name);
    }
    for (const { address } of present) {
      if (isRoot) this.#list(address, key);
      else this.#hint(address);
    }
    if (standingOf(this.#members.get(this.#person(from.address))).member === false) this.#list(from.address, key);
    this.#takeMembers(fact, note);
    this.#takeNames(fact, note, isRoot);
    this.#takeRest(fact, note, isRoot);
    if (note.info !== undefined || note.since !== undefined) this.#described = Math.max(this.#described, date);
    if (note.requested && this.#own.has(from.address)) this.#askedByMe = true;
    else if (note.requested) this.#asked = Math.max(this.#asked, date);
  }

  #takeMembers({ from, signed, date }: GroupFact, note: GroupNote): void {
    const since = new Map(note.since);
    const past = new Map(note.past);
    const keyOf = (time: number | undefined): FactKey => [signed, timeOf(time, date)];
    for (const [address, time] of since) this.#list(address, keyOf(time));
    for (const [address, time] of past) this.#step(address, 'removed', keyOf(time));
    for (const address of note.added ?? []) this.#step(address, 'added', keyOf(since.get(address)));
    const removed = note.left && note.removed === undefined ? [from.address] : (note.removed ?? []);
    for (const address of removed) {
      const self = this.#person(address) === this.#person(from.address);
      this.#step(address, self ? 'left' : 'removed', keyOf(past.get(address)));
    }
  }

  #takeNames({ message, signed, date, subject }: GroupFact, note: GroupNote, isRoot: boolean): void {
    const value = note.name ?? subject;
    if (value === undefined) return;
    const bySubject = note.name === undefined;
    const explicit = isRoot || bySubject || note.nameChangedFrom !== undefined || note.nameTimestamp !== undefined;
    const key: FactKey = [signed, timeOf(note.nameTimestamp, date)];
    const before = note.nameChangedFrom;
    if (explicit)
      this.#namings.push({ key, value, message, bySubject: bySubject && !isRoot, ...(before && { before }) });
    else this.#hintedName = earlier(this.#hintedName, { key, value, message });
  }

  #takeRest({ message, signed, date }: GroupFact, note: GroupNote, isRoot: boolean): void {
    const description = note.description ?? (isRoot ? note.infoDescription : undefined);
    const key: FactKey = [signed, timeOf(note.descriptionTimestamp, date)];
    const explicit = isRoot || note.descriptionChanged === true || note.descriptionTimestamp !== undefined;
    if (description !== undefined && explicit) this.#descriptions.push({ key, value: description, message });
    const hinted = note.description ?? note.infoDescription;
    if (hinted !== undefined)
      this.#hintedDescription = earlier(this.#hintedDescription, { key, value: hinted, message });
    const at: FactKey = [signed, date];
    const avatar = note.avatar ?? (isRoot ? note.infoAvatar : undefined);
    if (avatar !== undefined) this.#avatars.push({ key: at, value: avatar, message });
    if (note.infoAvatar) this.#hintedAvatar = earlier(this.#hintedAvatar, { key: at, value: note.infoAvatar, message });
  }

  #list(address: string, key: FactKey): void {
    this.#step(address, 'listed', key);
  }

  #hint(address: string): void {
    this.#register(address).hinted = true;
  }

  #step(address: string, kind: 'added' | 'listed' | 'removed' | 'left', key: FactKey): void {
    const register = this.#register(address);
    register[kind] = laterKey(register[kind], key);
    const person = this.#person(address);
    const steps = this.#steps.get(person) ?? [];
    steps.push({ time: key[1], into: kind === 'added' || kind === 'listed' });
    this.#steps.set(person, steps);
  }

  #register(address: string): MemberRegister {
    const person = this.#person(address);
    const known = this.#members.get(person);
    if (known !== undefined) return known;
    const register: MemberRegister = {};
    this.#members.set(person, register);
    return register;
  }

  #person(address: string): string {
    return this.#own.has(address) ? this.#me : address;
  }

  #named(address: string): AddressRecord {
    const name = this.#ownNames.get(address) ?? this.#givenNames.get(address);
    return name === undefined ? { address } : { address, name };
  }

  /** The name after all namings, in their order: a Subject renames only if the group did not have that name before. */
  #names(): string | undefined {
    let name: string | undefined;
    const had = new Set<string>();
    for (const naming of [...this.#namings].sort(byNaming)) {
      if (naming.before !== undefined) had.add(naming.before);
      if (naming.bySubject && had.has(naming.value)) continue;
      name = naming.value;
      had.add(name);
    }
    return name;
  }
}

/** Time of a new fact: later than all that is known of that register, so that it wins on every device, and a whole second. */
export function nextGroupTime(
  group: GroupStateRecord | undefined,
  register: 'name' | 'description' | 'avatar' | 'members',
  now: number,
): number {
  const newest = group?.newest[register];
  const second = Math.floor(now / 1000) * 1000;
  return newest === undefined ? second : Math.max(second, Math.floor(newest / 1000) * 1000 + 1000);
}

/**
 * The fact that a group begins with, whose author is a member without having been added: the earliest one. A mail that follows nothing
 * goes first, if clocks may be the reason that others seem to be earlier.
 */
function rootOf(facts: readonly GroupFact[]): GroupFact | undefined {
  const start = facts.reduce((least, { rank }) => Math.min(least, rank), Number.POSITIVE_INFINITY);
  const early = facts.filter(({ rank }) => rank <= start + CLOCK_TOLERANCE_MS);
  return early.sort(
    (a, b) =>
      Number(isFounding(b)) - Number(isFounding(a)) ||
      a.rank - b.rank ||
      a.date - b.date ||
      (a.message < b.message ? -1 : 1),
  )[0];
}

function isFounding({ chat, first, note }: GroupFact): boolean {
  return chat && first && (note?.info !== undefined || note?.since !== undefined);
}

/** Order in which facts are looked at: by the latest time that they claim. */
function byPoint(a: GroupFact, b: GroupFact): number {
  return a.signed - b.signed || pointOf(a) - pointOf(b) || (a.message < b.message ? -1 : a.message > b.message ? 1 : 0);
}

function pointOf({ date, note = {} }: GroupFact): number {
  const renamed = note.nameChangedFrom === undefined ? undefined : note.nameTimestamp;
  const described = note.descriptionChanged ? note.descriptionTimestamp : undefined;
  const moved = [...(note.since ?? []), ...(note.past ?? [])].filter(
    ([address]) => note.added?.includes(address) || note.removed?.includes(address),
  );
  return Math.max(date, ...[renamed, described, ...moved.map(([, time]) => time)].map((time) => timeOf(time, date)));
}

/** A time that a mail claims, in whole seconds and not more than a day after the mail; its date if it claims none. */
function timeOf(claimed: number | undefined, date: number): number {
  return Math.min(claimed ?? date, date + CLOCK_TOLERANCE_MS);
}

/** Of namings at the same time the smaller name (by code point) is the last one. */
function byNaming(a: Naming, b: Naming): number {
  return compareKeys(a.key, b.key) || compareCodePoints(b.value, a.value) || (a.message < b.message ? -1 : 1);
}

function compareCodePoints(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const order = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

function lastOf<T>(settings: readonly Setting<T>[]): Setting<T> | undefined {
  return settings.reduce<Setting<T> | undefined>((last, setting) => {
    if (last === undefined) return setting;
    const order = compareKeys(last.key, setting.key) || (last.message < setting.message ? -1 : 1);
    return order < 0 ? setting : last;
  }, undefined);
}

function earlier<T>(a: Setting<T> | undefined, b: Setting<T>): Setting<T> {
  if (a === undefined) return b;
  const order = compareKeys(a.key, b.key) || (a.message < b.message ? -1 : 1);
  return order < 0 ? a : b;
}

function newestOf(settings: readonly Setting<unknown>[]): number {
  return settings.reduce((newest, { key }) => Math.max(newest, key[1]), 0);
}

function maximum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function keepSmaller(names: Map<string, string>, address: string, name: string): void {
  const known = names.get(address);
  if (known === undefined || name < known) names.set(address, name);
}
