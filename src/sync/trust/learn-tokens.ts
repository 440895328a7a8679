import { dkimOutcome } from '../../model/authentication.js';
import { newContact } from '../../model/contact-registers.js';
import type { MessageRecord } from '../../store/records.js';
import { judgeGrant, judgePresentation, type TokenCase } from '../../trust/judge-token.js';
import { isIssuedBy, pairHash, parseToken } from '../../trust/token.js';
import { withPresented } from '../../trust/trust-facts.js';
import { ownServers } from '../ingest/own-servers.js';
import type { AccountKeys } from '../keys/account-keys.js';
import { updateCard } from '../storage/cards.js';
import type { Transaction } from '../transaction.js';
import { tokenSecrets } from './token-secrets.js';

/**
 * Learns from messages that were joined which tokens their senders grant and present, and from copies of own ones what other devices
 * granted. What does not count changes nothing; of new mail it is told (`StateChange.refusals`).
 */
export async function learnTokens(
  tx: Transaction,
  messages: readonly MessageRecord[],
  keys: AccountKeys,
): Promise<void> {
  const telling = messages.filter(({ tokens, hidden }) => tokens !== undefined && hidden === 0);
  if (telling.length === 0) return;
  const secrets = await tokenSecrets(tx, keys);
  const servers = await ownServers(tx, tx.identity);
  for (const message of telling) {
    if (message.fromMe) await learnOwn(tx, message, secrets);
    else await learnFrom(tx, message, { secrets, servers });
  }
}

/** Our own grant, read from the copy that another device left. A mail that only claims to be ours cannot name a token of ours. */
async function learnOwn(tx: Transaction, message: MessageRecord, secrets: readonly Uint8Array[]): Promise<void> {
  const [to] = [...message.to, ...message.cc];
  const token = parseToken(message.tokens?.granted ?? '');
  if (to === undefined || token === undefined || tx.identity.addresses.has(to.address)) return;
  const known = (await tx.get('cards', to.address))?.granted.includes(token.raw);
  const ours = secrets.some((secret) => isIssuedBy(secret, token));
  if (known || !ours || pairHash({ from: to.address, to: message.from.address }) !== token.hash) return;
  await updateCard(tx, to.address, { granted: token.raw });
}

async function learnFrom(
  tx: Transaction,
  message: MessageRecord,
  { secrets, servers }: { readonly secrets: readonly Uint8Array[]; readonly servers: ReadonlySet<string> },
): Promise<void> {
  const { tokens, from } = message;
  const card = await tx.get('cards', from.address);
  const proof = proofOf(message, servers);
  const about: TokenCase = {
    from: from.address,
    own: tx.identity.addresses,
    date: message.date,
    proven: proof !== undefined,
    revokedUntil: card?.revokedUntil ?? 0,
  };
  const refuse = (what: 'grant' | 'presentation', reason: NonNullable<ReturnType<typeof judgeGrant>['refusal']>) => {
    if (tx.news.has(message.key)) tx.refuse({ address: from.address, message: message.key, what, reason });
  };
  if (tokens?.granted !== undefined && card?.held.includes(tokens.granted) !== true) {
    const { token, refusal } = judgeGrant(tokens.granted, about);
    if (token) await updateCard(tx, from.address, { held: token.raw });
    else refuse('grant', refusal);
  }
  if (tokens?.presented === undefined) return;
  const { token, refusal } = judgePresentation(tokens.presented, about, secrets);
  if (!token) {
    refuse('presentation', refusal);
    return;
  }
  const contact = (await tx.get('contacts', from.address)) ?? newContact(from.address);
  const presented = withPresented(contact.presented, proof ?? 'dkim', token);
  if (presented !== contact.presented) tx.put('contacts', { ...contact, presented });
}

/** What shows that the mail is its sender's. Of a mail that our own key cannot open nothing is known. */
function proofOf(message: MessageRecord, servers: ReadonlySet<string>): 'signed' | 'dkim' | undefined {
  if (message.problem !== undefined) return undefined;
  if (message.security.signature === 'valid') return 'signed';
  const plain = !message.security.encrypted && message.security.signature === 'none';
  return plain && dkimOutcome(message, servers) === 'pass' ? 'dkim' : undefined;
}
