import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readDispositionReport } from '../../mail/report.js';
import type { ChatMailBase, ReceiptMail } from '../chat-mail.js';

/** Reads a read or delivery receipt (RFC 8098); `undefined` if the mail is none. */
export async function receiptOf(mail: ParsedMail, base: ChatMailBase): Promise<ReceiptMail | undefined> {
  const report = await readDispositionReport(mail);
  return report && { ...base, kind: 'receipt', ...report };
}
