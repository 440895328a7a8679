import { readFreeFormReceipt } from '../../mail/free-form-receipt.js';
import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readDispositionReport } from '../../mail/report.js';
import type { ChatMailBase, ReceiptMail } from '../chat-mail.js';
import { isReport } from './report.js';

/** Reads a read or delivery receipt (RFC 8098, or one of the free forms that mail systems send); `undefined` if the mail is none. */
export function receiptOf(mail: ParsedMail, base: ChatMailBase): ReceiptMail | undefined {
  const report = isReport(mail.root) ? readDispositionReport(mail) : readFreeFormReceipt(mail);
  if (report === undefined) return undefined;
  const { originalMessageIds, disposition, text } = report;
  const [first] = originalMessageIds;
  return {
    ...base,
    kind: 'receipt',
    // What it answers is the message that was read, whether it says so in the usual way or not.
    ...(base.inReplyTo === undefined && first !== undefined && { inReplyTo: first }),
    originalMessageIds,
    disposition,
    text,
  };
}
