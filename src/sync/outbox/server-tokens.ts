import type { Store } from '../../store/store.js';
import type { ServerTokens } from '../../transport/smtp.js';
import type { Transaction } from '../transaction.js';

/*
 * Tokens of submission servers (protocol 10). Those in a contact's storage message are the server's, to be read and never written. One that
 * came in a reply is kept here only, beside the token that it was given for: a server that writes another one into the mailbox has the last word.
 */

/** A token that a reply brought, in place of what the mailbox has. */
interface RenewedToken {
  readonly token: string;
  readonly replaces: string;
}

const settingOf = (address: string) => `server-token\n${address}`;

/** The tokens that are there for these recipients. */
export async function serverTokensFor(
  store: Store,
  recipients: readonly string[],
): Promise<ReadonlyMap<string, ServerTokens>> {
  const found = new Map<string, ServerTokens>();
  for (const card of await store.get('cards', recipients)) {
    const held = card?.own.serverTokenOut?.value;
    const own = card?.own.serverTokenIn?.value;
    if (card && held) found.set(card.id, { held, ...(own && { own }) });
  }
  if (found.size === 0) return found;
  for (const setting of await store.get('settings', [...found.keys()].map(settingOf))) {
    const address = setting?.key.slice(settingOf('').length) ?? '';
    const tokens = found.get(address);
    const renewed = setting?.value as RenewedToken | undefined;
    if (tokens && renewed?.replaces === tokens.held) found.set(address, { ...tokens, held: renewed.token });
  }
  return found;
}

/** Keeps the tokens that came in replies. */
export async function keepRenewed(tx: Transaction, renewed: ReadonlyMap<string, string>): Promise<void> {
  for (const [address, token] of renewed) {
    const replaces = (await tx.get('cards', address))?.own.serverTokenOut?.value;
    if (replaces) tx.put('settings', { key: settingOf(address), value: { token, replaces } satisfies RenewedToken });
  }
}
