import { decodeText } from './charset.js';
import type { ContentInfo } from './content-info.js';
import type { MailLibraries } from './libraries.js';
import type { MailHeaders, MailPart } from './parsed-mail.js';
import { decodeTransfer } from './transfer-encoding.js';

/** What a {@link LazyPart} is made of. */
export interface PartSource {
  readonly path: string;
  readonly info: ContentInfo;
  readonly encodedSize: number;
  readonly headers: MailHeaders;
  readonly children: readonly MailPart[];
  /** Still transfer-encoded; undefined if not fetched. */
  readonly encoded: Uint8Array | undefined;
  /** Header and body as they stand in the mail, where it is there as a whole. */
  readonly raw?: Uint8Array;
}

/** A part whose content is decoded when it is asked for. */
export class LazyPart implements MailPart {
  readonly path: string;
  readonly contentType: string;
  readonly params: ReadonlyMap<string, string>;
  declare readonly disposition?: string;
  readonly dispositionParams: ReadonlyMap<string, string>;
  declare readonly contentId?: string;
  readonly encoding: string;
  readonly encodedSize: number;
  readonly headers: MailHeaders;
  readonly children: readonly MailPart[];
  readonly #encoded: Uint8Array | undefined;
  readonly #raw: Uint8Array | undefined;
  readonly #libraries: MailLibraries;
  #text: string | undefined;

  constructor(source: PartSource, libraries: MailLibraries) {
    const { info } = source;
    this.path = source.path;
    this.contentType = info.type;
    this.params = info.params;
    if (info.disposition !== undefined) this.disposition = info.disposition;
    this.dispositionParams = info.dispositionParams;
    if (info.contentId !== undefined) this.contentId = info.contentId;
    this.encoding = info.encoding;
    this.encodedSize = source.encodedSize;
    this.headers = source.headers;
    this.children = source.children;
    this.#encoded = source.encoded;
    this.#raw = source.raw;
    this.#libraries = libraries;
  }

  content(): Uint8Array | undefined {
    return this.#encoded === undefined ? undefined : decodeTransfer(this.#encoded, this.encoding);
  }

  raw(): Uint8Array | undefined {
    return this.#raw;
  }

  text(): string | undefined {
    if (this.#text !== undefined) return this.#text;
    const bytes = this.content();
    if (bytes === undefined) return undefined;
    this.#text = decodeText(bytes, this.#charset(bytes), this.#libraries);
    return this.#text;
  }

  /** The label of the header; in HTML without one (servers then say US-ASCII) what `<meta charset>` within the first octets says, as in browsers. */
  #charset(bytes: Uint8Array): string | undefined {
    const label = this.params.get('charset');
    if (this.contentType !== 'text/html' || (label !== undefined && label.toLowerCase() !== 'us-ascii')) return label;
    const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
    return /charset\s{0,9}=\s{0,9}["']?([a-z0-9_:.-]{2,40})/i.exec(head)?.[1] ?? label;
  }
}
