import { locationKey } from '../../model/identity.js';
import type { LocationRecord, MessageRecord } from '../../store/records.js';
import type { StateWriter } from '../state-writer.js';
import type { Transaction } from '../transaction.js';
import { confine } from './confinement.js';
import { tombstone } from './tombstones.js';

/** Kind of the facts that remember which messages lost a copy when a folder was forgotten. */
const FORGOTTEN_FACT = 'forgotten';
/** Records handled in one transaction when a whole folder is gone through. */
const SLICE = 500;

/**
 * Takes the flags of copies as the server has them now. A message is seen while any of its copies is, or while that is still to be done on
 * the server; so another device can also make it unread again. UIDs that are not known are left out.
 */
export async function updateFlags(
  tx: Transaction,
  folder: string,
  uidValidity: string,
  changes: readonly { readonly uid: number; readonly flags: readonly string[] }[],
): Promise<void> {
  const locations = await tx.getMany(
    'locations',
    changes.map(({ uid }) => locationKey(folder, uidValidity, uid)),
  );
  const touched = new Set<string>();
  changes.forEach(({ flags }, i) => {
    const location = locations[i];
    if (location === undefined || sameFlags(location.flags, flags)) return;
    tx.put('locations', { ...location, flags });
    if (isSeen(location.flags) !== isSeen(flags)) touched.add(location.message);
  });
  for (const message of await known(tx, touched)) {
    if (message.fromMe) continue;
    const seen = await isSeenAnywhere(tx, message);
    if (seen !== message.seen) tx.put('messages', { ...message, seen });
  }
}

/**
 * Forgets copies that are no longer in the folder. A message whose last copy is gone disappears from its chat, and comes back
 * silently when a copy turns up elsewhere (moving is removing and adding). Own messages that are still on their way out stay.
 */
export async function removeLocations(
  tx: Transaction,
  folder: string,
  uidValidity: string,
  uids: readonly number[],
): Promise<void> {
  const locations = await tx.getMany(
    'locations',
    uids.map((uid) => locationKey(folder, uidValidity, uid)),
  );
  const gone = locations.filter((location) => location !== undefined);
  for (const { key } of gone) tx.remove('locations', key);
  await settle(tx, new Set(gone.map(({ message }) => message)));
}

/**
 * Forgets where all copies in a folder lie, after its UIDVALIDITY changed. Messages stay visible until {@link sweepFolder},
 * which is to be called when the folder has been gone through again. Several transactions; may be repeated after a crash.
 */
export async function forgetFolder(writer: StateWriter, folder: string): Promise<void> {
  let more = true;
  while (more) {
    more = await writer.run(async (tx) => {
      const locations = await tx.list('locations', { index: 'byFolder', prefix: [folder], limit: SLICE });
      for (const location of locations) {
        tx.remove('locations', location.key);
        tx.put('facts', forgotten(location));
      }
      return locations.length === SLICE;
    });
  }
}

/** Hides the messages that lay in a forgotten folder only and were not found again. See {@link forgetFolder}. */
export async function sweepFolder(writer: StateWriter, folder: string): Promise<void> {
  let more = true;
  while (more) {
    more = await writer.run(async (tx) => {
      const facts = await tx.list('facts', { index: 'byTarget', prefix: [forgottenTarget(folder)], limit: SLICE });
      for (const { key } of facts) tx.remove('facts', key);
      await settle(tx, new Set(facts.map(({ value }) => String(value))));
      return facts.length === SLICE;
    });
  }
}

/** Hides messages that lost their last copy. */
async function settle(tx: Transaction, keys: ReadonlySet<string>): Promise<void> {
  for (const message of await known(tx, keys)) {
    const copies = await tx.list('locations', { index: 'byMessage', prefix: [message.key] });
    if (copies.some(({ blocked }) => blocked === true)) await confine(tx, message.key);
    // What a copy said while it was there (seen) is not taken back.
    if (copies.length > 0 || message.gone !== undefined || (await isInOutbox(tx, message))) continue;
    tx.put('messages', tombstone(tx, message, 'vanished'));
  }
}

async function known(tx: Transaction, keys: ReadonlySet<string>): Promise<MessageRecord[]> {
  return (await tx.getMany('messages', [...keys])).filter((message) => message !== undefined);
}

async function isSeenAnywhere(tx: Transaction, message: MessageRecord): Promise<boolean> {
  const copies = await tx.list('locations', { index: 'byMessage', prefix: [message.key] });
  return copies.some(({ flags }) => isSeen(flags)) || isToBeSeen(tx, message);
}

async function isToBeSeen(tx: Transaction, message: MessageRecord): Promise<boolean> {
  return (await tx.get('actions', `seen\n${message.key}`)) !== undefined;
}

async function isInOutbox(tx: Transaction, message: MessageRecord): Promise<boolean> {
  if (!message.fromMe) return false;
  const entries = await tx.list('outbox', { index: 'byMessage', prefix: [message.key] });
  return entries.some(({ state }) => state !== 'done');
}

function forgottenTarget(folder: string): string {
  return `folder:${folder}`;
}

function forgotten(location: LocationRecord) {
  return {
    key: `${FORGOTTEN_FACT}\n${location.folder}\n${location.message}`,
    target: forgottenTarget(location.folder),
    kind: FORGOTTEN_FACT,
    from: '',
    date: 0,
    value: location.message,
  };
}

function isSeen(flags: readonly string[]): boolean {
  return flags.includes('\\Seen');
}

function sameFlags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((flag) => b.includes(flag));
}
