import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { oneLine } from './subject.js';

/** Control characters but tab, line feed, and those of ISO 8859. */
const C0_CONTROLS = /[^\P{Cc}\t\n\u0080-\u009f]/gu;

/** True for `{…}`: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A text of one header field (name, subject, …). Blanks at the ends are cut, runs of blanks become one.
 *
 * @throws InputError `INVALID_HEADER` for line breaks, NUL and other control characters (header injection), half surrogate pairs,
 *   and text that is too long.
 */
export function checkLine(value: unknown, where: string, maxChars: number): string {
  if (typeof value !== 'string') throw new InputError('INVALID_OPTION', `${where} must be a string.`);
  if (/[\p{Cc}\u2028\u2029]/u.test(value.replaceAll('\t', ' '))) {
    throw new InputError('INVALID_HEADER', `${where} contains a line break or another control character; remove it.`);
  }
  if (/\p{Cs}/u.test(value))
    throw new InputError('INVALID_HEADER', `${where} contains half a surrogate pair; it is no valid Unicode.`);
  if (value.length > maxChars)
    throw new InputError('INVALID_HEADER', `${where} is longer than ${maxChars} characters.`);
  return oneLine(value);
}

/**
 * A text of many lines, with `\n` line ends. Control characters other than tabs and line ends are removed, as readers do.
 *
 * @throws InputError `TEXT_TOO_LONG`; `INVALID_OPTION` for half surrogate pairs.
 */
export function checkText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new InputError('INVALID_OPTION', `${where} must be a string.`);
  if (value.length > limits.sendTextChars) {
    throw new InputError(
      'TEXT_TOO_LONG',
      `${where} has ${value.length} characters; at most ${limits.sendTextChars} are possible. Send it as a file.`,
    );
  }
  if (/\p{Cs}/u.test(value))
    throw new InputError('INVALID_OPTION', `${where} contains half a surrogate pair; it is no valid Unicode.`);
  return value.replace(/\r\n?/g, '\n').replace(C0_CONTROLS, '');
}

/** One of a few words. */
export function checkOneOf<T extends string>(value: unknown, where: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new InputError('INVALID_OPTION', `${where} must be one of: ${words.join(', ')}.`);
  return found;
}
