import { domainOf } from '../mail/address.js';
import type { MessageRecord } from '../store/records.js';

/**
 * Whether a mail was signed (DKIM) by the domain it claims to come from, as the account's own server found: `pass`; `fail`: the
 * signature is wrong; `none`: there is no signature of that domain; `unknown`: the server said nothing, or nobody knows which server is ours.
 */
export type DkimOutcome = 'pass' | 'fail' | 'none' | 'unknown';

/**
 * The DKIM outcome of a message. `servers`: names (authserv-id) of the account's own servers; what others say does not count. The
 * record keeps what the mail said, so that the outcome follows when the names become known later.
 */
export function dkimOutcome(
  message: Pick<MessageRecord, 'from' | 'authentication'>,
  servers: ReadonlySet<string>,
): DkimOutcome {
  const { from, authentication } = message;
  if (authentication === undefined || !servers.has(authentication.server)) return 'unknown';
  if (authentication.dkim.length === 0) return 'unknown';
  const signed = authentication.dkim.filter(({ result }) => result !== 'none');
  const aligned = signed.filter(({ domain }) => domain !== undefined && isAligned(from.address, domain));
  if (aligned.some(({ result }) => result === 'pass')) return 'pass';
  if (aligned.some(({ result }) => result === 'temperror')) return 'unknown';
  // Some servers name no domain for a signature that they could not verify.
  const failed = aligned.length > 0 || signed.some(({ result, domain }) => domain === undefined && result !== 'pass');
  return failed ? 'fail' : 'none';
}

/**
 * True if a signature of that domain speaks for the address: its own domain, or one above it. A domain below does not: whose subdomain
 * somebody else may have cannot be told without a list of all registries.
 */
function isAligned(address: string, domain: string): boolean {
  const own = domainOf(address);
  return own !== '' && (own === domain || (domain.includes('.') && own.endsWith(`.${domain}`)));
}

/** True if one of the signatures that the mail's topmost field calls valid speaks for the sender, whoever wrote that field. */
export function claimsPass(message: Pick<MessageRecord, 'from' | 'authentication'>): boolean {
  const { authentication } = message;
  return authentication !== undefined && dkimOutcome(message, new Set([authentication.server])) === 'pass';
}

/** The better one of what two copies of the same mail say. */
export function joinAuthentication<T extends Pick<MessageRecord, 'from' | 'authentication'>>(a: T, b: T): T {
  if ((a.authentication === undefined) !== (b.authentication === undefined))
    return a.authentication === undefined ? b : a;
  const pass = claimsPass(a);
  if (pass !== claimsPass(b)) return pass ? a : b;
  return JSON.stringify(a.authentication) <= JSON.stringify(b.authentication) ? a : b;
}
