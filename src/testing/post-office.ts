import type { Clock } from '../core/clock.js';
import { deliveryReport, type FailedRecipient } from './bounce.js';
import type { CoiServer } from './coi-server.js';
import { type Directory, type HostUser, normalizeAddress } from './directory.js';
import type { FaultPlan } from './fault-plan.js';
import type { AppendOptions } from './folder.js';
import type { PresentedTokens } from './smtp/submission-tokens.js';

/** One message that was handed over by SMTP. */
export interface SentMail {
  /** Address of the user that was logged in. */
  readonly user: string;
  /** MAIL FROM; empty for reports. */
  readonly from: string;
  /** RCPT TO of all accepted recipients. */
  readonly to: readonly string[];
  /** The bytes as the client sent them. */
  readonly raw: Buffer;
  /** When it was accepted, milliseconds since 1970. */
  readonly date: number;
  /** With `SYNC`: the tokens that were presented, by recipient. */
  readonly tokens?: ReadonlyMap<string, PresentedTokens>;
}

/** What the post office needs to know. */
export interface PostOfficeInit {
  readonly hostName: string;
  readonly directory: Directory;
  readonly plan: FaultPlan;
  readonly clock: Clock;
  readonly coi: CoiServer | undefined;
  /** What becomes of mail to other hosts. */
  readonly otherDomains: 'drop' | 'bounce';
}

/** Brings mail into mailboxes: filing, sent copies, bounces, and the faults of delivery. */
export class PostOffice {
  readonly #init: PostOfficeInit;
  readonly #held: (() => void)[] = [];
  #reports = 0;
  #received = 0;
  /** Everything that was submitted, oldest first. */
  readonly sent: SentMail[] = [];

  constructor(init: PostOfficeInit) {
    this.#init = init;
  }

  /** Takes over a message: keeps the sender's copy, delivers to local recipients, returns what cannot be delivered. */
  submit(mail: SentMail, sender: HostUser): void {
    this.sent.push(mail);
    this.#keepCopy(mail, sender);
    const failed: FailedRecipient[] = [];
    const users = new Set<HostUser>();
    for (const address of mail.to) {
      const bounce = this.#bounceOf(address);
      const user = this.#init.directory.find(address);
      if (bounce) failed.push({ address, ...bounce });
      else if (user) users.add(user);
      else if (this.#init.otherDomains === 'bounce') {
        failed.push({ address, status: '5.4.4', text: 'Host or domain name not found' });
      }
    }
    const raw = Buffer.concat([this.#trace(mail), mail.raw]);
    for (const user of users) this.deliver(user, raw);
    if (failed.length > 0 && mail.from !== '') this.#bounce(mail, failed);
  }

  /** Puts a mail into a user's mailbox: now, or later if deliveries are held. */
  deliver(user: HostUser, raw: Buffer, options: AppendOptions = {}): void {
    const { plan, coi, clock } = this.#init;
    const internalDate = options.internalDate ?? clock.now();
    const put = () => {
      const { folder, options: filed } = coi?.incoming(user.mailbox, raw) ?? {
        folder: user.mailbox.inbox,
        options: {},
      };
      const flags = [...(options.flags ?? []), ...(filed.flags ?? [])];
      for (let copy = plan.duplicate ? 2 : 1; copy > 0; copy--) folder.add(raw, { flags, internalDate });
    };
    if (plan.hold) this.#held.push(put);
    else put();
  }

  /** Delivers what was held, shuffled by the seed; 0 keeps the order. */
  release(seed: number): number {
    const held = this.#held.splice(0);
    if (seed !== 0) shuffle(held, seed);
    for (const put of held) put();
    return held.length;
  }

  #keepCopy(mail: SentMail, sender: HostUser): void {
    const { plan, coi } = this.#init;
    if (coi?.submitted(sender.mailbox, mail.raw)) return;
    if (plan.keepSent) sender.mailbox.withSpecialUse('\\Sent')?.add(mail.raw, { flags: ['\\Seen'] });
  }

  #bounceOf(address: string): { readonly status: string; readonly text: string } | undefined {
    const { plan, directory } = this.#init;
    if (directory.isBouncing(address)) return { status: '5.1.1', text: 'User unknown' };
    return plan.bouncing.get(normalizeAddress(address));
  }

  #bounce(mail: SentMail, failed: readonly FailedRecipient[]): void {
    const { directory, hostName, clock } = this.#init;
    const user = directory.find(mail.from);
    if (!user) return;
    const id = `bounce-${++this.#reports}`;
    const report = deliveryReport({ host: hostName, to: mail.from, date: clock.now(), id, failed, original: mail.raw });
    this.deliver(user, Buffer.concat([Buffer.from('Return-Path: <>\r\n'), report]));
  }

  /** Trace header fields of RFC 5321 4.4. */
  #trace(mail: SentMail): Buffer {
    const { hostName } = this.#init;
    const date = new Date(mail.date).toUTCString().replace('GMT', '+0000');
    const only = mail.to.length === 1 ? `\r\n\tfor <${mail.to[0]}>` : '';
    return Buffer.from(
      `Return-Path: <${mail.from}>\r\n` +
        `Received: from [127.0.0.1] by ${hostName} with ESMTPA id ${++this.#received}${only}; ${date}\r\n`,
    );
  }
}

/** Fisher-Yates with a small linear congruential generator, so that the same seed gives the same order. */
function shuffle<T>(list: T[], seed: number): void {
  let state = seed >>> 0;
  for (let i = list.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
}
