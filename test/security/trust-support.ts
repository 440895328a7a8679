import type { TrustEvent, TrustState } from 'coi-sdk';
import { expect } from 'vitest';
import { issueToken } from '../../src/trust/token.js';
import type { AttackedAccount } from './account-support.js';

const ADA = 'ada@example.org';
export const FRIEND = 'friend@example.net';
/** How the account's own server calls itself. */
const SERVER = 'mx.example.org';
const DAY_S = 24 * 3600;

/** A mail to the account that its own server saw a valid DKIM signature on. */
export interface ProvenMail {
  readonly from?: string;
  readonly to?: string;
  /** Milliseconds since 1970; default now. */
  readonly date?: number;
  readonly presented?: string;
  readonly granted?: string;
  /** Further header lines, each with its line end. */
  readonly headers?: string;
}

/** An account that has granted its friend a token, and all that can be done to that. */
export class Befriended {
  readonly events: TrustEvent[] = [];
  /** The token that the friend may present. */
  readonly token: string;
  readonly #attacked: AttackedAccount;
  #count = 0;

  private constructor(attacked: AttackedAccount, token: string) {
    this.#attacked = attacked;
    this.token = token;
    attacked.account.on('trust', (_, event) => {
      this.events.push(event);
    });
  }

  /** The friend wrote, and the account answered. */
  static async make(attacked: AttackedAccount): Promise<Befriended> {
    const account = await attacked.start({ authservId: SERVER });
    const first = await attacked.attack(mailOf('hello', {}));
    const answer = await first.reply('hello friend');
    await answer.sent();
    const chats = attacked.host.mailbox(account.email).folder('COI/Chats');
    const ours = () => chats.messages.find((mail) => mail.header('COI-MySToken') !== undefined);
    await chats.until(() => ours() !== undefined);
    const befriended = new Befriended(attacked, ours()?.header('COI-MySToken')?.replace(/\s/g, '') ?? '');
    expect(await befriended.state()).toBe('offered');
    return befriended;
  }

  /** A token that the friend grants the account: nobody but its issuer can check its MAC. */
  friendsToken(times: { created?: number; validity?: number } = {}): string {
    const { created = Math.floor(Date.now() / 1000), validity = 90 * DAY_S } = times;
    return issueToken(new Uint8Array(32).fill(1), { from: ADA, to: FRIEND }, { created, validity }).raw;
  }

  /** State of the connection with the friend, or with somebody else. */
  async state(address = FRIEND): Promise<TrustState> {
    return (await this.#attacked.account.contacts.get(address)).trust.state;
  }

  async revoke(): Promise<void> {
    await (await this.#attacked.account.contacts.get(FRIEND)).trust.revoke();
  }

  /** Delivers the mail and waits until it is taken in. */
  async deliver(mail: ProvenMail): Promise<void> {
    await this.#attacked.attack(mailOf(`mail ${++this.#count}`, mail));
    await this.#attacked.expectGoingOn();
  }

  /** Why tokens were refused so far. */
  refusals(): string[] {
    return this.events.flatMap((event) => (event.kind === 'refused' ? [`${event.what}: ${event.reason}`] : []));
  }
}

function mailOf(text: string, mail: ProvenMail): string {
  const { from = FRIEND, to = ADA, date = Date.now(), presented, granted, headers = '' } = mail;
  const domain = from.slice(from.indexOf('@') + 1);
  return [
    `Authentication-Results: ${SERVER}; dkim=pass header.d=${domain}\r\n`,
    `From: ${from}\r\nTo: ${to}\r\nDate: ${new Date(date).toUTCString()}\r\n`,
    `Message-ID: <chat$${encodeURIComponent(text)}.${Math.random().toString(36).slice(2)}@${domain}>\r\nChat-Version: 1.0\r\nSubject: s\r\n`,
    ...(presented === undefined ? [] : [`COI-SToken: ${presented}\r\n`]),
    ...(granted === undefined ? [] : [`COI-MySToken: ${granted}\r\n`]),
    headers,
    `\r\n${text}\r\n`,
  ].join('');
}
