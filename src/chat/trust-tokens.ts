import type { ChatRecord } from '../store/records.js';
import { type MailTokens, tokensToSend } from '../sync/trust/tokens-to-send.js';
import type { AccountContext } from './context.js';
import type { MessageDraft } from './draft.js';

/** What decides whether tokens go along with a message. */
interface TokenQuestion {
  readonly chat: ChatRecord;
  /** Own address that it is written from. */
  readonly from: string;
  readonly recipients: readonly string[];
  readonly draft: Pick<MessageDraft, 'autoSubmitted'>;
}

/**
 * The tokens of the trusted connection for a message: only for what the user writes, to one person who uses a chat program. Whoever is written to
 * is accepted.
 */
export async function tokensFor(
  context: AccountContext,
  { chat, from, recipients, draft }: TokenQuestion,
): Promise<MailTokens | undefined> {
  const [to, ...others] = recipients;
  const personal = chat.kind === 'single' && !context.automatic && draft.autoSubmitted === undefined;
  if (!personal || to === undefined || others.length > 0) return undefined;
  const [contact] = await context.store.get('contacts', [to]);
  if (contact?.usesChat !== true) return undefined;
  return context.writer.run((tx) => tokensToSend(tx, { from, to }, context));
}
