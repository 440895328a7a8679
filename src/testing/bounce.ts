/** A recipient that could not be delivered to. */
export interface FailedRecipient {
  readonly address: string;
  /** Enhanced status code (RFC 3463). */
  readonly status: string;
  readonly text: string;
}

/** Writes a delivery status notification (RFC 3464) about one message. */
export function deliveryReport(init: {
  readonly host: string;
  readonly to: string;
  readonly date: number;
  readonly id: string;
  readonly failed: readonly FailedRecipient[];
  readonly original: Buffer;
}): Buffer {
  const boundary = `report-${init.id}`;
  const end = init.original.indexOf('\r\n\r\n');
  const headers = (end < 0 ? init.original : init.original.subarray(0, end + 2)).toString('latin1');
  const recipients = init.failed.map(
    ({ address, status, text }) =>
      `Final-Recipient: rfc822; ${address}\r\nAction: failed\r\nStatus: ${status}\r\n` +
      `Diagnostic-Code: smtp; ${status.startsWith('4') ? 450 : 550} ${status} ${text}\r\n`,
  );
  const lines = [
    `From: Mail Delivery System <MAILER-DAEMON@${init.host}>`,
    `To: ${init.to}`,
    'Subject: Undelivered Mail Returned to Sender',
    `Date: ${new Date(init.date).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${init.id}@${init.host}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Your message could not be delivered:',
    '',
    ...init.failed.map(({ address, text }) => `<${address}>: ${text}`),
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${init.host}`,
    '',
    recipients.join('\r\n'),
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    '',
    '',
  ];
  return Buffer.concat([
    Buffer.from(lines.join('\r\n')),
    Buffer.from(headers, 'latin1'),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
