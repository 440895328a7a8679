import { InputError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { MimeLeaf } from '../../mail/compose/mime.js';
import type { MailPart, ParsedMail } from '../../mail/parsed-mail.js';
import { cleanName } from '../../mail/text-clean.js';
import { decodeTransfer } from '../../mail/transfer-encoding.js';
import { parseChatContent } from '../chat-content.js';
import { defined } from '../defined.js';
import { readCards } from '../h-card.js';
import type { ProfileDraft, ProfileMail } from '../profile-mail.js';
import { birthdayOf, isPhotoType, pictureType } from '../profile-values.js';
import { hCardHtml } from '../write-h-card.js';
import { escapeHtml } from './quote.js';

/** What a mail says about its sender's profile, or asks about ours; undefined if nothing. */
export async function readProfile(
  mail: ParsedMail,
): Promise<{ readonly profile?: ProfileMail; readonly asksProfile?: boolean } | undefined> {
  const part = findPart(mail.root);
  const asks = parseChatContent(mail.headers.get('Chat-Content'))?.value === 'profilerequest';
  const profile = part ? await profileOf(part) : avatarOf(mail);
  if (profile === undefined && !asks) return undefined;
  return { ...(profile !== undefined && { profile }), ...(asks && { asksProfile: true }) };
}

async function profileOf(part: MailPart): Promise<ProfileMail | undefined> {
  const html = part.text();
  const [card] = html === undefined ? [] : (await readCards(html)).cards;
  if (card === undefined) return undefined;
  const { name, photo, status } = card;
  const birthday = card.birthday === undefined ? undefined : birthdayOf(card.birthday);
  return { complete: true, ...defined({ name, photo, status, birthday }) };
}

/** chatmail: `base64:…`, or `0` for none. */
function avatarOf({ headers }: ParsedMail): ProfileMail | undefined {
  const value = headers.get('Chat-User-Avatar')?.trim();
  if (value === '0') return { complete: false, photo: 'none' };
  if (!value?.startsWith('base64:')) return undefined;
  const text = value.slice('base64:'.length, 'base64:'.length + 2 * limits.avatarBytes);
  const content = decodeTransfer(new TextEncoder().encode(text), 'base64');
  const contentType = pictureType(content);
  if (contentType === undefined || content.length > limits.avatarBytes) return undefined;
  return { complete: false, photo: { contentType, content } };
}

// Recursion is bounded: reading a mail stops at limits.mimeDepth levels.
function findPart(part: MailPart): MailPart | undefined {
  for (const child of part.children) {
    const found = findPart(child);
    if (found !== undefined) return found;
  }
  if (part.contentType !== 'text/html' || part.encodedSize > limits.textPartBytes) return undefined;
  return parseChatContent(part.headers.get('Chat-Content'))?.value === 'profile' ? part : undefined;
}

/** The part with the own profile, behind the words for people. Undefined if the draft has none. */
export function profilePart(
  draft: { readonly profile?: ProfileDraft },
  text: string | undefined,
): MimeLeaf | undefined {
  if (draft.profile === undefined) return undefined;
  const words = text === undefined ? '' : `<div>${escapeHtml(text)}</div>\n`;
  return {
    contentType: 'text/html; charset=utf-8',
    headers: [['Chat-Content', 'profile']],
    content: `${words}<div style="display: none">\n${hCardHtml(draft.profile)}\n</div>\n`,
  };
}

/** Checks the profile of a draft. */
export function checkProfile(profile: ProfileDraft): ProfileDraft {
  const { name, photo, birthday, status, emails } = profile;
  if (photo !== undefined && !isPhotoType(photo.contentType)) throw invalid('the photo is no JPEG, PNG, WebP or GIF');
  if (photo !== undefined && photo.content.length > limits.avatarBytes) throw invalid('the photo is too large');
  if (birthday !== undefined && birthdayOf(birthday) !== birthday)
    throw invalid('the birthday is not like 1990-12-09 or --12-09');
  return defined({
    photo,
    birthday,
    emails,
    name: name && cleanName(name),
    status: status && cleanName(status),
  });
}

function invalid(why: string): InputError {
  return new InputError('INVALID_OPTION', `profile: ${why}.`);
}
