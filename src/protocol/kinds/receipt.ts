import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readDispositionReport } from '../../mail/report.js';
import type { ChatMailBase, ReceiptMail } from '../chat-mail.js';
import { isReport } from './report.js';

/** Reads a read or delivery receipt (RFC 8098); `undefined` if the mail is none. */
export function receiptOf(mail: ParsedMail, base: ChatMailBase): ReceiptMail | undefined {
  const report = isReport(mail.root) ? readDispositionReport(mail) : undefined;
  if (report === undefined) return undefined;
  const { originalMessageIds, disposition, text } = report;
  return { ...base, kind: 'receipt', originalMessageIds, disposition, text };
}
