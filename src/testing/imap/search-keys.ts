import type { ImapAttribute } from 'imapflow/lib/handler/types';
import type { StoredMail } from '../stored-mail.js';
import { Arguments, textOf } from './arguments.js';
import { parseSearchDate } from './dates.js';
import { bodyText, decodeWords } from './decoded-text.js';
import { ImapBad } from './errors.js';
import { isSequenceSet } from './sequence-set.js';
import type { ImapSession } from './session.js';

/** Decides whether a mail is found. */
export type SearchTest = (mail: StoredMail) => boolean;

const flagKeys: Record<string, string> = {
  ANSWERED: '\\Answered',
  DELETED: '\\Deleted',
  DRAFT: '\\Draft',
  FLAGGED: '\\Flagged',
  SEEN: '\\Seen',
};

const addressKeys = ['FROM', 'TO', 'CC', 'BCC', 'SUBJECT'];
const dayMs = 24 * 3600_000;
/** Nesting of NOT and OR: real clients stay below ten. */
const maxDepth = 50;

/** Reads search keys (RFC 9051 6.4.4) into tests. */
export class SearchKeys {
  readonly #session: ImapSession;
  readonly #args: Arguments;
  readonly #depth: number;
  /** MODSEQ was among the keys. */
  usedModSeq = false;

  constructor(session: ImapSession, args: Arguments, depth = 0) {
    if (depth > maxDepth) throw new ImapBad('Search is nested too deeply');
    this.#session = session;
    this.#args = args;
    this.#depth = depth;
  }

  /** The charset, if the search begins with one. */
  charset(): string | undefined {
    const first = this.#args.peek();
    if (!first || Array.isArray(first) || textOf(first).toUpperCase() !== 'CHARSET') return undefined;
    this.#args.text('CHARSET');
    return this.#args.text('charset');
  }

  /** All keys up to the end, joined by and. */
  all(): SearchTest {
    const tests = [this.#one()];
    while (this.#args.more) tests.push(this.#one());
    return (mail) => tests.every((test) => test(mail));
  }

  #one(depth = this.#depth): SearchTest {
    if (depth > maxDepth) throw new ImapBad('Search is nested too deeply');
    const attribute: ImapAttribute = this.#args.any('search key');
    if (Array.isArray(attribute)) {
      const inner = new SearchKeys(this.#session, new Arguments(attribute), depth + 1);
      const test = inner.all();
      this.usedModSeq ||= inner.usedModSeq;
      return test;
    }
    const key = textOf(attribute).toUpperCase();
    if (isSequenceSet(key)) return this.#among(key, false);
    if (key === 'NOT') {
      const test = this.#one(depth + 1);
      return (mail) => !test(mail);
    }
    if (key === 'OR') {
      const left = this.#one(depth + 1);
      const right = this.#one(depth + 1);
      return (mail) => left(mail) || right(mail);
    }
    return this.#flag(key) ?? this.#text(key) ?? this.#date(key) ?? this.#number(key);
  }

  #flag(key: string): SearchTest | undefined {
    const negated = key.startsWith('UN');
    const name = negated ? key.slice(2) : key;
    const flag = name === 'KEYWORD' ? this.#args.text('keyword') : flagKeys[name];
    if (flag !== undefined) return (mail) => mail.flags.has(flag) !== negated;
    // This server has no \Recent: nothing is new, all is old.
    if (key === 'ALL' || key === 'OLD') return () => true;
    if (key === 'NEW' || key === 'RECENT') return () => false;
    return undefined;
  }

  #text(key: string): SearchTest | undefined {
    if (key === 'HEADER') return headerTest(this.#args.text('field name'), this.#args.text('value'));
    if (addressKeys.includes(key)) return headerTest(key, this.#args.text('value'));
    if (key !== 'BODY' && key !== 'TEXT') return undefined;
    const wanted = this.#args.text('value').toLowerCase();
    return (mail) => {
      if (bodyText(mail.mime).toLowerCase().includes(wanted)) return true;
      if (key === 'BODY') return false;
      return mail.mime.fields.some(({ name, value }) =>
        `${name}: ${decodeWords(value)}`.toLowerCase().includes(wanted),
      );
    };
  }

  #date(key: string): SearchTest | undefined {
    const sent = key.startsWith('SENT');
    const name = sent ? key.slice(4) : key;
    if (name !== 'SINCE' && name !== 'BEFORE' && name !== 'ON') return undefined;
    const day = parseSearchDate(this.#args.text('date'));
    return (mail) => {
      const ms = sent ? Date.parse(mail.header('date') ?? '') : mail.internalDate;
      if (Number.isNaN(ms)) return false;
      if (name === 'BEFORE') return ms < day;
      return ms >= day && (name === 'SINCE' || ms < day + dayMs);
    };
  }

  #number(key: string): SearchTest {
    if (key === 'UID') return this.#among(this.#args.text('UIDs'), true);
    if (key === 'LARGER' || key === 'SMALLER') {
      const size = Number(this.#args.text('size'));
      return (mail) => (key === 'LARGER' ? mail.raw.length > size : mail.raw.length < size);
    }
    if (key !== 'MODSEQ' || !this.#session.context.capabilities.condstore) {
      throw new ImapBad(`Unknown search key: ${key.slice(0, 40)}`);
    }
    const first = this.#args.text('mod-sequence');
    // The long form names a flag and whose it is (RFC 7162 3.1.5); it makes no difference here.
    const modSeq = Number(/^\d+$/.test(first) ? first : [this.#args.text('type'), this.#args.text('mod-sequence')][1]);
    this.usedModSeq = true;
    this.#session.condstore = true;
    return (mail) => mail.modSeq >= modSeq;
  }

  #among(set: string, byUid: boolean): SearchTest {
    const mails = new Set(this.#session.selected.pick(set, byUid));
    return (mail) => mails.has(mail);
  }
}

function headerTest(name: string, value: string): SearchTest {
  const field = name.toLowerCase();
  const wanted = value.toLowerCase();
  return (mail) =>
    mail.mime.fields.some((other) => other.name === field && decodeWords(other.value).toLowerCase().includes(wanted));
}
