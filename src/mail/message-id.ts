import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { limits } from '../core/limits.js';
import { type RandomBytes, randomId, secureRandom } from '../core/random.js';

/** What {@link newMessageId} can be told. */
export interface MessageIdOptions {
  /** Makes the id of a group message, which carries the group's id. Never for the outer id of an encrypted mail. */
  readonly groupId?: string | undefined;
  /** Default: the platform's cryptographic source. */
  readonly random?: RandomBytes | undefined;
}

/** A new message-id without angle brackets: `chat$UNIQUE@domain`, in a group `chat$group.GROUPID.UNIQUE@domain`; UNIQUE has 128 random bits. */
export function newMessageId(domain: string, options: MessageIdOptions = {}): string {
  const unique = randomId(options.random ?? secureRandom);
  return options.groupId === undefined
    ? `chat$${unique}@${domain}`
    : `chat$group.${options.groupId}.${unique}@${domain}`;
}

/**
 * Message-ids of a Message-ID, In-Reply-To or References field (RFC 5322 3.6.4), without angle brackets, in order,
 * each once. Lenient: ids longer than `limits.messageIdChars` become a hash, brackets may be missing, words between the ids are left out, ids folded in two are joined.
 *
 * @param max More ids than this: the first ones and the last ones are kept, half each. Default `limits.references`.
 */
export function parseMessageIds(value: string, max: number = limits.references): string[] {
  const ids = value.includes('<') ? bracketed(value) : bare(value);
  const unique = [...new Set(ids.map(shortened))];
  if (unique.length <= max) return unique;
  const head = Math.ceil(max / 2);
  return [...unique.slice(0, head), ...unique.slice(unique.length - (max - head))];
}

/** The first message-id of a field. */
export function parseMessageId(value: string): string | undefined {
  return parseMessageIds(value, 1)[0];
}

function bracketed(value: string): string[] {
  const ids: string[] = [];
  let open = value.indexOf('<');
  while (open >= 0) {
    const next = value.indexOf('<', open + 1);
    const limit = next < 0 ? value.length : next;
    // A '>' may be missing: the id then ends at white space or at the next '<'.
    const content = value.slice(open + 1, limit);
    const close = content.indexOf('>');
    const id = close < 0 ? (content.trim().split(/\s/, 1)[0] ?? '') : content.slice(0, close).replace(/\s+/g, '');
    if (isId(id)) ids.push(id);
    open = next;
  }
  return ids;
}

/** Some programs write ids without brackets; only words with an @ can be told from prose. */
function bare(value: string): string[] {
  const words = value.split(/[\s,;]+/).map((word) => word.replace(/>$/, ''));
  return words.filter((word) => word.includes('@') && isId(word)).concat(loneWord(words));
}

function loneWord(words: readonly string[]): string[] {
  const given = words.filter((word) => word !== '');
  const only = given.length === 1 ? given[0] : undefined;
  return only !== undefined && !only.includes('@') && isId(only) ? [only] : [];
}

/** An id as long as a book still identifies its mail, but is nothing to keep in an index. */
function shortened(id: string): string {
  return id.length <= limits.messageIdChars ? id : `${bytesToHex(sha256(utf8ToBytes(id)))}@long-id.invalid`;
}

function isId(id: string): boolean {
  return id !== '' && !hasControl(id);
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x21 || code === 0x7f) return true;
  }
  return false;
}
