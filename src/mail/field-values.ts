import { limits } from '../core/limits.js';
import { parseAddressList } from './address-list.js';
import { loadMailLibraries } from './libraries.js';
import type { MailAddress } from './parsed-mail.js';

/** The addresses in the value of a field that is not one of the usual ones (those are in `ParsedMail`). At most `limits.addresses`. */
export async function addressesIn(value: string): Promise<readonly MailAddress[]> {
  return parseAddressList(value, await loadMailLibraries()).addresses;
}

/** The value of a field with its encoded words (RFC 2047) decoded, line ends and all; nothing is cleaned. */
export async function decodedText(value: string): Promise<string> {
  const short = value.slice(0, limits.headerTextChars * 4);
  return short.includes('=?') ? (await loadMailLibraries()).libmime.decodeWords(short) : short;
}
