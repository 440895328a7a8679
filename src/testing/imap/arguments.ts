import type { ImapAttribute, ImapAttributeList, ImapAttributeNode } from 'imapflow/lib/handler/types';
import { ImapBad } from './errors.js';
import { decodeMailboxName } from './mailbox-name.js';

/** Reads the arguments of one command from left to right. */
export class Arguments {
  readonly #list: readonly ImapAttribute[];
  #at = 0;

  constructor(list: readonly ImapAttribute[]) {
    this.#list = list;
  }

  /** True while there are arguments left. */
  get more(): boolean {
    return this.#at < this.#list.length;
  }

  /** The next argument, without taking it. */
  peek(): ImapAttribute | undefined {
    return this.#list[this.#at];
  }

  /** The next argument, whatever it is. */
  any(what: string): ImapAttribute {
    const attribute = this.#list[this.#at++];
    if (attribute === undefined) throw new ImapBad(`Missing argument: ${what}`);
    return attribute;
  }

  /** An atom, quoted string, number or literal. */
  text(what: string): string {
    const attribute = this.any(what);
    if (Array.isArray(attribute)) throw new ImapBad(`Unexpected list: ${what}`);
    return textOf(attribute);
  }

  /** A folder name, decoded. */
  mailbox(what = 'mailbox'): string {
    return decodeMailboxName(this.text(what));
  }

  /** A parenthesised list. */
  list(what: string): ImapAttributeList {
    const attribute = this.any(what);
    if (!Array.isArray(attribute)) throw new ImapBad(`Expected a list: ${what}`);
    return attribute;
  }

  /** The next argument if it is a list. */
  optionalList(): ImapAttributeList | undefined {
    return Array.isArray(this.peek()) ? this.list('list') : undefined;
  }

  /** The octets of a literal or string. */
  octets(what: string): Buffer {
    const attribute = this.any(what);
    if (attribute === null || Array.isArray(attribute)) throw new ImapBad(`Expected a literal: ${what}`);
    const { value } = attribute;
    return Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ''));
  }

  /** To be called last. */
  end(): void {
    if (this.more) throw new ImapBad('Unexpected argument at the end');
  }
}

/** Text of one token. The parser turns the atom NIL into null. */
export function textOf(attribute: ImapAttributeNode | null): string {
  if (attribute === null) return 'NIL';
  const { value } = attribute;
  return Buffer.isBuffer(value) ? value.toString() : String(value ?? '');
}

/** Texts of a flat list of tokens. */
export function textsOf(list: ImapAttributeList): string[] {
  return list.map((entry) => {
    if (Array.isArray(entry)) throw new ImapBad('Unexpected nested list');
    return textOf(entry);
  });
}

/** Flags of a STORE or APPEND, checked. */
export function flagsOf(texts: readonly string[]): string[] {
  return texts.map((flag) => {
    const system = systemFlags.find((known) => known.toLowerCase() === flag.toLowerCase());
    if (system) return system;
    if (!/^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]{1,100}$/.test(flag)) throw new ImapBad(`Invalid flag: ${flag}`);
    return flag;
  });
}

/** System flags that can be stored. */
export const systemFlags: readonly string[] = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];
