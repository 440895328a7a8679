import { CoiError, InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { writeChatMail } from '../protocol/write.js';
import { planOutgoing, sealOutgoing } from '../sync/keys/seal-outgoing.js';
import { trustStateOf } from './contact-trust.js';
import type { AccountContext } from './context.js';

/** Sends the typing notices of an account. */
export class TypingNotices {
  readonly #context: AccountContext;
  readonly #enabled: boolean;
  /** When the last one went out, by address. */
  readonly #sent = new Map<string, number>();

  constructor(context: AccountContext, enabled: boolean) {
    this.#context = context;
    this.#enabled = enabled;
  }

  /**
   * Tells the other side of a 1:1 chat that the user is typing, if there is a trusted connection and the last notice is not too fresh.
   *
   * @throws InputError `INVALID_STATE` unless the option `typing` is on.
   */
  async send(chatId: string): Promise<void> {
    if (!this.#enabled) {
      throw new InputError('INVALID_STATE', 'Typing notices are off. Open the account with { typing: true }.');
    }
    const { store, clock, identity, keys, engine } = this.#context;
    const [chat] = await store.get('chats', [chatId]);
    const to = chat?.kind === 'single' ? chat.members[0]?.address : undefined;
    if (to === undefined) return;
    const now = clock.now();
    const [contact] = await store.get('contacts', [to]);
    if (trustStateOf(contact, now) !== 'trusted') return;
    if (now - (this.#sent.get(to) ?? Number.NEGATIVE_INFINITY) < limits.typingPauseMs) return;
    this.#sent.set(to, now);
    try {
      const from = identity.email;
      const question = { from, recipients: [{ address: to, usesChat: true }], replyToEncrypted: true };
      const plan = await planOutgoing(keys.manager, question);
      // One that is not signed would be shown as a message.
      if (!plan.encrypted) return;
      const written = await writeChatMail(
        {
          from: { address: from },
          to: [{ address: to }],
          text: '…',
          chatContent: { value: 'typing' },
          autoSubmitted: 'auto-generated',
          date: now,
          expires: now + limits.typingMs,
        },
        { encrypted: true },
      );
      await engine.sendNow(await sealOutgoing(keys.manager, written, plan, { now }), from);
    } catch (thrown) {
      // A notice that does not get through is worth nothing later.
      if (!(thrown instanceof CoiError)) throw thrown;
    }
  }
}
