import type { MessageRecord, SecurityRecord } from '../store/records.js';

/** Of a mail that is neither encrypted nor signed. */
export const PLAIN: SecurityRecord = { encrypted: false, signature: 'none' };

type Secured = Pick<MessageRecord, 'security' | 'unopened'>;

const RANK = { none: 0, 'unknown-key': 1, invalid: 2, valid: 3 } as const;

/**
 * Compares what two copies of one mail are worth: negative if the second is worth more. An encrypted copy that could not be opened says
 * nothing, so every other one is worth more; then a valid signature counts, a broken one (it tells more than one by an unknown key), and
 * that it was encrypted. What a message says comes from the copy that is worth most: header and text, never a mixture.
 */
export function compareSecurity(a: Secured, b: Secured): number {
  return (
    Number(b.unopened === true) - Number(a.unopened === true) ||
    RANK[a.security.signature] - RANK[b.security.signature] ||
    Number(a.security.encrypted) - Number(b.security.encrypted)
  );
}

/** What is shown of two outcomes of the same worth. */
export function joinSecurity(a: SecurityRecord, b: SecurityRecord): SecurityRecord {
  return JSON.stringify(a) <= JSON.stringify(b) ? a : b;
}
