import type { MessageRecord } from '../store/records.js';
import type { Identity } from '../sync/incoming.js';

/**
 * The address that a mailing list's mail is sent to, or undefined if it cannot be told from its mails. By custom the
 * List-Id (RFC 2919) of `dev@lists.example.org` is `dev.lists.example.org`; otherwise it is the one address that a list
 * mail went to.
 */
export function listAddress(listId: string, newest: readonly MessageRecord[], identity: Identity): string | undefined {
  if (listId.includes('@')) return listId;
  for (const message of newest) {
    const others = [...message.to, ...message.cc]
      .map(({ address }) => address)
      .filter((address) => !identity.addresses.has(address));
    const named = others.find((address) => address.replace('@', '.') === listId.toLowerCase());
    if (named) return named;
    if (!message.fromMe && others.length === 1) return others[0];
  }
  return undefined;
}
