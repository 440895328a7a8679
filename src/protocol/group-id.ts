import { type RandomBytes, randomId } from '../core/random.js';
import type { ParsedMail } from '../mail/parsed-mail.js';

/** Ids of 11 to 64 characters are read; we and chatmail write 12 to 32. */
const GROUP_ID = /^[0-9A-Za-z_-]{11,64}$/;
const IN_MESSAGE_ID = /^(?:chat\$group|Gr)\.([0-9A-Za-z_-]{11,64})\.[^@]/;

/** What {@link findGroupId} looks at. */
export type GroupIdSource = Pick<ParsedMail, 'headers' | 'messageId' | 'references' | 'inReplyTo'>;

/** A new id for a group: 26 characters, 128 random bits, so that whoever is no member cannot guess it. */
export function newGroupId(random?: RandomBytes): string {
  return randomId(random);
}

/** True for everything that is taken for a group id when reading, and may be answered with. New ids have 12 to 32 characters. */
export function isReadableGroupId(id: string): boolean {
  return GROUP_ID.test(id);
}

/** The group id in a Message-ID (without angle brackets): COI's `chat$group.GROUPID.…` or chatmail's old `Gr.GROUPID.…`. */
export function groupIdInMessageId(messageId: string | undefined): string | undefined {
  return messageId === undefined ? undefined : IN_MESSAGE_ID.exec(messageId)?.[1];
}

/**
 * The group id of a mail, as far as its own headers tell: `Chat-Group-ID`, then the Message-ID, the first id of
 * References, In-Reply-To, and any other id of References. Case-sensitive.
 */
export function findGroupId(mail: GroupIdSource): string | undefined {
  const named = mail.headers.get('Chat-Group-ID')?.trim();
  if (named !== undefined && GROUP_ID.test(named)) return named;
  const candidates = [mail.messageId, mail.references[0], ...mail.inReplyTo, ...mail.references.slice(1)];
  for (const id of candidates) {
    const found = groupIdInMessageId(id);
    if (found !== undefined) return found;
  }
  return undefined;
}
