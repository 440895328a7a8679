import { limits } from '../core/limits.js';
import { firstAddress, readAddress } from './address.js';
import { htmlToText } from './html-to-text.js';
import type { ParsedMail } from './parsed-mail.js';
import { type DeliveryReport, findPart, humanText, messageIdIn, type RecipientStatus } from './report-fields.js';
import { cleanName } from './text-clean.js';

/** Sentences that only mail systems write: qmail, Exim, Postfix, Sendmail, Exchange, Gmail, Yahoo and those that copy them. */
const FAILED = [
  'this is the qmail-send program',
  'this message was created automatically by mail delivery software',
  'a message that you sent could not be delivered',
  'could not be delivered to one or more',
  "i'm sorry to have to inform you that",
  'this is the mail system at host',
  'this is the postfix program at host',
  'the following addresses had permanent fatal errors',
  'the following recipient(s) could not be reached',
  'the following recipient(s) cannot be reached',
  'did not reach some or all of the intended recipients',
  'did not reach the following recipient(s)',
  'delivery has failed to these recipients',
  'delivery to the following recipient failed',
  'delivery to the following recipients failed',
  "your message wasn't delivered to",
  'your message couldn’t be delivered',
  "your message couldn't be delivered",
  'unable to deliver your message to the following address',
  'unable to deliver message to the following address',
  'unable to deliver the message to the following',
  "i wasn't able to deliver your message to the following addresses",
  'your message could not be delivered',
  'your mail could not be delivered',
  'the mail system could not deliver',
  'ihre nachricht konnte nicht zugestellt werden',
  'konnte nicht an folgende empfänger zugestellt werden',
];

const DELAYED = [
  'not yet been delivered',
  'has been delayed',
  'delivery is delayed',
  'delivery incomplete',
  'will be retried',
  'you do not need to resend',
  'this is a warning message only',
];

/** Where the copy of the mail begins. */
const COPY =
  /^(?:-{2,20} ?(?:below this line is a copy|this is a copy of|original message|returned message|the header of the original)|original message headers:|the original message was:|----- ?message header)/i;

const DAEMON =
  /^(?:mailer[-_. ]?daemon|postmaster|mail[-_]?daemon|mdaemon|microsoftexchange[0-9a-f]+|bounces?)(?:@|$|\+)/i;

/**
 * Recognises a bounce without a machine-readable part. Both have to fit, who sent it and what it says, so that a
 * person's mail that tells of a bounce is none.
 *
 * @param id Message-ID of the bounced mail as far as the headers told it.
 */
export async function readFreeFormBounce(
  mail: ParsedMail,
  id: string | undefined,
): Promise<DeliveryReport | undefined> {
  if (!isFromMailSystem(mail)) return undefined;
  const text = (humanText(mail) || (await textOfHtml(mail))).slice(0, limits.bounceChars);
  const lines = text.split('\n').slice(0, limits.bounceLines);
  const copy = lines.findIndex((line) => COPY.test(line.trimStart().slice(0, 80)));
  const said = copy < 0 ? lines : lines.slice(0, copy);
  const words = said.join(' ').toLowerCase().replace(/\s+/g, ' ');
  const listed = mail.headers.get('X-Failed-Recipients');
  const delayed = DELAYED.some((sentence) => words.includes(sentence));
  if (listed === undefined && !delayed && !FAILED.some((sentence) => words.includes(sentence))) return undefined;

  const own = new Set([...mail.to, ...mail.from].map(({ address }) => address));
  const found = recipientsIn(said, own);
  const statuses = (listed === undefined ? found : withListed(found, listed)).map((status) => ({
    ...status,
    action: delayed ? ('delayed' as const) : ('failed' as const),
  }));
  if (statuses.length === 0) return undefined;
  const original = (copy < 0 ? undefined : messageIdInCopy(lines.slice(copy + 1))) ?? id;
  return { ...(original !== undefined && { originalMessageId: original }), statuses, text: said.join('\n').trim() };
}

/** Some mail systems write nothing but HTML. */
async function textOfHtml(mail: ParsedMail): Promise<string> {
  const html = findPart(mail, new Set(['text/html']))?.text();
  return html === undefined ? '' : htmlToText(html);
}

function isFromMailSystem({ from, headers }: ParsedMail): boolean {
  if (headers.get('X-Failed-Recipients') !== undefined) return true;
  if (headers.get('Return-Path')?.replace(/\s/g, '') === '<>') return true;
  const [sender] = from;
  return DAEMON.test(sender?.address ?? (headers.get('From') ?? '').replace(/^["<\s]+/, ''));
}

type Found = Omit<RecipientStatus, 'action'>;

/** Addresses at the beginning of a line, or named in the sentence itself; the reason is what follows. */
function recipientsIn(lines: readonly string[], own: ReadonlySet<string>): Found[] {
  const found = new Map<string, Found>();
  for (const [index, line] of lines.entries()) {
    if (found.size >= limits.bounceRecipients) break;
    const start = recipientAt(line);
    if (start === undefined || own.has(start.address) || found.has(start.address)) continue;
    found.set(start.address, { recipient: start.address, ...reasonOf([start.rest, ...following(lines, index + 1)]) });
  }
  return [...found.values()];
}

const AT_START =
  /^\s{0,20}(?:["'<(*]{0,3})([^\s"'<>(),:;]{1,64}@[^\s"'<>(),:;]{1,255}?)(?:["'>)*.]{0,3})(?:<mailto:[^<>\s]{1,320}>)?(?:[\s:]|$)(.{0,2000})/;
const IN_SENTENCE =
  /(?:delivered to|message to|recipient:?) <?([^\s"'<>(),:;]{1,64}@[^\s"'<>(),:;]{1,255}?)[>.]{0,2}(?:\s|$)(.{0,2000})/i;

function recipientAt(line: string): { address: string; rest: string } | undefined {
  const match = AT_START.exec(line.slice(0, 2500)) ?? IN_SENTENCE.exec(line.slice(0, 2500));
  const address = readAddress(match?.[1] ?? '');
  return match && address !== undefined ? { address, rest: match[2] ?? '' } : undefined;
}

/** The lines that belong to a recipient: up to the next one, over at most one empty line as long as nothing was said. */
function following(lines: readonly string[], from: number): string[] {
  const taken: string[] = [];
  for (let i = from; i < Math.min(lines.length, from + 12); i++) {
    const line = lines[i]?.trim() ?? '';
    if (line === '' && taken.some((said) => said !== '')) break;
    if (line !== '' && recipientAt(line) !== undefined) break;
    taken.push(line);
  }
  return taken;
}

function reasonOf(lines: readonly string[]): Pick<Found, 'status' | 'reason'> {
  const reason = cleanName(lines.join(' '), limits.reasonChars).replace(/^[:\s-]{1,20}/, '');
  const status = /(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(reason)?.[1];
  return { ...(status !== undefined && { status }), ...(reason !== '' && { reason }) };
}

function withListed(found: readonly Found[], listed: string): Found[] {
  const addresses = listed
    .slice(0, 32 * 1024)
    .split(/[,\s]+/)
    .flatMap((word) => firstAddress(word) ?? []);
  const unique = [...new Set(addresses)].slice(0, limits.bounceRecipients);
  return unique.map((recipient) => found.find((status) => status.recipient === recipient) ?? { recipient });
}

/** The copy may begin with a Return-Path line, blank lines or a sentence. */
function messageIdInCopy(lines: readonly string[]): string | undefined {
  const start = lines.findIndex((line) => /^[!-9;-~]{1,60}:\s/.test(line));
  return start < 0 ? undefined : messageIdIn(lines.slice(start).join('\n'));
}
