import { Account, type AccountOptions, type CoiError, type Message } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, expect } from 'vitest';
import { startProxy, type TcpProxy } from '../e2e/proxy.js';
import { MB } from './mail-support.js';

/** What an account may take at most while it copes with an attack: far below what a mail of 64 MB taken in whole would cost. */
const MOST_MEMORY = 200 * MB;
const EMAIL = 'ada@example.org';

/** An account on a mail host of which the outside world, or the host itself, is hostile. */
export class AttackedAccount {
  #host: MailHost | undefined;
  #account: Account | undefined;
  #proxy: TcpProxy | undefined;
  readonly #messages: Message[] = [];
  #waiting: (() => void)[] = [];
  #count = 0;
  /** What came as `error` events. */
  readonly errors: CoiError[] = [];

  /** The host of the present test. */
  get host(): MailHost {
    if (!this.#host) throw new Error('The host is only there within a test.');
    return this.#host;
  }

  /** The account of the present test. */
  get account(): Account {
    if (!this.#account) throw new Error('Open the account first.');
    return this.#account;
  }

  /** Octets that the IMAP server has sent to the account. */
  get fetched(): number {
    return this.#proxy?.served ?? 0;
  }

  async setUp(): Promise<void> {
    this.#host = await MailHost.start();
    this.host.addUser(EMAIL);
    this.#proxy = await startProxy(this.host.imap.port);
  }

  async tearDown(): Promise<void> {
    await this.#account?.close();
    await this.#proxy?.close();
    await this.#host?.close();
    this.#account = undefined;
    this.#messages.length = 0;
    this.errors.length = 0;
  }

  /** Opens and starts the account. */
  async start(options: Partial<AccountOptions> = {}): Promise<Account> {
    const settings = this.host.settings(EMAIL);
    const imap = { ...settings.imap, port: this.#proxy?.port ?? 0 };
    const account = await Account.open({ ...settings, imap, logger: { log() {} }, ...options });
    this.#account = account;
    account.on('error', (error) => {
      this.errors.push(error);
    });
    account.on('message', (message) => {
      this.#messages.push(message);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    await account.start({ signal: AbortSignal.timeout(60_000) });
    return account;
  }

  /** Resolves with the first `message` event that passes the test. */
  async message(matches: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.#messages.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Delivers a mail and returns the message that it becomes. */
  async attack(raw: string | Uint8Array): Promise<Message> {
    const before = this.#messages.length;
    this.host.deliver(raw, { to: EMAIL });
    return this.message((message) => this.#messages.indexOf(message) >= before);
  }

  /** Checks that an ordinary mail still comes in, and that a message still goes out. */
  async expectGoingOn(): Promise<void> {
    const text = `ordinary ${++this.#count}`;
    this.host.deliver(plainMail(text), { to: EMAIL });
    const message = await this.message((candidate) => candidate.text === text);
    expect(message.from.address).toBe('friend@example.net');
    const answer = await message.reply('Still here.');
    await answer.sent();
    expect(this.account.connection).toBe('online');
  }
}

/** An ordinary mail of a plain mail program. */
export function plainMail(text: string): string {
  return `From: friend@example.net\nTo: ${EMAIL}\nSubject: hi\nMessage-ID: <${encodeURIComponent(text)}@example.net>\nDate: ${new Date().toUTCString()}\n\n${text}\n`;
}

/** The header that every hostile mail of these tests begins with. */
export const EVE = `From: Eve <eve@example.com>\r\nTo: ${EMAIL}\r\nMessage-ID: <attack@example.com>\r\nMIME-Version: 1.0\r\n`;

/** An attacked account for each test of a file. */
export function useAttackedAccount(): AttackedAccount {
  const attacked = new AttackedAccount();
  beforeEach(() => attacked.setUp());
  afterEach(() => attacked.tearDown());
  return attacked;
}

/** Does a piece of work and checks that it never took much memory beyond what was there before. */
export async function withinMemory<T>(work: () => Promise<T>): Promise<T> {
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, used());
  }, 20);
  try {
    const result = await work();
    expect(Math.max(peak, used()) - before).toBeLessThan(MOST_MEMORY);
    return result;
  } finally {
    clearInterval(timer);
  }
}
