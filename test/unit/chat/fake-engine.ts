import { TypedEmitter } from '../../../src/core/emitter.js';
import { InputError } from '../../../src/core/errors.js';
import type { WrittenMail } from '../../../src/protocol/chat-mail.js';
import { readChatMail } from '../../../src/protocol/read.js';
import type { MessageRecord } from '../../../src/store/records.js';
import type { AcceptOptions, ConnectionState, Engine, EngineEvents, StartOptions } from '../../../src/sync/engine.js';
import type { SyncEngineOptions } from '../../../src/sync/engine-options.js';
import type { Credentials } from '../../../src/transport/settings.js';
import { ownRecord } from './records.js';

/** An engine without a network: what it accepts stays queued, and it writes down what it is asked to do. */
export class FakeEngine extends TypedEmitter<EngineEvents> implements Engine {
  connection: ConnectionState = 'stopped';
  readonly accepted: { readonly mail: WrittenMail; readonly options: AcceptOptions }[] = [];
  readonly log: string[] = [];
  readonly credentials: Credentials[] = [];
  readonly #options: SyncEngineOptions;
  #counter = 0;

  constructor(options: SyncEngineOptions) {
    super();
    this.#options = options;
  }

  async emitError(...args: EngineEvents['error']): Promise<void> {
    await this.dispatch('error', ...args);
  }

  async emitConnection(...args: EngineEvents['connection']): Promise<void> {
    await this.dispatch('connection', ...args);
  }

  async start(_options?: StartOptions): Promise<void> {
    if (this.connection !== 'online') this.log.push('start');
    this.connection = 'online';
  }

  async stop(): Promise<void> {
    this.connection = 'stopped';
    this.log.push('stop');
  }

  async updateCredentials(credentials: Credentials): Promise<void> {
    this.credentials.push(credentials);
    await this.#options.setCredentials?.(credentials);
  }

  async accept(mail: WrittenMail, options: AcceptOptions): Promise<MessageRecord> {
    this.accepted.push({ mail, options });
    const read = await readChatMail(mail.bytes);
    const record = ownRecord(`own${++this.#counter}`, {
      chatId: options.chatId,
      messageId: mail.messageId,
      text: read.kind === 'message' ? read.text : '',
      date: read.date ?? 0,
      ...(read.from ? { from: read.from } : {}),
    });
    await this.#options.writer.run(async (tx) => tx.put('messages', record));
    return record;
  }

  async sendNow(): Promise<void> {}

  async retry(key: string): Promise<void> {
    this.log.push(`retry ${key}`);
  }

  async cancel(key: string): Promise<void> {
    const [record] = await this.#options.store.get('messages', [key]);
    if (record?.state !== 'queued') throw new InputError('INVALID_STATE', 'Too late.');
    this.log.push(`cancel ${key}`);
    await this.#options.writer.run(async (tx) => tx.remove('messages', key));
  }

  async markSeen(keys: readonly string[]): Promise<void> {
    this.log.push(`seen ${keys.join(' ')}`);
    await this.#change(keys, { seen: true });
  }

  async remove(keys: readonly string[], { server }: { readonly server: boolean }): Promise<void> {
    this.log.push(`remove ${keys.join(' ')}${server ? ' on the server' : ''}`);
    await this.#change(keys, { hidden: 1 });
  }

  async acknowledge(key: string): Promise<void> {
    this.log.push(`acknowledge ${key}`);
    await this.#change([key], { pending: 0 });
  }

  async *download(key: string, part: string): AsyncGenerator<Uint8Array> {
    this.log.push(`download ${key} ${part}`);
    yield Buffer.from(part);
    yield Buffer.from(' of ');
    yield Buffer.from(key);
  }

  async close(): Promise<void> {
    this.connection = 'stopped';
    this.log.push('close');
  }

  async #change(keys: readonly string[], change: Partial<MessageRecord>): Promise<void> {
    await this.#options.writer.run(async (tx) => {
      for (const record of await tx.getMany('messages', keys)) if (record) tx.put('messages', { ...record, ...change });
    });
  }
}
