import type { MessageRecord, ProblemRecord } from '../store/records.js';

/** Shown with a message that claims the identity of another one. */
const DUPLICATE_ID: ProblemRecord = {
  code: 'duplicate-id',
  detail:
    'Another mail of this sender has the same Message-ID but says something else; that one was taken as the real one.',
};

type Variant = Pick<MessageRecord, 'key' | 'security' | 'ownCopy' | 'bodyHash' | 'shapeHash'>;

/**
 * Which of two mails of the same identity but different content is the real one: a validly signed one, else the
 * copy that we wrote or sent ourselves, else the one with the smaller hash. The hash of structure and text decides before the
 * one of the whole body, which is not known of mails that were fetched in pieces.
 */
export function realVariant<T extends Variant>(a: T, b: T): T {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank > 0 ? a : b;
  if (a.shapeHash !== b.shapeHash) return a.shapeHash < b.shapeHash ? a : b;
  return (a.bodyHash ?? '') <= (b.bodyHash ?? '') ? a : b;
}

/** The record as the real one of its identity, or as one that only claims it. A problem of its own is shown rather than the claim. */
export function withClaim(record: MessageRecord, real: boolean): MessageRecord {
  const { problem, ...rest } = record;
  if (real) return problem?.code === DUPLICATE_ID.code ? rest : record;
  return problem === undefined ? { ...record, problem: DUPLICATE_ID } : record;
}

function rankOf(variant: Variant): number {
  if (variant.security.signature === 'valid') return 2;
  return variant.ownCopy ? 1 : 0;
}
