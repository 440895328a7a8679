import { sameAddress } from '../mail/address.js';
import type { MailHeaders, ParsedMail } from '../mail/parsed-mail.js';

/** A mail whose headers come from where they are protected. */
export interface ProtectedMail {
  readonly mail: ParsedMail;
  /** The protected From is another address than the outer one; the outer one was kept. */
  readonly fromMismatch: boolean;
}

/**
 * Fields that servers add on the way, about the mail and not of it. They are never inside, and are kept from outside.
 */
const TRACE = new Set(['received', 'return-path', 'authentication-results']);

/** Fields that say how a part is built, and stay with it (RFC 9788 1.8: structural). */
const STRUCTURAL = /^(?:content-|mime-version$)/i;

/**
 * Joins the headers of a mail with those of its decrypted (or signed) payload.
 *
 * - RFC 9788 (`hp="cipher"` or `hp="clear"`): all header fields are the payload's, even where it lacks one. Anybody on
 *   the way could have added it outside.
 * - Older `protected-headers="v1"`: a field that the payload has replaces the outer one, the others stay.
 * - Neither: the outer fields count, the payload's are ignored.
 *
 * An inner From with another address than the outer one is never taken: servers checked the outer one, and nobody
 * else's name shall be borrowed.
 */
export function withProtectedHeaders(outer: ParsedMail, payload: ParsedMail): ProtectedMail {
  const { root } = payload;
  const body = {
    root,
    size: outer.size,
    ...(payload.bodyHash !== undefined && { bodyHash: payload.bodyHash }),
    shapeHash: payload.shapeHash,
    problems: [...outer.problems, ...payload.problems],
  };
  const hp = root.params.get('hp')?.toLowerCase();
  const isProtected = hp === 'cipher' || hp === 'clear';
  if (!isProtected && root.params.get('protected-headers')?.toLowerCase() !== 'v1') {
    return { mail: { ...outer, ...body }, fromMismatch: false };
  }
  const has = (name: string) => payload.headers.get(name) !== undefined;
  const pick = (name: string) => (isProtected || has(name) ? payload : outer);
  const fromMismatch = has('From') && !sameSender(payload, outer);
  const sender = fromMismatch || !has('From') ? outer : payload;
  const mail: ParsedMail = {
    ...body,
    headers: new JoinedHeaders(outer.headers, payload.headers, isProtected, sender === outer),
    from: sender.from,
    ...optional('sender', pick('Sender').sender),
    to: pick('To').to,
    cc: pick('Cc').cc,
    replyTo: pick('Reply-To').replyTo,
    // A mail without date or id would lose its place; the outer one is better than none.
    ...optional('messageId', (payload.messageId === undefined ? outer : payload).messageId),
    ...optional('date', (payload.date === undefined ? outer : payload).date),
    ...optional('subject', pick('Subject').subject),
    inReplyTo: pick('In-Reply-To').inReplyTo,
    references: pick('References').references,
  };
  return { mail, fromMismatch };
}

function sameSender(a: ParsedMail, b: ParsedMail): boolean {
  const [first] = a.from;
  const [second] = b.from;
  if (a.from.length !== 1 || b.from.length !== 1 || !first || !second) return false;
  return sameAddress(first.address, second.address);
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  const result: { [N in Name]?: Value } = {};
  if (value !== undefined) result[name] = value;
  return result;
}

/** Two header blocks seen as one; which of them a field is taken from depends on its name alone. */
class JoinedHeaders implements MailHeaders {
  readonly #outer: MailHeaders;
  readonly #inner: MailHeaders;
  readonly #onlyInner: boolean;
  readonly #outerFrom: boolean;

  constructor(outer: MailHeaders, inner: MailHeaders, onlyInner: boolean, outerFrom: boolean) {
    this.#outer = outer;
    this.#inner = inner;
    this.#onlyInner = onlyInner;
    this.#outerFrom = outerFrom;
  }

  get(name: string): string | undefined {
    return this.#source(name).get(name);
  }

  getAll(name: string): readonly string[] {
    return this.#source(name).getAll(name);
  }

  text(name: string): string | undefined {
    return this.#source(name).text(name);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const entry of this.#outer.entries()) if (this.#source(entry[0]) === this.#outer) yield entry;
    for (const entry of this.#inner.entries()) if (this.#source(entry[0]) === this.#inner) yield entry;
  }

  #source(name: string): MailHeaders {
    const lower = name.toLowerCase();
    if (TRACE.has(lower)) return this.#outer;
    if (lower === 'from' && this.#outerFrom) return this.#outer;
    if (this.#onlyInner || STRUCTURAL.test(lower)) return this.#inner;
    return this.#inner.get(lower) === undefined ? this.#outer : this.#inner;
  }
}
