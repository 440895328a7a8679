import { limits } from '../core/limits.js';

/** Scripts written without blanks between words: each character is a word of its own, so that any part can be found. */
const IDEOGRAPH = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}';
// Symbols of these scripts (radicals, circled Katakana) are no words.
const WORDS = new RegExp(`(?=[\\p{L}\\p{N}])[${IDEOGRAPH}]|(?:(?![${IDEOGRAPH}])[\\p{L}\\p{N}])+`, 'gu');

/** Compatibility forms unified, marks dropped; composed again because NFKD takes Hangul syllables apart. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase();
}

/**
 * The distinct words of a text as full-text search sees them: compatibility forms unified, accents dropped, lower case,
 * letters and digits of any script; every Han, Kana, Hangul and Bopomofo character is a word of its own. Words are cut
 * at `limits.searchWordChars`. The cost is linear in the length of the text.
 */
export function searchWords(text: string): Set<string> {
  const words = new Set<string>();
  for (const [word] of fold(text).matchAll(WORDS)) words.add(cut(word));
  return words;
}

/**
 * The words of a query, cut like those of a text. Only the first `limits.searchQueryWords` count.
 *
 * A text matches if each of them is the beginning of one of the text's words; a query without words matches nothing.
 */
export function queryWords(query: string): string[] {
  // NFKD makes one character out of at most 18, the query is cut before so that pasted books cost nothing.
  const text = query.slice(0, limits.searchQueryWords * limits.searchWordChars);
  return [...searchWords(text)].slice(0, limits.searchQueryWords);
}

/** Whether a text matches; see {@link queryWords}. */
export function matchesWords(text: string, query: readonly string[]): boolean {
  if (query.length === 0) return false;
  const words = searchWords(text);
  return query.every((wanted) => words.has(wanted) || startsOne(words, wanted));
}

function startsOne(words: ReadonlySet<string>, wanted: string): boolean {
  for (const word of words) if (word.startsWith(wanted)) return true;
  return false;
}

/** By code points: half a surrogate pair could not be stored in UTF-8. */
function cut(word: string): string {
  return word.length <= limits.searchWordChars
    ? word
    : [...word.slice(0, 2 * limits.searchWordChars)].slice(0, limits.searchWordChars).join('');
}
