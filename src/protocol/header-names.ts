/** One header field that this library reads or writes. */
export interface KnownHeader {
  /** As it is written; names are compared without regard to case. */
  readonly name: string;
  readonly meaning: string;
  /** Which text it comes from. */
  readonly dialect: 'mail' | 'coi' | 'chatmail' | 'autocrypt';
}

function fields(dialect: KnownHeader['dialect'], meanings: Readonly<Record<string, string>>): KnownHeader[] {
  return Object.entries(meanings).map(([name, meaning]) => ({ name, meaning, dialect }));
}

/**
 * Every header field that this library knows, whether it writes it or only reads it. A draft's own header fields must
 * not be among them: whoever could set `Chat-Group-ID` beside the draft's `groupId` could contradict it.
 */
export const knownHeaders: readonly KnownHeader[] = [
  ...fields('mail', {
    From: 'who wrote it: exactly one address in mail that we write',
    Sender: 'who handed it in for the author; read only',
    'Reply-To': 'where answers should go',
    To: 'the recipients, separated by commas',
    Cc: 'further recipients',
    Bcc: 'hidden recipients; never written',
    Date: 'when it was written',
    Subject: 'name of the group, or the first words of the text',
    'Message-ID': 'chat$UNIQUE@domain, or chat$group.GROUPID.UNIQUE@domain in a group',
    'In-Reply-To': 'the message that it answers',
    References: 'first and last message of the conversation',
    'MIME-Version': '1.0',
    'Content-Type': 'media type of a part',
    'Content-Transfer-Encoding': 'how the octets of a part are written',
    'Content-Disposition': 'inline or attachment, file name, size; `reaction` (RFC 9078), `pinned`',
    'Content-ID': 'name of a part, for cid: links',
    'Disposition-Notification-To': 'asks for a read receipt (RFC 8098)',
    'Original-Message-ID': 'in a receipt: the message that was read',
    'Auto-Submitted': 'nobody wrote it by hand (RFC 3834)',
    Precedence: 'bulk, junk, list: an older mark of mail that no one wrote to you in person',
    'X-Auto-Response-Suppress': "Exchange's wish not to be answered automatically",
    'X-Autoreply': 'an older mark of automatic answers',
    'X-Autorespond': 'an older mark of automatic answers',
    'Return-Path': 'envelope sender, noted by the last server; empty for reports',
    'List-Id': 'the mailing list that it came through (RFC 2919)',
    'List-Post': 'address of the mailing list (RFC 2369)',
    'Mailing-List': 'an older name of the mailing list',
    'X-Microsoft-Original-Message-ID': 'the id that we gave, where a server replaced it',
    'Authentication-Results': "the own server's verdict on DKIM and SPF (RFC 8601)",
    Received: 'trace of the servers on its way',
    Expires: 'after this the message is of no use (typing)',
    'HP-Outer': 'what stood outside of the encryption (RFC 9788)',
  }),
  ...fields('coi', {
    'Chat-Version': '1.0: this is a chat message',
    'Chat-Content': 'what a message or a part is for, see chat-content.ts',
    'COI-From-Hash': 'hash of the address that a contact storage message is about',
    'COI-Blocked': 'yes: the contact is blocked',
    'COI-Deleted': 'yes: tombstone of a storage message',
    'COI-TokenIn': "a server's token; copied, never written",
    'COI-TokenOut': "a server's token; copied, never written",
    'COI-MySToken': 'token that the sender grants the recipient',
    'COI-SToken': 'token that the sender holds from the recipient',
    'COI-ClientTokenIn': 'in a contact storage message: token granted',
    'COI-ClientTokenOut': 'in a contact storage message: token held',
    'COI-ClientTokenRevoked': 'in a contact storage message: tokens up to then are void',
  }),
  ...fields('chatmail', {
    'Chat-Group-ID': 'id of the group',
    'Chat-Group-Name': 'name of the group',
    'Chat-Group-Name-Changed': 'the name before this message',
    'Chat-Group-Name-Timestamp': 'when the name was changed',
    'Chat-Group-Description': 'description of the group',
    'Chat-Group-Description-Changed': 'this message changes the description',
    'Chat-Group-Description-Timestamp': 'when the description was changed',
    'Chat-Group-Avatar': 'picture of the group, base64:… or 0',
    'Chat-Group-Member-Added': 'address that this message adds',
    'Chat-Group-Member-Removed': 'address that this message removes',
    'Chat-Group-Member-Timestamps': 'when each member was added or removed',
    'Chat-Group-Member-Fpr': 'key fingerprint of each member',
    'Chat-Group-Past-Members': 'addresses that were members once',
    'Chat-User-Avatar': 'picture of the sender, base64:… or 0',
    'Chat-Voice-Message': '1: the audio was recorded for this message',
    'Chat-Duration': 'length of audio or video in milliseconds',
    'Chat-Disposition-Notification-To': 'asks for a read receipt, inside the encryption',
    'Chat-Edit': 'id of the message whose text this one replaces',
    'Chat-Delete': 'ids of the messages to delete',
    'Chat-Verified': 'the group was protected',
    'Chat-List-ID': 'id of a broadcast channel',
    'Chat-Post-Message-ID': 'id of the mail that brings the large file announced here',
    'Chat-Is-Post-Message': 'this mail brings a file that was announced before',
    'Ephemeral-Timer': 'the message disappears after so many seconds',
    'Additional-Message-IDs': 'in a receipt: further messages that were read',
  }),
  ...fields('autocrypt', {
    Autocrypt: "the sender's OpenPGP key",
    'Autocrypt-Gossip': "another recipient's OpenPGP key",
    'Autocrypt-Setup-Message': 'the private key for another own device',
    'Autocrypt-Prefer-Encrypt': 'the preference kept in a setup message',
  }),
];

const known = new Set(knownHeaders.map(({ name }) => name.toLowerCase()));

/** Fields that servers and gateways add, or that say how MIME parts are built: no draft may set them either. */
const RESERVED_PREFIXES = ['content-', 'mime-', 'resent-', 'arc-', 'dkim-'];

/** True if a draft must not set this field itself, because the protocol or a server writes it. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return known.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
}
