import { Account } from '../chat/account.js';
import type { AccountEvents } from '../chat/account-events.js';
import { type AccountOptions, type CheckedOptions, checkOptions } from '../chat/options.js';
import { AccountSession } from '../chat/session.js';
import { sleep } from '../core/clock.js';
import type { Handler } from '../core/emitter.js';
import { type CoiError, InputError } from '../core/errors.js';
import { Delivery } from './delivery.js';
import { type CommandHandler, type HearsHandler, type MessageFilter, type MessageHandler, Routes } from './routes.js';

/** Options of a {@link Bot}: those of an account, with a store, so that no message is lost or answered twice. */
export interface BotOptions extends AccountOptions {
  readonly store: NonNullable<AccountOptions['store']>;
}

/** Options of {@link Bot.start}. */
export type BotStartOptions = NonNullable<Parameters<Account['start']>[0]>;

/** How long `stop` waits for handlers that run; one that hangs, or itself waits for `stop`, must not keep the process. */
const STOP_GRACE_MS = 10_000;

/**
 * A program that answers messages.
 *
 * ```ts
 * await new Bot({ email: 'bot@example.org', password: '…', store: 'bot.db' })
 *   .command('ping', (message) => message.reply('pong'))
 *   .start();
 * ```
 *
 * Every message goes to one place: its command, else the first pattern that it matches, else the general handlers. The
 * bot never sees its own messages, automatic mail (newsletters, other bots, vacation notices), mailing lists, system
 * messages of groups (for those there is the event `group`), and what lay in the mailbox before its first start. What it
 * sends is marked as automatic, so that bots do not talk to each other.
 *
 * Delivery is acknowledged: a message counts as handled once its handler has finished. After a crash it is handled again,
 * so a handler may see a message twice. A handler that throws is called three times in all, then the message is given up
 * with an `error` event. One handler at a time per chat; chats run beside each other.
 */
export class Bot {
  readonly #options: CheckedOptions;
  readonly #routes = new Routes();
  readonly #listeners: ((account: Account) => void)[] = [];
  #running: Running | undefined;
  #account: Account | undefined;

  /** @throws InputError `INVALID_OPTION` (also without `store`), `UNKNOWN_OPTION`, `INVALID_ADDRESS` */
  constructor(options: BotOptions) {
    const { acceptRequests = true } = options;
    this.#options = checkOptions('Bot', { ...options, acceptRequests });
    if (options.store === undefined) {
      throw new InputError(
        'INVALID_OPTION',
        "Bot: store is missing. Without it a restart would lose messages: store: 'bot.db'.",
      );
    }
  }

  /** Address of the bot, normalised. */
  get email(): string {
    return this.#options.identity.email;
  }

  /**
   * The account behind the bot, to write first or to read chats. There while the bot runs. Use the bot's own methods to
   * listen to messages: the account's `message` event is silent.
   *
   * @throws InputError `INVALID_STATE` before `start` and after `stop`.
   */
  get account(): Account {
    if (this.#account) return this.#account;
    throw new InputError('INVALID_STATE', 'bot.account: the bot is not running. Call start() first.');
  }

  /** Answers `/name …`, and messages that consist of the name alone, whatever the case. */
  command(name: string | readonly string[], handler: CommandHandler): this {
    this.#routes.addCommand(name, handler);
    return this;
  }

  /** Answers messages that match: a text as a whole, whatever the case, or a regular expression. Mind what a hostile text can do to it. */
  hears(pattern: string | RegExp, handler: HearsHandler): this {
    this.#routes.addPattern(pattern, handler);
    return this;
  }

  /** Answers all messages that no command and no pattern takes. */
  onMessage(handler: MessageHandler): this {
    this.#routes.addHandler(handler);
    return this;
  }

  /** Looks only at messages for which this returns true; the others count as handled. Several filters all have to agree. */
  filter(filter: MessageFilter): this {
    this.#routes.addFilter(filter);
    return this;
  }

  /** Hears of failures: handlers that were given up, refused credentials, … Without it they are logged. */
  onError(handler: (error: CoiError) => unknown): this {
    return this.on('error', handler);
  }

  /** Listens to an event of the account; `message` is the same as {@link Bot.onMessage}. */
  on<E extends keyof AccountEvents & string>(event: E, handler: Handler<AccountEvents[E]>): this {
    if (event === 'message') {
      this.#routes.addHandler(handler as Handler<AccountEvents['message']>);
      return this;
    }
    const listen = (account: Account) => void account.on(event, handler);
    this.#listeners.push(listen);
    if (this.#account) listen(this.#account);
    return this;
  }

  /**
   * Opens the store, connects, and goes on until `stop`. Resolves when the bot listens. What an earlier run had not
   * finished with is handled first.
   *
   * @throws what `Account.open` and `Account.start` throw; the store is closed again then.
   */
  async start(options: BotStartOptions = {}): Promise<this> {
    this.#running ??= this.#begin(options);
    await this.#running.launched;
    return this;
  }

  /** Takes no more messages, lets the handlers that run finish (for ten seconds at most), and closes the account. Idempotent. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    this.#account = undefined;
    running.stopping.abort(new Error('the bot was stopped'));
    const launched = await running.launched.catch(() => undefined);
    if (!launched) return;
    const { session, delivery } = launched;
    delivery.stop();
    const drained = new AbortController();
    const draining = session.drain().then(() => drained.abort());
    await Promise.race([draining, sleep(this.#options.clock, STOP_GRACE_MS, drained.signal)]);
    await session.close();
  }

  /** {@link Bot.stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #begin(options: BotStartOptions): Running {
    const stopping = new AbortController();
    const { signal } = options;
    const either = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
    const running: Running = { stopping, launched: this.#launch({ ...options, signal: either }) };
    running.launched.catch(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  async #launch(options: BotStartOptions): Promise<Launched> {
    let delivery: Delivery | undefined;
    const session = await AccountSession.open(this.#options, {
      automatic: true,
      deliver: async (message) => delivery?.deliver(message),
    });
    try {
      delivery = new Delivery({ session, clock: this.#options.clock, run: (message) => this.#routes.run(message) });
      const account = new Account(session);
      for (const listen of this.#listeners) listen(account);
      this.#account = account;
      await delivery.resume();
      await session.start(options);
      return { session, delivery };
    } catch (thrown) {
      this.#account = undefined;
      delivery?.stop();
      await session.close();
      throw thrown;
    }
  }
}

/** From `start` to `stop`. */
interface Running {
  /** Fires to give up a start that is under way. */
  readonly stopping: AbortController;
  readonly launched: Promise<Launched>;
}

interface Launched {
  readonly session: AccountSession;
  readonly delivery: Delivery;
}
