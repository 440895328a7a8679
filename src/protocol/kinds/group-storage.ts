import { composeMime } from '../../mail/compose/mime.js';
import type { ParsedMail } from '../../mail/parsed-mail.js';
import { parseChatContent } from '../chat-content.js';
import type { WrittenMail } from '../chat-mail.js';
import { isReadableGroupId } from '../group-id.js';
import { readCards } from '../h-card.js';
import { hGroupHtml } from '../write-h-card.js';
import { storageHeaders } from './contact-storage.js';
import { htmlPage, htmlPartOf } from './storage-html.js';

/** Property of the h-group with what the user set for the group, as JSON. */
const SETTINGS_PROPERTY = 'x-coi-group';

/** Group storage message (COI client specification): what one user's devices tell each other about a group. */
export interface GroupStorage {
  /** Milliseconds since 1970, whole seconds. */
  readonly date: number;
  readonly groupId: string;
  /** Settings of this user, as JSON. */
  readonly settings?: string;
}

/** Reads a group storage message; undefined if the mail is none. Whether it may be believed is not looked at. */
export async function readGroupStorage(mail: ParsedMail): Promise<GroupStorage | undefined> {
  if (parseChatContent(mail.headers.get('Chat-Content'))?.value !== 'group') return undefined;
  const { group } = await readCards(htmlPartOf(mail.root)?.text() ?? '');
  if (group?.id === undefined || !isReadableGroupId(group.id)) return undefined;
  const settings = group.other[SETTINGS_PROPERTY]?.[0];
  return { date: mail.date ?? 0, groupId: group.id, ...(settings !== undefined && { settings }) };
}

/** Writes a group storage message: the same octets for the same contents. */
export async function writeGroupStorage(
  { date, groupId, settings }: GroupStorage,
  { from, messageId }: { readonly from: string; readonly messageId: string },
): Promise<WrittenMail> {
  const other = settings === undefined ? {} : { [SETTINGS_PROPERTY]: [settings] };
  const headers = storageHeaders({ from, messageId, date, subject: 'Group', chatContent: 'group' });
  const content = htmlPage(hGroupHtml({ id: groupId, other, cards: [] }));
  return { bytes: await composeMime({ contentType: 'text/html', headers, content }), messageId, recipients: [from] };
}
