import type { ContactRecord, MessageRecord } from '../store/records.js';

/** A contact about whom nothing is known yet. */
export function newContact(address: string): ContactRecord {
  return { address, usesChat: false };
}

/** What a mail tells about its sender. See `sender` of {@link MessageRecord} for the mails that tell anything. */
type TellingMail = Pick<MessageRecord, 'from' | 'date' | 'messageId' | 'chatClient' | 'authentication'>;

/**
 * Takes what mails tell about their sender. Every field is a register whose value comes from the mail with the largest
 * (effective date, message-id): the name of the newest mail that has one, whether the newest mail has `Chat-Version`, and what was said about
 * its authenticity.
 */
export function withMailsFrom(contact: ContactRecord, mails: readonly TellingMail[]): ContactRecord {
  let result = contact;
  for (const mail of mails) {
    const at = [mail.date, mail.messageId] as const;
    const { name } = mail.from;
    const order = name === undefined ? -1 : compareAt(at, result.nameAt);
    if (name !== undefined && (order > 0 || (order === 0 && name < (result.name ?? '')))) {
      result = { ...result, name, nameAt: at };
    }
    const usesChat = mail.chatClient === true;
    const newer = compareAt(at, result.usesChatAt);
    if (newer > 0 || (newer === 0 && usesChat && !result.usesChat)) {
      result = { ...result, usesChat, usesChatAt: at };
    }
    if (newer > 0 || (newer === 0 && rankOf(mail) < rankOf(result))) result = withAuthentication(result, mail);
    if (mail.date > (result.lastSeen ?? -1)) result = { ...result, lastSeen: mail.date };
  }
  return result;
}

/** The contact without what mails told about it. */
export function withoutMailsFrom(contact: ContactRecord): ContactRecord {
  const { name: _, nameAt: _1, usesChatAt: _2, lastSeen: _3, authentication: _4, ...rest } = contact;
  return { ...rest, usesChat: false };
}

function withAuthentication(contact: ContactRecord, { authentication }: TellingMail): ContactRecord {
  const { authentication: _, ...rest } = contact;
  return authentication === undefined ? rest : { ...rest, authentication };
}

/** Order of what is said about two mails that claim to be the newest one: any, as long as it is always the same. */
function rankOf({ authentication }: Pick<MessageRecord, 'authentication'>): string {
  return JSON.stringify(authentication ?? null);
}

function compareAt(a: readonly [number, string], b: readonly [number, string] | undefined): number {
  if (b === undefined) return 1;
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1;
}

/** What a contact is called: as the user entered it, else as the person's own profile says, else as in the header of their newest mail. */
export function contactName(contact: ContactRecord | undefined): string | undefined {
  const { card, profile } = contact ?? {};
  return card?.nickname ?? card?.name ?? profile?.name ?? contact?.name;
}
