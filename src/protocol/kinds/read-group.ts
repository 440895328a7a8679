import { limits } from '../../core/limits.js';
import { addressesIn, decodedText } from '../../mail/field-values.js';
import type { MailAddress, MailHeaders, MailPart, ParsedMail } from '../../mail/parsed-mail.js';
import { cleanName } from '../../mail/text-clean.js';
import { parseChatContent } from '../chat-content.js';
import { defined } from '../defined.js';
import type { DatedMember, GroupMail } from '../group-mail.js';
import { type CardPhoto, cleanDescription, type HGroup, photoFromBase64, readCards } from '../h-card.js';

/** Reads what a mail says about the group with that id. */
export async function readGroup(mail: ParsedMail, id: string): Promise<GroupMail> {
  const { headers } = mail;
  const content = parseChatContent(headers.get('Chat-Content'))?.value;
  const recipients = [...mail.to, ...mail.cc];
  const past = await addressesIn(headers.get('Chat-Group-Past-Members') ?? '');
  const times = timesIn(headers.get('Chat-Group-Member-Timestamps'));
  // Times without a count that fits cannot be told to belong to anybody.
  const dated = times.length === recipients.length + past.length;
  return {
    id,
    added: await addressesOf(headers, 'Chat-Group-Member-Added'),
    removed: await addressesOf(headers, 'Chat-Group-Member-Removed'),
    memberSince: dated ? recipients.flatMap((person, i) => withTime(person, times[i])) : [],
    pastMembers: past.map(
      (person, i) => (dated ? withTime(person, times[recipients.length + i])[0] : undefined) ?? person,
    ),
    fingerprints: fingerprintsOf(headers, recipients),
    ...(headers.get('Chat-Group-Description-Changed') !== undefined && { descriptionChanged: true }),
    ...(content === 'group-avatar-changed' && { avatarChanged: true }),
    ...(content === 'groupinfo' && { founding: true }),
    ...(content === 'groupleft' && { left: true }),
    ...(content === 'grouprequested' && { requested: true }),
    ...defined({
      name: nameOf(mail),
      nameChangedFrom:
        headers.get('Chat-Group-Name-Changed') === undefined
          ? undefined
          : cleanName(headers.text('Chat-Group-Name-Changed') ?? ''),
      nameTimestamp: timeOf(headers, 'Chat-Group-Name-Timestamp'),
      description: await descriptionOf(headers),
      descriptionTimestamp: timeOf(headers, 'Chat-Group-Description-Timestamp'),
      avatar: avatarOf(headers),
      info: await infoOf(mail.root),
    }),
  };
}

/** The keys on the cards of members, by address: gossip, where the mail is encrypted and signed. */
export async function memberKeysOf(
  mail: ParsedMail,
): Promise<{ readonly address: string; readonly keyData: Uint8Array }[]> {
  const info = await infoOf(mail.root);
  return (info?.cards ?? []).flatMap(({ emails, key }) =>
    key === undefined ? [] : emails.map((address) => ({ address, keyData: key })),
  );
}

function nameOf({ headers, subject }: ParsedMail): string | undefined {
  const named = cleanName(headers.text('Chat-Group-Name') ?? '');
  if (named !== '') return named;
  return headers.get('Chat-Version') === undefined ? undefined : cleanName(subject ?? '') || undefined;
}

async function descriptionOf(headers: MailHeaders): Promise<string | undefined> {
  const value = headers.get('Chat-Group-Description');
  if (value !== undefined) return cleanDescription(await decodedText(value));
  // Some servers drop fields without content.
  return headers.get('Chat-Group-Description-Changed') === undefined ? undefined : '';
}

/** All addresses of all fields of that name, each once. */
async function addressesOf(headers: MailHeaders, name: string): Promise<string[]> {
  const found = new Set<string>();
  for (const value of headers.getAll(name).slice(0, limits.addresses)) {
    for (const { address } of await addressesIn(value)) if (found.size < limits.addresses) found.add(address);
  }
  return [...found];
}

function avatarOf(headers: MailHeaders): CardPhoto | 'none' | undefined {
  const value = headers.get('Chat-Group-Avatar')?.trim();
  if (value === '0') return 'none';
  return value?.startsWith('base64:') ? photoFromBase64(value.slice('base64:'.length)) : undefined;
}

function timeOf(headers: MailHeaders, name: string): number | undefined {
  return timesIn(headers.get(name))[0] || undefined;
}

/** Unix times, as milliseconds; 0 stands for one that says nothing. */
function timesIn(value: string | undefined): number[] {
  const words = (value ?? '')
    .trim()
    .split(/\s+/)
    .slice(0, 2 * limits.addresses);
  return words[0] === '' ? [] : words.map((word) => (/^\d{1,10}$/.test(word) ? Number(word) * 1000 : 0));
}

function withTime({ address, name }: MailAddress, time: number | undefined): DatedMember[] {
  if (time === undefined || time === 0) return [];
  return [name === undefined ? { address, timestamp: time } : { address, name, timestamp: time }];
}

function fingerprintsOf(headers: MailHeaders, recipients: readonly MailAddress[]): GroupMail['fingerprints'] {
  const words = (headers.get('Chat-Group-Member-Fpr') ?? '').trim().toLowerCase().split(/\s+/);
  if (words.length < recipients.length) return [];
  return recipients.flatMap(({ address }, i) => {
    const fingerprint = words[i] ?? '';
    return /^[0-9a-f]{40,64}$/.test(fingerprint) ? [{ address, fingerprint }] : [];
  });
}

/** The first HTML part that is marked as group info, wherever it stands. */
async function infoOf(root: MailPart): Promise<HGroup | undefined> {
  const part = findInfo(root);
  const html = part?.text();
  return html === undefined ? undefined : (await readCards(html)).group;
}

// Recursion is bounded: reading a mail stops at limits.mimeDepth levels.
function findInfo(part: MailPart): MailPart | undefined {
  for (const child of part.children) {
    const found = findInfo(child);
    if (found !== undefined) return found;
  }
  if (part.contentType !== 'text/html' || part.encodedSize > limits.textPartBytes) return undefined;
  return parseChatContent(part.headers.get('Chat-Content'))?.value === 'groupinfo' ? part : undefined;
}
