import type { ParsedMail } from '../../mail/parsed-mail.js';
import { readDeliveryReport } from '../../mail/report.js';
import type { ChatMailBase, DeliveryReportMail } from '../chat-mail.js';
import { isReport } from './report.js';

/**
 * Reads a bounce or another report about delivery (RFC 3464, and the common free-form ones). `undefined` if the mail is
 * none. What a person wrote never is, whatever its words look like or it has attached.
 */
export async function deliveryReportOf(mail: ParsedMail, base: ChatMailBase): Promise<DeliveryReportMail | undefined> {
  if (base.marks.includes('chat-version')) return undefined;
  const bySystem = base.automatic || /^(?:mailer-daemon|postmaster)@/.test(base.from?.address ?? '');
  if (!bySystem && !isReport(mail.root)) return undefined;
  const report = await readDeliveryReport(mail);
  return report && { ...base, kind: 'delivery-report', ...report };
}
