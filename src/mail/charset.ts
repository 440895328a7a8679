import { limits } from '../core/limits.js';
import { asBuffer } from './bytes.js';
import type { MailLibraries } from './libraries.js';
import { charClass, cutText } from './text-clean.js';

/** Labels that say nothing or that everybody gets wrong: looked at as UTF-8 first. */
const UTF8_LABELS =
  /^(?:|utf-?8|unicode-1-1-utf-8|us-?ascii|ascii|ansi_x3\.4-1968|7bit|8bit|binary|none|unknown-8bit|default|x-unknown)$/;

/** In these, short texts can be valid UTF-8 by accident (the two bytes of many Chinese characters), so the label is believed. */
const MULTI_BYTE =
  /^(?:gb|hz|big5|cn-|chinese|euc|ks_?c|korean|cp9|ms9|windows-(?:9|31j)|shift|sjis|s-?jis|x-(?:sjis|euc|gbk)|jis|iso-?2022|cs(?:gb|big5|euc|shift|iso2022|ks)|utf-?(?:7|16|32)|ucs|unicode)/;

/** C0 controls without TAB, LF and CR, and DEL. */
const CONTROLS = charClass([0x00, 0x08], [0x0b, 0x0c], [0x0e, 0x1f], [0x7f, 0x7f]);

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Octets as text. Labels lie: valid UTF-8 wins over any single-byte label, and what is neither valid UTF-8 nor
 * readable by its label is taken as windows-1252, which never fails. Control characters but tab and line
 * ends are removed (they break terminals and databases), line ends become LF, and the result is cut to `limits.textChars`.
 */
export function decodeText(bytes: Uint8Array, label: string | undefined, { charset }: MailLibraries): string {
  // No charset needs more than four octets per UTF-16 unit, but for escape sequences.
  const truncated = bytes.length > limits.textChars * 4;
  const input = truncated ? bytes.subarray(0, limits.textChars * 4) : bytes;
  const text = decode(input, (label ?? '').trim().toLowerCase(), charset);
  const plain = text.replace(CONTROLS, '');
  return cutText(plain.includes('\r') ? plain.replace(/\r\n?/g, '\n') : plain, limits.textChars);
}

/** Octets of a header that are not ASCII: UTF-8 (RFC 6532) or, as of old, windows-1252. */
export function decodeHeaderBytes(latin1: string, { charset }: MailLibraries): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return utf8(bytes) ?? charset.decode(bytes, 'windows-1252');
}

function decode(bytes: Uint8Array, label: string, charset: MailLibraries['charset']): string {
  if (bytes.length === 0) return '';
  const buffer = asBuffer(bytes);
  const name = label.slice(0, 64);
  if (MULTI_BYTE.test(name)) return charset.decode(buffer, name);
  const asUtf8 = utf8(bytes);
  if (asUtf8 !== undefined) return looksLikeIso2022Jp(bytes) ? charset.decode(buffer, 'iso-2022-jp') : asUtf8;
  if (UTF8_LABELS.test(name)) return charset.decode(buffer, 'windows-1252');
  const byLabel = charset.decode(buffer, name);
  return byLabel.includes('\ufffd') ? charset.decode(buffer, 'windows-1252') : byLabel;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return utf8WithTornEnd(bytes);
  }
}

/** A text that was cut may end in the middle of a character. */
function utf8WithTornEnd(bytes: Uint8Array): string | undefined {
  for (let cut = 1; cut <= 3 && cut < bytes.length; cut++) {
    const lead = bytes[bytes.length - cut] ?? 0;
    if ((lead & 0xc0) === 0x80) continue;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length <= cut || bytes.length < limits.textChars) return undefined;
    try {
      return strictUtf8.decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Japanese programs of old send it without a label; the escapes `ESC $ B` and `ESC $ @` occur in nothing else. */
function looksLikeIso2022Jp(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
    if (bytes[at + 1] === 0x24 && (bytes[at + 2] === 0x42 || bytes[at + 2] === 0x40)) return true;
  }
  return false;
}
