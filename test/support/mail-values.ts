import type { MailAddress } from '../../src/mail/parsed-mail.js';
import type {
  ChatMail,
  ChatMailBase,
  ChatTextMail,
  DeliveryReportMail,
  DeliveryStatus,
  ReceiptMail,
} from '../../src/protocol/chat-mail.js';
import type { GroupMail } from '../../src/protocol/group-mail.js';
import type { Arrival, CopyPlace } from '../../src/sync/ingest/arrival.js';

/** What the tests say about a mail; the rest is filled in. */
export interface MailValues {
  readonly id?: string | undefined;
  /** `Name <address>` or an address. */
  readonly from?: string | undefined;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly date?: number | undefined;
  readonly subject?: string;
  readonly text?: string;
  readonly inReplyTo?: string | undefined;
  readonly references?: readonly string[];
  readonly groupId?: string | undefined;
  /** What the mail says about its group, beside the id. */
  readonly group?: Partial<GroupMail>;
  readonly listId?: string | undefined;
  /** Has `Chat-Version`. */
  readonly chat?: boolean;
  /** Asks for a read receipt, to be sent to this address. */
  readonly receiptTo?: string | undefined;
  readonly automatic?: boolean;
  /** Distinguishes bodies; default: the text. */
  readonly body?: string;
  /** Fetched in pieces: no hash of the whole body. */
  readonly pieces?: boolean;
}

/** Reads `Name <address>`. */
export function addressOf(text: string): MailAddress {
  const match = /^(.*) <(.*)>$/.exec(text);
  return match?.[1] && match[2] ? { address: match[2], name: match[1] } : { address: text };
}

function base(values: MailValues): ChatMailBase {
  const { id, from, date, subject, inReplyTo, references = [], groupId, listId } = values;
  const body = values.body ?? values.text ?? '';
  const marks: ChatMailBase['marks'][number][] = [];
  if (values.chat) marks.push('chat-version');
  if (id?.startsWith('chat$')) marks.push('message-id');
  if (references[0]?.startsWith('chat$')) marks.push('references');
  return {
    isChat: marks.length > 0,
    marks,
    ...(values.chat && { chatVersion: '1.0' }),
    ...(id !== undefined && { messageId: id }),
    ...(from !== undefined && { from: addressOf(from) }),
    severalFrom: false,
    to: (values.to ?? []).map(addressOf),
    cc: (values.cc ?? []).map(addressOf),
    replyTo: [],
    ...(date !== undefined && { date }),
    ...(subject !== undefined && { subject }),
    ...(inReplyTo !== undefined && { inReplyTo }),
    references,
    ...(groupId !== undefined && { groupId, group: groupMail(groupId, values) }),
    ...(listId !== undefined && { listId }),
    ...(values.receiptTo !== undefined && { receiptRequestedBy: values.receiptTo }),
    automatic: values.automatic ?? false,
    size: body.length,
    problems: [],
    ...(!values.pieces && { bodyHash: `body:${body}` }),
    shapeHash: `shape:${body}`,
  };
}

/** What a mail that says nothing of its own about its group says. */
function groupMail(id: string, { chat, subject, group }: MailValues): GroupMail {
  return {
    id,
    added: [],
    removed: [],
    memberSince: [],
    pastMembers: [],
    fingerprints: [],
    ...(chat && subject !== undefined && { name: subject }),
    ...group,
  };
}

/** A mail that somebody wrote. */
export function textMail(values: MailValues): ChatTextMail {
  return { ...base(values), kind: 'message', text: values.text ?? '', attachments: [] };
}

/** A bounce. */
export function bounceMail(
  values: MailValues & { readonly original?: string; readonly statuses: readonly DeliveryStatus[] },
): DeliveryReportMail {
  return {
    ...base({ automatic: true, ...values }),
    kind: 'delivery-report',
    ...(values.original !== undefined && { originalMessageId: values.original }),
    statuses: values.statuses,
    text: values.text ?? '',
  };
}

/** A receipt for these messages. */
export function receiptMail(
  values: MailValues & { readonly originals: readonly string[]; readonly disposition?: string },
): ReceiptMail {
  const { originals, disposition = 'displayed' } = values;
  return {
    ...base({ automatic: true, ...values }),
    kind: 'receipt',
    originalMessageIds: originals,
    disposition,
    text: values.text ?? '',
  };
}

let nextUid = 1;

/** A copy of a mail in a folder, as it comes in. */
export function arrivalOf(
  mail: ChatMail,
  place: Partial<CopyPlace> & { readonly history?: boolean } = {},
): Arrival & { readonly place: CopyPlace } {
  const { history = false, ...rest } = place;
  return {
    mail,
    history,
    place: {
      folder: 'INBOX',
      role: 'inbox',
      uidValidity: '1',
      uid: nextUid++,
      flags: [],
      internalDate: mail.date ?? 1_000_000,
      size: mail.size,
      ...rest,
    },
  };
}
