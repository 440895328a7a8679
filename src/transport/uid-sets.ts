import { InputError, ServerError } from '../core/errors.js';
import type { UidSet } from './imap.js';

const MAX_UID = 0xffffffff;
/** Length of one set in a command: RFC 7162 4 asks for lines below 8192 octets, and old servers mean it. */
const SET_CHARS = 4000;

/**
 * UIDs as the sequence sets of as many commands as are needed.
 *
 * @throws InputError `INVALID_OPTION` for anything that is not a UID.
 */
export function uidSets(uids: UidSet): string[] {
  if (!Array.isArray(uids)) {
    const { from, to } = uids as { from: number; to: number | '*' };
    check(from);
    if (to !== '*') {
      check(to);
      if (to < from) return [];
    }
    return [`${from}:${to}`];
  }
  const sets: string[] = [];
  let current = '';
  const sorted = [...new Set<number>(uids)].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i] ?? 0;
    check(first);
    let last = first;
    while (sorted[i + 1] === last + 1) last = sorted[++i] ?? 0;
    check(last);
    const run = first === last ? `${first}` : `${first}:${last}`;
    if (current.length + run.length + 1 > SET_CHARS) {
      sets.push(current);
      current = '';
    }
    current += current ? `,${run}` : run;
  }
  if (current) sets.push(current);
  return sets;
}

/** True if the UID is one that was asked for. */
export function uidFilter(uids: UidSet): (uid: number) => boolean {
  if (Array.isArray(uids)) {
    const wanted = new Set<number>(uids);
    return (uid) => wanted.has(uid);
  }
  const { from, to } = uids as { from: number; to: number | '*' };
  return (uid) => uid >= from && (to === '*' || uid <= to);
}

/**
 * UIDs of a set that a server sent, in its order.
 *
 * @param most more than these are a lie: `1:4294967295` is 12 octets on the wire and 32 GB in memory.
 * @throws ServerError `SERVER_MISBEHAVED`
 */
export function expandUidSet(set: string, most: number): number[] {
  const uids: number[] = [];
  for (const range of set.split(',')) {
    const [first = '', last = first] = range.split(':');
    const from = uidOf(first);
    const to = uidOf(last);
    const step = from <= to ? 1 : -1;
    if (uids.length + Math.abs(to - from) + 1 > most) throw garbage(set);
    for (let uid = from; uid !== to + step; uid += step) uids.push(uid);
  }
  return uids;

  function uidOf(text: string): number {
    if (!/^\d{1,10}$/.test(text)) throw garbage(set);
    return Number(text);
  }
}

function garbage(set: string): ServerError {
  return new ServerError('SERVER_MISBEHAVED', `The IMAP server sent an impossible set of UIDs: ${set.slice(0, 60)}`);
}

function check(uid: number): void {
  if (Number.isInteger(uid) && uid >= 1 && uid <= MAX_UID) return;
  throw new InputError('INVALID_OPTION', `${uid} is not a UID: it must be a whole number from 1 to ${MAX_UID}.`);
}
