import { describe, EncryptionError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { receiptBatches, writeReceipt } from '../../protocol/kinds/write-receipt.js';
import type { ActionRecord, LocationRecord, MessageRecord } from '../../store/records.js';
import type { ImapTransport } from '../../transport/imap.js';
import { type OutgoingMail, planOutgoing, sealOutgoing } from '../keys/seal-outgoing.js';
import type { SyncContext } from '../sync-context.js';
import { claim, hasKeyword } from './claim.js';
import { CHAT_DELIVERED, MDN_SENT } from './plan-receipts.js';

const KEYWORDS = { receipt: MDN_SENT, delivery: CHAT_DELIVERED } as const;

type ReceiptKind = keyof typeof KEYWORDS;

/** A receipt that is still to be sent, with what it is about. */
interface Pending {
  readonly action: ActionRecord;
  readonly message: MessageRecord;
  /** The copy by which it is claimed; every device picks the same one. */
  readonly copy: LocationRecord;
}

/**
 * Sends the receipts that were noted down while reading: claims them, so that no other device sends them as well, then puts them into the
 * outbox, as many messages in one mail as possible. What was claimed and then lost in a crash is not sent: better none than two.
 *
 * Returns true if there may be more.
 */
export async function sendReceipts(context: SyncContext, imap: ImapTransport, signal: AbortSignal): Promise<boolean> {
  let more = false;
  for (const kind of ['receipt', 'delivery'] as const) more = (await sendKind(context, imap, signal, kind)) || more;
  return more;
}

async function sendKind(context: SyncContext, imap: ImapTransport, signal: AbortSignal, kind: ReceiptKind) {
  const { store, writer } = context;
  const query = { index: 'byKind', prefix: [kind], limit: limits.syncBatch } as const;
  const actions: ActionRecord[] = await store.list('actions', query);
  if (actions.length === 0) return false;
  const { pending, needless } = await lookUp(context, actions, KEYWORDS[kind]);
  if (needless.length > 0) {
    await writer.run(async (tx) => {
      for (const { key } of needless) tx.remove('actions', key);
    });
  }
  let done = needless.length;
  for (const copies of byFolder(pending)) {
    const won = await claimAll(context, imap, signal, copies, KEYWORDS[kind]);
    done += won.settled;
    for (const group of byRecipient(won.claimed)) await send(context, group, kind);
  }
  return done > 0 && actions.length === limits.syncBatch;
}

/** What is to be sent now; and what need not be, because it was sent already or the message is gone. */
async function lookUp({ store }: SyncContext, actions: readonly ActionRecord[], keyword: string) {
  const messages = await store.get(
    'messages',
    actions.map(({ message }) => message),
  );
  const pending: Pending[] = [];
  const needless: ActionRecord[] = [];
  for (const [i, action] of actions.entries()) {
    const message = messages[i];
    const copies = await store.list('locations', { index: 'byMessage', prefix: [action.message] });
    const [copy] = copies.sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
    const sent = copies.some(({ flags }) => hasKeyword(flags, keyword));
    if (message === undefined || message.hidden === 1 || sent) needless.push(action);
    // Just being moved: where to is found out with the next look into the folders.
    else if (copy !== undefined) pending.push({ action, message, copy });
  }
  return { pending, needless };
}

function rankOf({ folder, uid }: LocationRecord): string {
  return `${folder}\n${String(uid).padStart(10, '0')}`;
}

function byFolder(pending: readonly Pending[]): Iterable<Pending[]> {
  return grouped(pending, ({ copy }) => `${copy.folder}\n${copy.uidValidity}`);
}

/** Receipts go to the sender, from the address that was written to, and encrypted if the message was. */
function byRecipient(pending: readonly Pending[]): Iterable<Pending[]> {
  return grouped(pending, ({ message }) => `${message.from.address}\n${message.security.encrypted}`);
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups.values();
}

/** Claims the mails of one folder. What was claimed is no longer to be done, whatever becomes of it: nobody else will do it either. */
async function claimAll(
  { writer }: SyncContext,
  imap: ImapTransport,
  signal: AbortSignal,
  copies: readonly Pending[],
  keyword: string,
): Promise<{ claimed: Pending[]; settled: number }> {
  const [first] = copies;
  if (first === undefined) return { claimed: [], settled: 0 };
  const { folder, uidValidity } = first.copy;
  const claims = await imap.withFolder(
    folder,
    async (session) => {
      // Made anew since: these UIDs mean other mails now.
      if (session.state.uidValidity !== uidValidity) return undefined;
      const uids = copies.map(({ copy }) => copy.uid).sort((a, b) => a - b);
      return claim(session, uids, keyword);
    },
    { signal },
  );
  const claimed = copies.filter(({ copy }) => claims?.won.has(copy.uid));
  const lost = copies.filter(({ copy }) => claims?.lost.has(copy.uid));
  await writer.run(async (tx) => {
    for (const { action } of [...claimed, ...lost]) tx.remove('actions', action.key);
  });
  return { claimed, settled: claimed.length + lost.length };
}

async function send(context: SyncContext, group: readonly Pending[], kind: ReceiptKind): Promise<void> {
  const { clock, identity, logger } = context;
  const [first] = group;
  if (first === undefined) return;
  const to = first.message.from.address;
  const addressed = [...first.message.to, ...first.message.cc].find(({ address }) => identity.addresses.has(address));
  const from = addressed?.address ?? identity.email;
  const disposition = kind === 'receipt' ? 'displayed' : 'processed';
  for (const messageIds of receiptBatches(group.map(({ message }) => message.messageId))) {
    const mail = await writeReceipt({ from: { address: from }, to, disposition, messageIds, date: clock.now() });
    try {
      const sealed = first.message.security.encrypted ? await seal(context, from, to, mail) : mail;
      if (sealed !== undefined) await context.send(sealed, { chatId: `receipts:${to}` });
    } catch (thrown) {
      // Nothing was promised to anybody, and in plain text it must not go out.
      if (!(thrown instanceof EncryptionError)) throw thrown;
      logger.log('info', `A receipt for ${to} is not sent: ${describe(thrown)}`);
    }
  }
}

async function seal(
  { keys, clock }: SyncContext,
  from: string,
  to: string,
  mail: OutgoingMail,
): Promise<OutgoingMail | undefined> {
  const question = { from, recipients: [{ address: to, usesChat: true }], replyToEncrypted: true };
  const plan = await planOutgoing(keys.manager, question);
  return plan.encrypted ? sealOutgoing(keys.manager, mail, plan, { now: clock.now() }) : undefined;
}
