import { limits } from '../../core/limits.js';
import { type RandomBytes, secureRandom } from '../../core/random.js';
import { domainOf } from '../../mail/address.js';
import { composeMime } from '../../mail/compose/mime.js';
import { newMessageId } from '../../mail/message-id.js';
import type { MailAddress } from '../../mail/parsed-mail.js';
import type { WrittenMail } from '../chat-mail.js';
import { isWritableMessageId } from '../threads.js';

/** A receipt to be written. */
export interface ReceiptDraft {
  /** The own address that the messages were sent to. Its name is not written. */
  readonly from: MailAddress;
  /** Who asked for it, normalised. */
  readonly to: string;
  /** `displayed`: the user has read the messages; `processed`: they have arrived. */
  readonly disposition: 'displayed' | 'processed';
  /** Message-IDs without angle brackets; those beyond {@link receiptBatches} of them are not written. */
  readonly messageIds: readonly string[];
  /** Milliseconds since 1970. */
  readonly date: number;
}

/** Octets of message-ids in one receipt: far below what programs read of one field. */
const ID_OCTETS = 64 * 1024;

const WORDS = {
  displayed: {
    subject: 'Chat: Message opened',
    mode: 'manual-action/MDN-sent-manually',
    text: 'This is a receipt: the message was shown to its recipient.\nThat does not mean that it was read or understood.\n',
  },
  processed: {
    subject: 'Chat: Message delivered',
    mode: 'automatic-action/MDN-sent-automatically',
    text: 'This is a receipt: the message has reached a device of its recipient.\n',
  },
} as const;

/** Divides message-ids among as few receipts as possible. Ids that cannot stand in a mail are left out. */
export function receiptBatches(messageIds: readonly string[]): string[][] {
  const batches: string[][] = [];
  let octets = 0;
  for (const id of messageIds) {
    if (!isWritableMessageId(id)) continue;
    octets += id.length + 5;
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= limits.receiptIds || octets > ID_OCTETS) {
      batches.push([id]);
      octets = id.length + 5;
    } else batch.push(id);
  }
  return batches;
}

/**
 * Writes a read or delivery receipt (RFC 8098): words for people, then the fields for programs, and no copy of the
 * originals. The first message stands in Original-Message-ID, the others in chatmail's Additional-Message-IDs.
 */
export async function writeReceipt(
  draft: ReceiptDraft,
  options: { readonly random?: RandomBytes } = {},
): Promise<WrittenMail> {
  const random = options.random ?? secureRandom;
  const { from, to, disposition, date } = draft;
  const { subject, mode, text } = WORDS[disposition];
  const [first, ...others] = receiptBatches(draft.messageIds)[0] ?? [];
  const messageId = newMessageId(domainOf(from.address), { random });
  const reference =
    first === undefined
      ? []
      : ([
          ['In-Reply-To', `<${first}>`],
          ['References', `<${first}>`],
        ] as const);
  const fields = [
    `Final-Recipient: rfc822;${from.address}`,
    ...(first === undefined ? [] : [`Original-Message-ID: <${first}>`]),
    ...(others.length === 0 ? [] : [`Additional-Message-IDs:${others.map((id) => `\n <${id}>`).join('')}`]),
    `Disposition: ${mode}; ${disposition}`,
    '',
  ];
  const bytes = await composeMime(
    {
      contentType: 'multipart/report; report-type=disposition-notification',
      headers: [
        ['Chat-Version', '1.0'],
        ['From', [{ address: from.address }]],
        ['To', [{ address: to }]],
        ['Date', { date }],
        ['Message-ID', messageId],
        ...reference,
        ['Subject', subject],
        ['Auto-Submitted', 'auto-replied'],
      ],
      children: [
        { contentType: 'text/plain; charset=utf-8', content: text },
        { contentType: 'message/disposition-notification', content: fields.join('\n') },
      ],
    },
    { random },
  );
  return { bytes, messageId, recipients: [to] };
}
