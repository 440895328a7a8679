import { domainToASCII } from 'node:url';
import type { HostMailbox } from './mailbox.js';

/** One user of the {@link MailHost}. */
export interface HostUser {
  readonly email: string;
  readonly aliases: readonly string[];
  readonly mailbox: HostMailbox;
  password: string;
  accessToken: string | undefined;
}

/** What a client presented to log in. */
export type HostCredentials = { readonly password: string } | { readonly accessToken: string };

/** The users of a host, found by address. */
export class Directory {
  readonly #byAddress = new Map<string, HostUser>();
  readonly #users = new Set<HostUser>();
  readonly #domains = new Set<string>();
  readonly #bouncing = new Set<string>();

  /** @param domain The host's own domain; those of further users are added to it. */
  constructor(domain: string) {
    this.#domains.add(normalizeAddress(`x@${domain}`).slice(2));
  }

  get users(): ReadonlySet<HostUser> {
    return this.#users;
  }

  add(user: HostUser): void {
    this.#users.add(user);
    for (const address of [user.email, ...user.aliases]) {
      this.#byAddress.set(normalizeAddress(address), user);
      this.#domains.add(domainOf(address));
    }
  }

  /** An address that takes mail and bounces it afterwards. */
  addBouncing(address: string): void {
    this.#bouncing.add(normalizeAddress(address));
  }

  /** True if mail to this address is accepted and bounced. */
  isBouncing(address: string): boolean {
    return this.#bouncing.has(normalizeAddress(address));
  }

  /** The user that receives mail to this address. */
  find(address: string): HostUser | undefined {
    return this.#byAddress.get(normalizeAddress(address));
  }

  /** True if this host is responsible for the address, whether or not there is such a user. */
  isLocal(address: string): boolean {
    return this.#domains.has(domainOf(address));
  }

  /** The user with these credentials, or undefined. */
  authenticate(name: string, credentials: HostCredentials): HostUser | undefined {
    const user = this.find(name);
    if (!user) return undefined;
    if ('password' in credentials) return credentials.password === user.password ? user : undefined;
    return user.accessToken !== undefined && credentials.accessToken === user.accessToken ? user : undefined;
  }
}

/** Lower case, with the domain in A-label form. */
export function normalizeAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at + 1)}${domainToASCII(domain) || domain}`.toLowerCase();
}

function domainOf(address: string): string {
  const normal = normalizeAddress(address);
  return normal.slice(normal.lastIndexOf('@') + 1);
}
