import { sha256 } from '@noble/hashes/sha2.js';
import { base32 } from '../core/random.js';
import type { ChatMail } from '../protocol/chat-mail.js';

/** Stands for a sender that no readable From names; reserved by RFC 2606, so that nobody can have it. */
export const UNKNOWN_ADDRESS = 'unknown@invalid';

/** A Date header more than this after the arrival of the mail is wrong. */
const DATE_TOLERANCE_MS = 24 * 3600_000;

const encoder = new TextEncoder();

/** Short hash (160 bits, base32) of some strings; the parts cannot run into each other. */
export function shortHash(...parts: readonly string[]): string {
  return base32(sha256(encoder.encode(JSON.stringify(parts))).subarray(0, 20));
}

/** Key of a message: its identity is the pair of sender and Message-ID, since anybody can send first with somebody else's id. */
export function messageKey(from: string, messageId: string): string {
  return shortHash('message', from, messageId);
}

/** Key of a further mail that claims the identity of the one with key `base` but has other content. */
export function variantKey(base: string, contentHash: string): string {
  return shortHash('variant', base, contentHash);
}

/** Key of a mail in a folder whose mails are no messages (contacts, blocked): kept apart, so that it never hides a copy elsewhere. */
export function shadowKey(role: string, base: string): string {
  return shortHash('shadow', role, base);
}

/** Message-ID of a mail, made from a hash of sender, date and content where it has none. */
export function messageIdOf(mail: Pick<ChatMail, 'messageId' | 'from' | 'date' | 'shapeHash'>): string {
  if (mail.messageId !== undefined) return mail.messageId;
  // Not the hash of the whole body: it must be the same for a mail that was fetched in pieces.
  const hash = shortHash('id', mail.from?.address ?? '', String(mail.date ?? ''), mail.shapeHash);
  return `${hash}@no-id.invalid`;
}

/**
 * The date that everything is ordered by: the Date header, unless it is missing or more than 24 hours after the mail
 * arrived; then the time of arrival (the smallest INTERNALDATE of its copies). 0 if neither is known.
 */
export function effectiveDate(headerDate: number | undefined, internalDate: number | undefined): number {
  if (headerDate === undefined) return internalDate ?? 0;
  if (internalDate === undefined) return headerDate;
  return headerDate > internalDate + DATE_TOLERANCE_MS ? internalDate : headerDate;
}

/** Key of a location: where a copy lies. */
export function locationKey(folder: string, uidValidity: string, uid: number): string {
  return `${folder}\n${uidValidity}\n${uid}`;
}
