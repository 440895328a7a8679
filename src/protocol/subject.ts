/** Characters of the text that stand in the Subject of a 1:1 message. */
const SUBJECT_CHARS = 40;

/**
 * Prefixes that mail programs put before the Subject of replies and forwards, in the languages that are common. A
 * number may follow (`Re[2]:`, `Re(3):`).
 */
const PREFIX =
  /(?:re|aw|sv|antw|antwort|fw|fwd|wg|vs|vb|vl|res|enc|rif|rv|ref|tr|rép|odp|pd|ynt|ilt|İlt|bls|vá|vast|atb|továbbítás|doorst|fs|απ|πρθ|σχετ|отв|ответ|пересл|r|回复|回覆|答复|转发|轉寄|返信|転送|답장|전달)(?:\s?[[(^]?\d{1,3}[\])]?)?\s?[:：]\s*/iuy;

/** A Subject without the prefixes of replies and forwards, however many: what is shown, and what a group's name is compared with. */
export function stripReplyPrefixes(subject: string): string {
  const trimmed = subject.trim();
  let at = 0;
  for (;;) {
    PREFIX.lastIndex = at;
    if (!PREFIX.test(trimmed)) return trimmed.slice(at);
    at = PREFIX.lastIndex;
  }
}

/** True for a Subject that says nothing (`...`, `[...]`, `Encrypted Message`): it never names a group. */
export function isPlaceholderSubject(subject: string): boolean {
  return ['', '...', '…', '[...]', '[…]', 'encrypted message'].includes(subject.trim().toLowerCase());
}

/**
 * The Subject of a 1:1 message, for people whose mail program shows nothing else in its list: `Chat: ` and the first 40
 * characters (as people count them) of the text, or the name of the first file.
 */
export function chatSubject(text: string | undefined, filename: string | undefined): string {
  const words = oneLine(text?.slice(0, 2000) ?? '') || oneLine(filename ?? '');
  return `Chat: ${firstCharacters(words, SUBJECT_CHARS)}`.trimEnd();
}

/** Whitespace, control characters and halves of surrogate pairs become single spaces: a header field is one line of Unicode. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim();
}

function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let end = 0;
  let seen = 0;
  // Graphemes, so that an emoji made of several code points is not cut in two.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (seen === count || end + segment.length > count * 4) break;
    seen += 1;
    end += segment.length;
  }
  return text.slice(0, end).trim();
}
