import { limits } from '../core/limits.js';
import { firstAddress, readAddress } from './address.js';
import { readFreeFormBounce } from './free-form-bounce.js';
import { parseMessageId, parseMessageIds } from './message-id.js';
import type { MailPart, ParsedMail } from './parsed-mail.js';
import {
  type DeliveryReport,
  type DispositionReport,
  fieldGroups,
  findPart,
  humanText,
  leaves,
  messageIdIn,
  type RecipientStatus,
  type ReportFields,
  typedValue,
} from './report-fields.js';
import { cleanName } from './text-clean.js';

const DELIVERY_STATUS = new Set(['message/delivery-status', 'message/global-delivery-status']);
const DISPOSITION = new Set(['message/disposition-notification', 'message/global-disposition-notification']);
const RETURNED = new Set([
  'text/rfc822-headers',
  'message/rfc822',
  'message/global',
  'message/global-headers',
  'message/rfc822-headers',
]);
const ACTIONS: ReadonlySet<string> = new Set(['failed', 'delayed', 'delivered', 'relayed', 'expanded']);

/** Reads a bounce or another delivery report: RFC 3464, or one of the free forms that mail systems send. Undefined if it is none. */
export async function readDeliveryReport(mail: ParsedMail): Promise<DeliveryReport | undefined> {
  const part = findPart(mail, DELIVERY_STATUS);
  const statuses =
    part === undefined ? [] : fieldGroups(part.text() ?? '').flatMap((fields) => recipientStatus(fields) ?? []);
  if (statuses.length === 0) return readFreeFormBounce(mail, originalMessageId(mail));
  const id = originalMessageId(mail);
  return { ...(id !== undefined && { originalMessageId: id }), statuses, text: humanText(mail) };
}

/** Reads a read or delivery receipt. Undefined if the mail is none. */
export function readDispositionReport(mail: ParsedMail): DispositionReport | undefined {
  const part = findPart(mail, DISPOSITION);
  const fields = part && mergeGroups(fieldGroups(part.text() ?? ''));
  const disposition = dispositionType(fields?.get('disposition'));
  if (fields === undefined || disposition === undefined) return undefined;
  const named = [
    ...parseMessageIds(fields.get('original-message-id') ?? '', 1),
    ...parseMessageIds(fields.get('additional-message-ids') ?? '', limits.receiptIds),
  ];
  const recipient = addressIn(fields.get('final-recipient'));
  return {
    // Some programs leave the field out and answer like to a mail.
    originalMessageIds: [...new Set(named.length > 0 ? named : mail.inReplyTo.slice(0, 1))].slice(0, limits.receiptIds),
    disposition,
    ...(recipient !== undefined && { finalRecipient: recipient }),
    text: humanText(mail),
  };
}

function recipientStatus(fields: ReportFields): RecipientStatus | undefined {
  const recipient = addressIn(fields.get('original-recipient')) ?? addressIn(fields.get('final-recipient'));
  const action = fields
    .get('action')
    ?.toLowerCase()
    .split(/[\s(;]/, 1)[0];
  if (recipient === undefined || !isAction(action)) return undefined;
  const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec((fields.get('status') ?? '').slice(0, 200))?.[0];
  const reason = cleanName(typedValue(fields.get('diagnostic-code')) ?? '', limits.reasonChars);
  return { recipient, action, ...(status !== undefined && { status }), ...(reason !== '' && { reason }) };
}

function addressIn(field: string | undefined): string | undefined {
  const value = typedValue(field);
  return value === undefined ? undefined : (readAddress(value) ?? firstAddress(value));
}

/** The id in the returned header; else what the report says it answers. */
function originalMessageId(mail: ParsedMail): string | undefined {
  const returned = leaves(mail.root).filter(({ contentType }) => RETURNED.has(contentType));
  for (const part of returned.slice(0, 3)) {
    const id = messageIdIn(headOf(part));
    if (id !== undefined) return id;
  }
  const named = parseMessageId(mail.headers.get('X-Original-Message-ID') ?? '');
  return named ?? mail.inReplyTo[0] ?? mail.references.at(-1);
}

function headOf(part: MailPart): string {
  const bytes = part.content();
  return bytes === undefined
    ? ''
    : Buffer.from(bytes.subarray(0, limits.headerBytes)).toString('utf8').replace(/\r\n/g, '\n');
}

/** RFC 8098 has one group, but programs put blank lines into it. */
function mergeGroups(groups: readonly ReportFields[]): ReportFields {
  return new Map(groups.flatMap((group) => [...group]).reverse());
}

/** `manual-action/MDN-sent-manually; displayed/error`: the type, without modifiers. */
function dispositionType(field: string | undefined): string | undefined {
  const type = typedValue(field)
    ?.toLowerCase()
    .split(/[/,\s]/, 1)[0];
  return type === undefined || type === '' ? undefined : type;
}

function isAction(action: string | undefined): action is RecipientStatus['action'] {
  return action !== undefined && ACTIONS.has(action);
}
