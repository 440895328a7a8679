import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { newContact } from '../../model/contact-registers.js';
import type { ChatMail } from '../../protocol/chat-mail.js';
import { defined } from '../../protocol/defined.js';
import type { ContactProfileRecord, ContactRecord, MessageRecord } from '../../store/records.js';
import { updateCard } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';

/**
 * Takes what a mail says about its sender's profile: the one of the largest (signed, effective date, message-id) counts, so that nobody who
 * only writes a name into From replaces what came signed. A request for ours is answered with the next message.
 */
export async function noteProfile(tx: Transaction, mail: ChatMail, message: MessageRecord): Promise<void> {
  const { sender, date, messageId, security } = message;
  if (sender === undefined || (mail.profile === undefined && mail.asksProfile !== true)) return;
  if (mail.asksProfile === true) await askedForOurs(tx, sender, date);
  if (mail.profile === undefined) return;
  const contact = (await tx.get('contacts', sender)) ?? newContact(sender);
  const at = [date, messageId] as const;
  const signed = security.signature === 'valid';
  if (!isLater(contact.profile, at, signed)) return;
  const { name, photo, birthday, status, complete } = mail.profile;
  const old = contact.profile;
  const kept = complete ? {} : defined({ name: old?.name, birthday: old?.birthday, status: old?.status });
  const blob = typeof photo === 'object' ? `profile-photo\n${sender}\n${bytesToHex(sha256(photo.content))}` : undefined;
  if (old?.photo && old.photo.blob !== blob) tx.removeBlob(old.photo.blob);
  if (typeof photo === 'object' && blob !== undefined) tx.putBlob(blob, photo.content);
  const profile: ContactProfileRecord = {
    at,
    signed,
    ...kept,
    ...defined({ name, birthday, status }),
    ...(typeof photo === 'object' && blob !== undefined && { photo: { contentType: photo.contentType, blob } }),
  };
  tx.put('contacts', { ...contact, profile } satisfies ContactRecord);
}

function isLater(old: ContactProfileRecord | undefined, at: readonly [number, string], signed: boolean): boolean {
  if (old === undefined) return true;
  if (old.signed !== signed) return signed;
  return at[0] !== old.at[0] ? at[0] > old.at[0] : at[1] > old.at[1];
}

/** Forgets that they have it, unless it was sent since. */
async function askedForOurs(tx: Transaction, sender: string, date: number): Promise<void> {
  const sent = (await tx.get('cards', sender))?.own.profileSent;
  if (sent?.value != null && sent.at < date) await updateCard(tx, sender, { profileSent: null });
}
