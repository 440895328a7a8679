import { limits } from '../../core/limits.js';
import type { SettingRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { Identity } from '../incoming.js';
import type { Transaction } from '../transaction.js';

/** Setting with the names of our own servers that were learned. */
const LEARNED = 'authserv-ids';

/**
 * Learns how our own server calls itself in Authentication-Results: by that name on mails that are surely ours and came back to us (through
 * a group, a list, an alias). A name on {@link limits.authservMails} of them counts. It depends on the mails only, not on their order.
 * Returns all names if others are known now.
 */
export async function deriveOwnServers(tx: Transaction): Promise<readonly string[] | undefined> {
  const touched = new Set<string>();
  for (const { before, after } of await tx.changes('messages')) {
    if (before?.authserv === after?.authserv) continue;
    if (before?.authserv !== undefined) touched.add(before.authserv);
    if (after?.authserv !== undefined) touched.add(after.authserv);
  }
  if (touched.size === 0) return undefined;
  const known = learned(await tx.get('settings', LEARNED));
  const names = new Set(known);
  for (const name of touched) {
    const limit = limits.authservMails;
    const count = await tx.count('messages', { index: 'byAuthserv', prefix: [name], limit });
    if (count >= limit) names.add(name);
    else names.delete(name);
  }
  const next = [...names].sort().slice(0, limits.authservNames);
  if (next.join('\n') === known.join('\n')) return undefined;
  tx.put('settings', { key: LEARNED, value: next });
  return next;
}

/**
 * Names (authserv-id) of the account's own servers: the one that the application gave, or those that were learned. For
 * `dkimOutcome` of `model/authentication.ts`. Empty while none is known.
 */
export async function ownServers(source: Transaction | Store, identity: Identity): Promise<ReadonlySet<string>> {
  if (identity.authservId !== undefined) return new Set([identity.authservId]);
  const setting =
    'put' in source ? await source.get('settings', LEARNED) : (await source.get('settings', [LEARNED]))[0];
  return new Set(learned(setting));
}

function learned(setting: SettingRecord | undefined): readonly string[] {
  return (setting?.value ?? []) as readonly string[];
}
