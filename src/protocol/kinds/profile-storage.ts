import { limits } from '../../core/limits.js';
import { composeMime } from '../../mail/compose/mime.js';
import type { MailPart, ParsedMail } from '../../mail/parsed-mail.js';
import { cleanName } from '../../mail/text-clean.js';
import { formatChatContent, parseChatContent } from '../chat-content.js';
import type { WrittenMail } from '../chat-mail.js';
import { type HCard, readCards } from '../h-card.js';
import type { ProfileDraft } from '../profile-mail.js';
import { hCardHtml } from '../write-h-card.js';
import { storageHeaders } from './contact-storage.js';
import { htmlPage } from './storage-html.js';

/** The own profile as some people are to see it. */
export interface ProfilePart {
  /** Categories of the contacts that it is for; empty: for everybody else. */
  readonly categories: readonly string[];
  readonly card: ProfileDraft;
}

/** Profile storage message (COI client specification): what the user's devices tell each other about the own profile. */
export interface ProfileStorage {
  /** Milliseconds since 1970, whole seconds. */
  readonly date: number;
  readonly parts: readonly ProfilePart[];
}

/** Reads a profile storage message; undefined if the mail is none. Whether it may be believed is not looked at. */
export async function readProfileStorage(mail: ParsedMail): Promise<ProfileStorage | undefined> {
  if (parseChatContent(mail.headers.get('Chat-Content'))?.value !== 'profile') return undefined;
  const parts: ProfilePart[] = [];
  for (const part of htmlParts(mail.root).slice(0, limits.profileAudiences)) {
    const content = parseChatContent(part.headers.get('Chat-Content'));
    const [card] = (await readCards(part.text() ?? '')).cards;
    if (content?.value !== 'profile' || card === undefined) continue;
    const categories = (content.params.get('categories') ?? '').split(',').map((word) => cleanName(word));
    parts.push({ categories: categories.filter((word) => word !== ''), card: draftOf(card) });
  }
  return { date: mail.date ?? 0, parts };
}

function draftOf({ name, photo, birthday, status }: HCard): ProfileDraft {
  return {
    ...(name !== undefined && { name }),
    ...(photo !== undefined && { photo }),
    ...(birthday !== undefined && { birthday }),
    ...(status !== undefined && { status }),
  };
}

/** Writes a profile storage message. */
export async function writeProfileStorage(
  { date, parts }: ProfileStorage,
  { from, messageId }: { readonly from: string; readonly messageId: string },
): Promise<WrittenMail> {
  const headers = storageHeaders({ from, messageId, date, subject: 'Profile', chatContent: 'profile' });
  const children = parts.map(({ categories, card }) => {
    const params = categories.length === 0 ? {} : { categories: categories.join(',') };
    const content = formatChatContent({ value: 'profile', params });
    return {
      contentType: 'text/html; charset=utf-8',
      headers: [['Chat-Content', { structured: content }] as const],
      content: htmlPage(hCardHtml({ ...card, emails: [from] })),
    };
  });
  const bytes = await composeMime({ contentType: 'multipart/mixed', headers, children });
  return { bytes, messageId, recipients: [from] };
}

// Recursion is bounded: reading a mail stops at limits.mimeDepth levels.
function htmlParts(part: MailPart): MailPart[] {
  return part.contentType === 'text/html' ? [part] : part.children.flatMap(htmlParts);
}
