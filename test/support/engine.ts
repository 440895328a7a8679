import { systemClock } from '../../src/core/clock.js';
import type { CoiError } from '../../src/core/errors.js';
import { silentLogger } from '../../src/core/logger.js';
import { secureRandom } from '../../src/core/random.js';
import type { ChatMailDraft } from '../../src/protocol/chat-mail.js';
import { writeChatMail } from '../../src/protocol/write.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { MessageRecord } from '../../src/store/records.js';
import type { Store } from '../../src/store/store.js';
import type { ConnectionState, SyncProgress } from '../../src/sync/engine.js';
import type { SyncEngineOptions } from '../../src/sync/engine-options.js';
import type { Identity } from '../../src/sync/incoming.js';
import { AccountKeys } from '../../src/sync/keys/account-keys.js';
import { StateWriter } from '../../src/sync/state-writer.js';
import { SyncEngine } from '../../src/sync/sync-engine.js';
import type { MailHost } from '../../src/testing/mail-host.js';
import type { ImapTransport } from '../../src/transport/imap.js';
import { ImapFlowTransport } from '../../src/transport/imapflow-transport.js';
import { NodemailerTransport } from '../../src/transport/nodemailer-transport.js';
import type { SmtpTransport } from '../../src/transport/smtp.js';

/** What a test of the engine may choose. */
export interface TestEngineOptions extends Partial<Omit<SyncEngineOptions, 'writer' | 'identity' | 'keys' | 'store'>> {
  /** Open. Default: a new memory store. */
  readonly store?: Store;
  readonly email?: string;
  readonly aliases?: readonly string[];
}

type OpenOptions = TestEngineOptions & Pick<SyncEngineOptions, 'connectImap' | 'smtp'>;

/** An engine with a record of everything it told. */
export class TestEngine {
  readonly engine: SyncEngine;
  readonly store: Store;
  readonly writer: StateWriter;
  readonly identity: Identity;
  readonly keys: AccountKeys;
  readonly states: [ConnectionState, CoiError | undefined][] = [];
  readonly progress: SyncProgress[] = [];
  readonly errors: CoiError[] = [];
  /** Keys of the messages that were announced, in order. */
  readonly news: string[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(
    { email: _email, aliases: _aliases, ...options }: OpenOptions,
    writer: StateWriter,
    keys: AccountKeys,
  ) {
    const { store, identity, clock } = writer;
    this.store = store;
    this.identity = identity;
    this.writer = writer;
    this.keys = keys;
    this.engine = new SyncEngine({
      random: secureRandom,
      logger: silentLogger,
      ...options,
      clock,
      store,
      writer,
      identity,
      keys,
    });
    this.engine.on('change', ({ news }) => {
      this.news.push(...news);
      this.#check();
    });
    this.engine.on('connection', (state, error) => {
      this.states.push([state, error]);
      this.#check();
    });
    this.engine.on('sync', (progress) => {
      this.progress.push(progress);
      this.#check();
    });
    this.engine.on('error', (error) => {
      this.errors.push(error);
      this.#check();
    });
  }

  static async open(options: OpenOptions): Promise<TestEngine> {
    const store = options.store ?? new MemoryStore();
    if (!options.store) await store.open();
    const { email = 'ada@example.org', aliases = [], clock = systemClock } = options;
    const writer = new StateWriter({ store, identity: { email, addresses: new Set([email, ...aliases]) }, clock });
    const keys = await AccountKeys.open({ writer, clock, random: options.random ?? secureRandom });
    return new TestEngine(options, writer, keys);
  }

  /** Resolves when the condition holds; looked at now and after everything the engine tells. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves when the condition holds; looked at now and after every commit. */
  async untilChange(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      await new Promise<void>((resolve) => {
        const stop = this.writer.onChange(() => {
          stop();
          resolve();
        });
      });
    }
  }

  /** Resolves when every folder is in step. */
  async complete(): Promise<void> {
    await this.until(() => this.progress.at(-1)?.complete === true);
  }

  /** Texts of the announced messages, in order. */
  async newsTexts(): Promise<string[]> {
    return (await this.store.get('messages', this.news)).map((message) => message?.text ?? '');
  }

  /** All visible messages, oldest first. */
  messages(): Promise<MessageRecord[]> {
    return this.store.list('messages', { index: 'byDate', prefix: [0] });
  }

  /** Texts of all visible messages, oldest first. */
  async texts(): Promise<string[]> {
    return (await this.messages()).map(({ text }) => text);
  }

  /** The record of a message. */
  async message(key: string): Promise<MessageRecord> {
    const [record] = await this.store.get('messages', [key]);
    if (!record) throw new Error(`There is no message ${key}.`);
    return record;
  }

  /** Writes a message and puts it into the outbox. */
  async send(
    to: string | readonly string[],
    text: string,
    options: Partial<ChatMailDraft> & { delayMs?: number } = {},
  ) {
    const { delayMs = 0, ...draft } = options;
    const recipients = [to].flat();
    const mail = await writeChatMail({
      from: { address: this.identity.email },
      to: recipients.map((address) => ({ address })),
      text,
      ...draft,
    });
    return this.engine.accept(mail, { chatId: `single:${recipients[0]}`, delayMs });
  }

  /** Resolves when the message has this state. */
  async untilState(key: string, state: MessageRecord['state']): Promise<MessageRecord> {
    await this.until(async () => (await this.message(key)).state === state);
    return this.message(key);
  }

  #check(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** A connection to the mail host. */
export function imapOn(host: MailHost, email: string, password = host.settings(email).password): ImapTransport {
  const credentials = { user: email, password };
  return new ImapFlowTransport({ server: host.imap, credentials, logger: silentLogger, clock: systemClock });
}

/** An engine on the mail host, over real connections. */
export function engineOn(host: MailHost, options: TestEngineOptions = {}): Promise<TestEngine> {
  const email = options.email ?? 'ada@example.org';
  let { password } = host.settings(email);
  const clock = systemClock;
  const logger = options.logger ?? silentLogger;
  const connectImap = () => imapOn(host, email, password);
  const connectSmtp = (): SmtpTransport =>
    new NodemailerTransport({ server: host.smtp, credentials: { user: email, password }, logger, clock });
  let smtp = connectSmtp();
  const replaceable: SmtpTransport = {
    verify: (how) => smtp.verify(how),
    send: (message, how) => smtp.send(message, how),
    close: () => smtp.close(),
  };
  return TestEngine.open({
    connectImap,
    smtp: replaceable,
    setCredentials: async (credentials) => {
      if ('password' in credentials) password = credentials.password;
      await smtp.close();
      smtp = connectSmtp();
    },
    ...options,
    email,
  });
}

/** A mail as another program would write it. */
export function rawMail(init: {
  readonly from?: string;
  readonly to?: string;
  readonly text: string;
  readonly id?: string;
  readonly chat?: boolean;
  readonly date?: Date;
}): string {
  const { from = 'bob@example.net', to = 'ada@example.org', text, chat = true } = init;
  const id = init.id ?? `${chat ? 'chat$' : ''}${text.replace(/\W+/g, '-')}@example.net`;
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Date: ${(init.date ?? new Date()).toUTCString()}`,
    `Message-ID: <${id}>`,
    ...(chat ? ['Chat-Version: 1.0'] : []),
    'Subject: Hello',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n');
}
