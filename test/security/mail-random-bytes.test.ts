import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitHtml } from '../../src/mail/html-to-text.js';
import type { MailPart } from '../../src/mail/parsed-mail.js';
import { readMail } from '../../src/mail/read-mail.js';
import { readDeliveryReport, readDispositionReport } from '../../src/mail/report.js';

const visit = (part: MailPart): number => {
  part.content();
  return (part.text()?.length ?? 0) + part.children.reduce((sum, child) => sum + visit(child), 0);
};

it('reads any octets without failing', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'From: ',
      'Content-Type: multipart/mixed; boundary=b\n',
      'Content-Type: multipart/report; boundary="b\n',
      '\n--b\n',
      '\n--b--\n',
      '\r\n',
      '\n\n',
      'Content-Type: message/delivery-status\n',
      'Final-Recipient: rfc822; a@b\nAction: failed\n',
      'Content-Transfer-Encoding: base64\n',
      'Content-Disposition: x; filename*0*=',
      '=?utf-8?q?',
      '?=',
      '<a@b>',
      'Date: ',
      ' ',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.uint8Array({ maxLength: 30 }), async (pieces, tail) => {
      const mail = await readMail(Buffer.concat([Buffer.from(pieces.join('')), tail]));
      expect(visit(mail.root)).toBeGreaterThanOrEqual(0);
      await readDeliveryReport(mail);
      readDispositionReport(mail);
      await splitHtml(pieces.join('<div '));
    }),
    { numRuns: 500 },
  );
});
