import { limits } from '../core/limits.js';
import { readAddress } from './address.js';
import type { MailLibraries } from './libraries.js';
import type { MailAddress } from './parsed-mail.js';
import { cleanName } from './text-clean.js';

/** Addresses of a header, and whether there were more than we read. */
export interface AddressList {
  readonly addresses: readonly MailAddress[];
  readonly cut: boolean;
}

/** `Name <address>` with nothing in it that needs a real parser: almost every address there is. */
const SIMPLE = /^(?:"([^"\\]*)"|([^"(),:;<>@[\\\]]*))<([^\s"(),:;<>@[\\\]]+@[^\s"(),:;<>@[\\\]]+)>$/;
const BARE = /^[^\s"(),:;<>@[\\\]]+@[^\s"(),:;<>@[\\\]]+$/;
/** Room for one address with its name; longer lists are cut before they are parsed. */
const CHARS_PER_ADDRESS = 256;

/**
 * Reads an address list (RFC 5322 3.4) leniently: groups are flattened, `;` separates like `,`, comments and encoded
 * words count as names, what has no domain is left out. At most `limits.addresses`.
 */
export function parseAddressList(value: string, libraries: MailLibraries): AddressList {
  const simple = SIMPLE.exec(value);
  if (simple || BARE.test(value)) {
    const address = toAddress(simple?.[3] ?? value, simple?.[1] ?? simple?.[2] ?? '', libraries);
    return { addresses: address ? [address] : [], cut: false };
  }
  const short = value.slice(0, limits.addresses * CHARS_PER_ADDRESS);
  const addresses: MailAddress[] = [];
  for (const entry of libraries.addressparser(short, { flatten: true })) {
    if (addresses.length >= limits.addresses) return { addresses, cut: true };
    const address = toAddress(entry.address, entry.name, libraries);
    if (address) addresses.push(address);
  }
  return { addresses, cut: short.length < value.length };
}

function toAddress(raw: string, name: string, { libmime }: MailLibraries): MailAddress | undefined {
  const address = readAddress(raw);
  if (address === undefined) return undefined;
  const short = name.slice(0, limits.nameChars * 16);
  const clean = cleanName(short.includes('=?') ? libmime.decodeWords(short) : short);
  return clean === '' || clean.toLowerCase() === address ? { address } : { address, name: clean };
}
