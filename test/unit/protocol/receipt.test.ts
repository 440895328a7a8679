import { readChatMail } from 'coi-sdk/protocol';
import { describe, expect, it } from 'vitest';
import { receiptBatches, writeReceipt } from '../../../src/protocol/kinds/write-receipt.js';

const draft = {
  from: { address: 'bob@example.net', name: 'Bob' },
  to: 'ada@example.org',
  disposition: 'displayed',
  messageIds: ['chat$one@example.org'],
  date: 1_768_482_000_000,
} as const;

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('a receipt that we write', () => {
  it('is a disposition notification without a copy of the original, which nothing answers', async () => {
    const { bytes, recipients, messageId } = await writeReceipt(draft);
    const raw = textOf(bytes);
    expect(recipients).toEqual(['ada@example.org']);
    expect(messageId).toMatch(/^chat\$.*@example\.net$/);
    expect(raw).toMatch(/^Content-Type: multipart\/report; report-type=disposition-notification;/m);
    expect(raw).toContain('Auto-Submitted: auto-replied\r\n');
    expect(raw).toContain('Chat-Version: 1.0\r\n');
    expect(raw).toContain('Final-Recipient: rfc822;bob@example.net\r\n');
    expect(raw).toContain('Original-Message-ID: <chat$one@example.org>\r\n');
    expect(raw).toContain('Disposition: manual-action/MDN-sent-manually; displayed\r\n');
    // RFC 8098 3: programs of old do not decode the part.
    expect(raw).not.toMatch(/Content-Transfer-Encoding: (?:base64|quoted-printable)/i);
    expect(raw).not.toMatch(/message\/rfc822|rfc822-headers|Bob|Disposition-Notification-To/);
  });

  it('is read by ourselves as what it is', async () => {
    const { bytes } = await writeReceipt(draft);
    expect(await readChatMail(bytes)).toMatchObject({
      kind: 'receipt',
      from: { address: 'bob@example.net' },
      disposition: 'displayed',
      originalMessageIds: ['chat$one@example.org'],
      inReplyTo: 'chat$one@example.org',
      automatic: true,
      date: 1_768_482_000_000,
    });
    const delivered = await writeReceipt({ ...draft, disposition: 'processed' });
    expect(textOf(delivered.bytes)).toContain('automatic-action/MDN-sent-automatically; processed');
    expect(await readChatMail(delivered.bytes)).toMatchObject({ kind: 'receipt', disposition: 'processed' });
  });

  it('is about as many messages as fit, in lines that every server takes', async () => {
    const messageIds = Array.from({ length: 1200 }, (_, i) => `chat$${'x'.repeat(40)}${i}@example.org`);
    const batches = receiptBatches([...messageIds, 'not < writable', `${'y'.repeat(990)}@x`]);
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(batches.flat()).toEqual(messageIds);
    for (const batch of batches) {
      const { bytes } = await writeReceipt({ ...draft, messageIds: batch });
      expect(
        Math.max(
          ...textOf(bytes)
            .split('\r\n')
            .map((line) => line.length),
        ),
      ).toBeLessThan(998);
      expect(await readChatMail(bytes)).toMatchObject({ originalMessageIds: batch });
    }
  });

  it('stays below what programs read of one field, however long the ids', () => {
    const long = Array.from({ length: 200 }, (_, i) => `${'z'.repeat(900)}${i}@example.org`);
    const batches = receiptBatches(long);
    expect(batches.flat()).toEqual(long);
    for (const batch of batches) expect(batch.join('').length).toBeLessThan(64 * 1024);
  });
});

describe('a receipt without a part for programs', () => {
  const mail = (subject: string, text: string, answers = 'In-Reply-To: <chat$one@example.org>\r\n') =>
    `From: bob@example.net\r\nTo: ada@example.org\r\nSubject: ${subject}\r\n${answers}Message-ID: <r@example.net>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}`;
  const english =
    'Your message\r\n\r\n   To: Bob\r\n   Subject: Lunch\r\n   Sent: Monday, 5 January 2026\r\n\r\n was read on Monday, 5 January 2026 10:00.\r\n';

  it.each([
    ['Read: Lunch', english],
    ['Gelesen: Mittag', 'Ihre Nachricht\r\n\r\nAn: Bob\r\n\r\nwurde am Montag, 5. Januar 2026 gelesen.\r\n'],
    ['Lu : Midi', 'Votre message\r\n\r\nÀ : Bob\r\n\r\na été lu le lundi 5 janvier 2026.\r\n'],
  ])('is recognised by subject, words and answered mail: %s', async (subject, text) => {
    expect(await readChatMail(mail(subject, text))).toMatchObject({
      kind: 'receipt',
      originalMessageIds: ['chat$one@example.org'],
      disposition: 'displayed',
    });
  });

  it.each([
    ['another subject', mail('Re: Lunch', english)],
    ['other words', mail('Read: this book', 'Your message was great, have you read this book?')],
    ['no answered mail', mail('Read: Lunch', english, '')],
    ['words behind others', mail('Read: Lunch', `Look what I got:\r\n\r\n${english}`)],
  ])('is a message where one of them is missing: %s', async (_, raw) => {
    expect((await readChatMail(raw)).kind).toBe('message');
  });
});
