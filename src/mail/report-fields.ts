import { limits } from '../core/limits.js';
import { parseMessageId } from './message-id.js';
import type { MailPart, ParsedMail } from './parsed-mail.js';

/** What became of the mail for one recipient. */
export interface RecipientStatus {
  readonly recipient: string;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** Enhanced status code such as `5.1.1` (RFC 3463). */
  readonly status?: string;
  /** The mail system's own words. */
  readonly reason?: string;
}

/** A delivery report. Anyone can send one: check that the mail it is about went to that recipient. */
export interface DeliveryReport {
  readonly originalMessageId?: string;
  /** At least one. */
  readonly statuses: readonly RecipientStatus[];
  /** The words for people. */
  readonly text: string;
}

/** A message disposition notification (RFC 8098). Anyone can send one. */
export interface DispositionReport {
  /** Original-Message-ID and chatmail's Additional-Message-IDs, at most `limits.receiptIds`. */
  readonly originalMessageIds: readonly string[];
  /** Lower case: `displayed`, `processed`, `deleted`, … */
  readonly disposition: string;
  readonly finalRecipient?: string;
  readonly text: string;
}

/** Names in lower case, first value of each, unfolded. */
export type ReportFields = ReadonlyMap<string, string>;

/** Reads the groups of fields in a message/delivery-status or message/disposition-notification part (RFC 3464 2.1). */
export function fieldGroups(text: string): ReportFields[] {
  const groups: ReportFields[] = [];
  let fields = new Map<string, string>();
  let name = '';
  for (const line of [...text.split('\n'), '']) {
    const colon = line.indexOf(':');
    if (line.trim() === '') {
      if (fields.size > 0) groups.push(fields);
      if (groups.length > limits.addresses) break;
      fields = new Map();
      name = '';
    } else if (/^[ \t]/.test(line)) {
      const before = fields.get(name);
      if (before !== undefined && before.length < limits.reportFieldChars) fields.set(name, `${before} ${line.trim()}`);
    } else if (colon > 0) {
      name = line.slice(0, colon).trim().toLowerCase();
      if (!fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
    }
  }
  return groups;
}

/** `type; value` as report fields have it: the value. */
export function typedValue(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const semicolon = field.indexOf(';');
  const value = (semicolon < 0 ? field : field.slice(semicolon + 1)).trim();
  return value === '' ? undefined : value;
}

/** All parts without children, in order. */
export function leaves(part: MailPart): MailPart[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leaves);
}

/** The first part of one of these types. */
export function findPart(mail: ParsedMail, types: ReadonlySet<string>): MailPart | undefined {
  return leaves(mail.root).find(({ contentType }) => types.has(contentType));
}

/** The words for people: the first text/plain part. */
export function humanText(mail: ParsedMail): string {
  return (
    leaves(mail.root)
      .find(({ contentType }) => contentType === 'text/plain')
      ?.text()
      ?.trim() ?? ''
  );
}

/** The Message-ID in the header at the beginning of a text. */
export function messageIdIn(header: string): string | undefined {
  const [fields] = fieldGroups(header.slice(0, limits.headerBytes));
  return fields === undefined ? undefined : parseMessageId(fields.get('message-id') ?? '');
}
