import { afterEach, beforeEach } from 'vitest';
import { MailHost, type MailHostOptions } from '../../src/testing/mail-host.js';
import type { ImapTransport } from '../../src/transport/imap.js';
import { engineOn, imapOn, type TestEngine, type TestEngineOptions } from './engine.js';

/** A mail host with Ada and Bob, made anew for each test, and engines that are closed after it. */
export class HostBench {
  #host: MailHost | undefined;
  readonly #engines: TestEngine[] = [];

  /** The host of the present test. */
  get host(): MailHost {
    if (!this.#host) throw new Error('The host is only there within a test.');
    return this.#host;
  }

  /** Ada's mailbox. */
  get mailbox() {
    return this.host.mailbox('ada@example.org');
  }

  /** Replaces the host by one with these options. */
  async restart(options: MailHostOptions): Promise<void> {
    await this.#host?.close();
    this.#host = await MailHost.start(options);
    this.#host.addUser('ada@example.org', 'secret');
    this.#host.addUser('bob@example.net', 'secret');
  }

  /** Makes an engine, Ada's by default. */
  async open(options: TestEngineOptions = {}): Promise<TestEngine> {
    const engine = await engineOn(this.host, options);
    this.#engines.push(engine);
    return engine;
  }

  /** Makes an engine with something between it and its connections. */
  async openIntercepted(
    wrap: (imap: ImapTransport) => ImapTransport,
    options: TestEngineOptions = {},
  ): Promise<TestEngine> {
    const connectImap = () => wrap(imapOn(this.host, options.email ?? 'ada@example.org'));
    return this.open({ ...options, connectImap });
  }

  /** Makes an engine, starts it and waits until every folder is in step. */
  async start(options: TestEngineOptions = {}): Promise<TestEngine> {
    const test = await this.open(options);
    await test.engine.start();
    await test.complete();
    return test;
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const { engine } of this.#engines.splice(0)) await engine.close();
    await this.#host?.close();
    this.#host = undefined;
  }
}

/** A bench for the tests of a file. */
export function useHostBench(options: MailHostOptions = {}): HostBench {
  const bench = new HostBench();
  beforeEach(() => bench.restart(options));
  afterEach(() => bench.close());
  return bench;
}
