/**
 * SQLite compares text by its UTF-8 bytes, cuts it at NUL in one binding, and cannot hold half a surrogate pair. So the few
 * strings with such characters are written differently in key and index columns: NUL, U+0001, U+D7FF and everything of
 * the surrogate range become two characters, chosen so that byte order is the code unit order of the original.
 */

/** What may need it: control characters, U+D7FF and the surrogates. */
const SPECIAL = /[^ -\uD7FE\uE000-\uFFFF]/;
const EACH_SPECIAL = /[^ -\uD7FE\uE000-\uFFFF]/g;

/** Text for a key or index column: distinct strings stay distinct and in the order of JavaScript's `<`. */
export function sortable(text: string): string {
  return SPECIAL.test(text) ? text.replace(EACH_SPECIAL, escaped) : text;
}

function escaped(unit: string): string {
  const code = unit.charCodeAt(0);
  if (code <= 1) return `\u0001${String.fromCharCode(1 + code)}`;
  return code < 0xd7ff ? unit : `\uD7FF${String.fromCharCode(1 + code - 0xd7ff)}`;
}
