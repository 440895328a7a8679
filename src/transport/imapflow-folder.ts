import type { ImapResponse } from 'imapflow';
import type { AbortOptions } from '../core/abort.js';
import { InputError, NetworkError, ServerError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type {
  FetchedMail,
  ImapFetchQuery,
  ImapFlags,
  ImapFolderSession,
  ImapFolderState,
  MovedMails,
  UidSet,
} from './imap.js';
import { misbehaved } from './imap-errors.js';
import { atom, type CommandArgument, codeArguments, literal, sequence, text, tokenText } from './imapflow-exec.js';
import { downloadPart, fetchFlags, fetchMails } from './imapflow-fetch.js';
import type { ImapLink, RunOptions } from './imapflow-link.js';
import { encodedPath, pathOf } from './imapflow-paths.js';
import { expandUidSet, uidSets } from './uid-sets.js';

const DELETED = [atom('\\Deleted')];
/** UTC+14 is the easternmost zone: a server there may date a mail a day ahead of us. */
const ZONE_SLACK = 14 * 3600_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What a session needs from its transport. */
export interface FolderContext {
  readonly link: ImapLink;
  /** Capability, upper case, as announced after login. */
  has(capability: string): boolean;
  /** The server reported a change that we did not make. */
  onStray(): void;
  /** As many of the next EXPUNGE reports are our own doing. */
  expectExpunges(count: number): void;
}

/** The open folder: every command checks before and after itself that this folder is still the one that is open. */
export class ImapFlowFolder implements ImapFolderSession {
  #ended = false;

  constructor(
    readonly state: ImapFolderState,
    private readonly context: FolderContext,
  ) {}

  /** The callback returned: from here on the session is of no use. */
  end(): void {
    this.#ended = true;
  }

  async uids(options: { readonly since?: number } & AbortOptions = {}): Promise<number[]> {
    const { since, signal } = options;
    if (since === undefined) return this.#search([atom('ALL')], { signal });
    const day = new Date(since - ZONE_SLACK);
    const date = `${day.getUTCDate()}-${MONTHS[day.getUTCMonth()]}-${day.getUTCFullYear()}`;
    return this.#search([atom('SINCE'), atom(date)], { signal });
  }

  async fetch(uids: UidSet, query: ImapFetchQuery, options?: AbortOptions): Promise<FetchedMail[]> {
    return this.#checked(() => fetchMails(this.context.link, uids, query, this.context.onStray, options));
  }

  async flags(uids: UidSet, options?: { readonly changedSince?: string } & AbortOptions): Promise<ImapFlags[]> {
    return this.#checked(() => fetchFlags(this.context.link, uids, this.context.onStray, options));
  }

  async searchHeader(
    name: string,
    value: string,
    ...others: readonly (readonly [name: string, value: string])[]
  ): Promise<number[]> {
    const isAscii = (word: string) => /^[\t -~]*$/.test(word);
    const fields = [[name, value] as const, ...others];
    const plain = fields.every(([, word]) => isAscii(word)) || this.context.link.flow.enabled.has('UTF8=ACCEPT');
    const charset = plain ? [] : [atom('CHARSET'), atom('UTF-8')];
    const criteria = fields.flatMap(([field, word]) => [
      atom('HEADER'),
      text(field),
      isAscii(word) ? text(word) : literal(Buffer.from(word)),
    ]);
    return this.#search([...charset, ...criteria]);
  }

  async *download(
    uid: number,
    part: string,
    options?: { readonly from?: number } & AbortOptions,
  ): AsyncIterable<Uint8Array> {
    this.#check();
    for await (const piece of downloadPart(this.context.link, uid, part, this.context.onStray, options)) {
      this.#check();
      yield piece;
    }
  }

  async store(
    uids: readonly number[],
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[]; readonly unchangedSince?: string },
  ): Promise<number[]> {
    const left = new Set<number>();
    for (const [operation, flags] of [
      ['+FLAGS.SILENT', change.add],
      ['-FLAGS.SILENT', change.remove],
    ] as const) {
      if (!flags?.length) continue;
      const rest = uids.filter((uid) => !left.has(uid));
      for (const set of uidSets(rest)) {
        const args: CommandArgument[] = [sequence(set)];
        if (change.unchangedSince !== undefined && this.state.highestModSeq !== undefined) {
          if (!/^\d{1,19}$/.test(change.unchangedSince)) {
            throw new InputError(
              'INVALID_OPTION',
              `"${change.unchangedSince}" is not a mod-sequence: it must be a decimal number.`,
            );
          }
          // RFC 7162 3.1.3 wants the modifier before the flags; imapflow's own STORE writes it behind, where it is ignored.
          args.push([atom('UNCHANGEDSINCE'), atom(change.unchangedSince)]);
        }
        args.push(atom(operation), flags.map(flag));
        const done = await this.#checked(() => this.context.link.execute('UID STORE', args));
        const modified = codeArguments(done, 'MODIFIED')?.[0];
        if (modified) for (const uid of expandUidSet(modified, rest.length)) left.add(uid);
      }
    }
    return [...left].sort((a, b) => a - b);
  }

  async move(uids: readonly number[], target: string): Promise<MovedMails> {
    const moved = new Map<number, number>();
    let uidValidity: string | undefined;
    const { link, has, expectExpunges } = this.context;
    const path = atom(await encodedPath(link.flow, target));
    for (const set of uidSets(uids)) {
      const learn = (response: ImapResponse) => {
        const copied = codeArguments(response, 'COPYUID');
        uidValidity = copied?.[0] ?? uidValidity;
        learnCopies(copied, uids.length, moved);
      };
      if (has('MOVE')) {
        expectExpunges(uids.length);
        const done = await this.#checked(() => link.execute('UID MOVE', [sequence(set), path], { OK: learn }));
        learn(done);
      } else {
        learn(await this.#checked(() => link.execute('UID COPY', [sequence(set), path])));
        await this.#expunge(set);
      }
    }
    expectExpunges(0);
    return { uids: moved, ...(uidValidity !== undefined && { uidValidity }) };
  }

  async expunge(uids: readonly number[]): Promise<void> {
    this.context.expectExpunges(uids.length);
    for (const set of uidSets(uids)) await this.#expunge(set);
    this.context.expectExpunges(0);
  }

  async #expunge(set: string): Promise<void> {
    const { link, has } = this.context;
    // Without UIDPLUS a plain EXPUNGE would also take what others have marked: then ours stay marked.
    const alone = has('UIDPLUS') || (await this.#search([atom('DELETED')])).length === 0;
    await this.#checked(() => link.execute('UID STORE', [sequence(set), atom('+FLAGS.SILENT'), DELETED]));
    if (has('UIDPLUS')) await this.#checked(() => link.execute('UID EXPUNGE', [sequence(set)]));
    else if (alone) await this.#checked(() => link.execute('EXPUNGE', []));
  }

  async #search(criteria: readonly CommandArgument[], options?: RunOptions): Promise<number[]> {
    const { link, has } = this.context;
    const found: number[] = [];
    const most = Math.min(limits.imapFolderMails, (link.flow.mailbox ? link.flow.mailbox.exists : 0) + 10_000);
    const charset = tokenText(criteria[0] as Parameters<typeof tokenText>[0]) === 'CHARSET';
    // RETURN (ALL) answers in ranges: a plain SEARCH of a million mails is a line of 8 MB.
    const compact = has('ESEARCH') && !charset;
    const args = compact ? [atom('RETURN'), [atom('ALL')], ...criteria] : criteria;
    await this.#checked(() =>
      link.execute(
        'UID SEARCH',
        args,
        {
          SEARCH: ({ attributes = [] }) => {
            for (const entry of attributes) {
              const value = tokenText(entry);
              if (value !== undefined) found.push(...expandUidSet(value, most - found.length));
            }
          },
          ESEARCH: ({ attributes = [] }) => {
            const at = attributes.findIndex((entry) => tokenText(entry)?.toUpperCase() === 'ALL');
            const set = at < 0 ? undefined : tokenText(attributes[at + 1]);
            if (set) for (const uid of expandUidSet(set, most - found.length)) found.push(uid);
          },
        },
        options,
      ),
    );
    return [...new Set(found)].sort((a, b) => a - b);
  }

  async #checked<T>(work: () => Promise<T>): Promise<T> {
    this.#check();
    const result = await work();
    this.#check();
    return result;
  }

  /** A lent connection may have been used by its owner meanwhile; then UIDs mean other mails. */
  #check(): void {
    if (this.#ended)
      throw new InputError(
        'INVALID_STATE',
        'The folder session is over: use it within the callback of withFolder only.',
      );
    const { link } = this.context;
    if (!link.usable) throw link.gone();
    const open = link.flow.mailbox;
    if (open && open.path === pathOf(link.flow, this.state.path) && String(open.uidValidity) === this.state.uidValidity)
      return;
    if (!link.lent) throw misbehaved(link.endpoint, `folder ${this.state.path} is no longer the open one`);
    throw new NetworkError(
      'CONNECTION_SHARED',
      `The ImapFlow that was lent opened another folder than ${this.state.path}. Don't use it between start and stop, or pass a factory.`,
    );
  }
}

function learnCopies(copied: string[] | undefined, most: number, moved: Map<number, number>): void {
  const [, from, to] = copied ?? [];
  if (!from || !to) return;
  const old = expandUidSet(from, most);
  const now = expandUidSet(to, most);
  if (old.length !== now.length)
    throw new ServerError('SERVER_MISBEHAVED', 'The IMAP server sent a COPYUID whose sets differ in length.');
  old.forEach((uid, i) => {
    const target = now[i];
    if (target !== undefined) moved.set(uid, target);
  });
}

/** A flag as atom. What is no atom (RFC 9051 9) is refused here: the server would take a quoted one as an error of ours. */
export function flag(name: string): CommandArgument {
  if (/^[\\$]?[A-Za-z0-9_.!#&'+,/:;<=>?@^`|~$-]{1,200}$/.test(name)) return atom(name);
  throw new InputError(
    'INVALID_OPTION',
    `"${name}" is not an IMAP flag. Use a system flag such as \\Seen, or a keyword of letters, digits, $, _ and -.`,
  );
}
