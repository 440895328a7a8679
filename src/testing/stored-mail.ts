import { type MimePart, parseMime } from './mime.js';

/** One mail as it lies in a folder of the {@link MailHost}. */
export interface HostMail {
  readonly uid: number;
  /** Flags and keywords, e.g. `\Seen`, `$Chat`. */
  readonly flags: ReadonlySet<string>;
  /** The bytes as delivered or appended. `raw.toString()` shows them. */
  readonly raw: Buffer;
  /** INTERNALDATE, milliseconds since 1970. */
  readonly internalDate: number;
  /** Mod-sequence (RFC 7162) of the last change. */
  readonly modSeq: number;
  /** Unfolded value of the first header field of this name. */
  header(name: string): string | undefined;
}

/** The host's own record of a mail; the part tree is read when it is first asked for. */
export class StoredMail implements HostMail {
  readonly uid: number;
  readonly raw: Buffer;
  readonly internalDate: number;
  readonly flags: Set<string>;
  modSeq: number;
  #mime: MimePart | undefined;

  constructor(init: { uid: number; raw: Buffer; internalDate: number; flags: Iterable<string>; modSeq: number }) {
    this.uid = init.uid;
    this.raw = init.raw;
    this.internalDate = init.internalDate;
    this.flags = new Set(init.flags);
    this.modSeq = init.modSeq;
  }

  get mime(): MimePart {
    this.#mime ??= parseMime(this.raw);
    return this.#mime;
  }

  header(name: string): string | undefined {
    return this.mime.header(name);
  }
}
