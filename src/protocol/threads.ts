/** A line of a header ends at 998 octets; the field name, the brackets and a blank need a few. */
const MAX_WRITTEN_ID = 970;

/**
 * The ids to write into References: the first message of the conversation and the last one, only these two (chats are
 * far longer than mail threads, listing every ancestor would outgrow the messages). Without a known conversation it is
 * the answered message.
 */
export function referencesToWrite(draft: {
  readonly references?: readonly string[] | undefined;
  readonly inReplyTo?: string | undefined;
}): string[] {
  const known = draft.references ?? [];
  const all = known.length > 0 || draft.inReplyTo === undefined ? known : [draft.inReplyTo];
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined) return [];
  return first === last ? [first] : [first, last];
}

/** True if an id can stand in a header: printable ASCII without blanks and angle brackets, and it fits into a line (RFC 5322 2.1.1). */
export function isWritableMessageId(id: string): boolean {
  return id.length <= MAX_WRITTEN_ID && /^[\x21-\x7e]+$/.test(id) && !/[<>]/.test(id);
}
