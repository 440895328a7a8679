import type { Socket } from 'node:net';
import type { ImapCompileNode } from 'imapflow/lib/handler/types';
import { limits } from '../../core/limits.js';
import type { CoiServer } from '../coi-server.js';
import { type Directory, type HostUser, normalizeAddress } from '../directory.js';
import type { FaultPlan } from '../fault-plan.js';
import type { HostFolder } from '../folder.js';
import type { HostMailbox } from '../mailbox.js';
import { Arguments } from './arguments.js';
import { capabilityList, type ImapCapabilities } from './capabilities.js';
import type { Codec } from './codec.js';
import { CommandReader } from './command-reader.js';
import type { Command, CommandTable } from './command-table.js';
import { ConnectionGone, ImapBad, ImapNo } from './errors.js';
import { SelectedFolder } from './selected-folder.js';

const lineBreak = Buffer.from('\r\n');

/** What all sessions of one server share. */
export interface ImapServerContext {
  readonly codec: Codec;
  readonly commands: CommandTable<ImapSession>;
  readonly directory: Directory;
  readonly plan: FaultPlan;
  readonly capabilities: ImapCapabilities;
  /** False: no new keywords can be stored (no `\*` in PERMANENTFLAGS). */
  readonly keywords: boolean;
  readonly coi: CoiServer | undefined;
  readonly hostName: string;
  readonly maxMessageBytes: number;
}

/** A command of this server. */
export type ImapCommand = Command<ImapSession>;

/** One IMAP connection. */
export class ImapSession {
  readonly context: ImapServerContext;
  readonly #socket: Socket;
  readonly #reader: CommandReader;
  #user: HostUser | undefined;
  #selected: SelectedFolder | undefined;
  #idling = false;
  #ending = false;
  /** CONDSTORE was asked for: FETCH responses carry MODSEQ (RFC 7162 3.1). */
  condstore = false;

  constructor(socket: Socket, context: ImapServerContext) {
    this.context = context;
    this.#socket = socket;
    const sizes = { lineBytes: limits.imapLineBytes, literalBytes: context.maxMessageBytes };
    this.#reader = new CommandReader(context.codec, socket, sizes, () => this.line('+ OK'));
    socket.once('close', () => this.#selected?.close());
  }

  /** Address of the user that is logged in. */
  get user(): HostUser | undefined {
    return this.#user;
  }

  /** The mailbox of the user that is logged in. */
  get mailbox(): HostMailbox {
    if (!this.#user) throw new ImapBad('Log in first');
    return this.#user.mailbox;
  }

  /** The selected folder. */
  get selected(): SelectedFolder {
    if (!this.#selected) throw new ImapBad('No folder selected');
    return this.#selected;
  }

  /** True if this folder is the selected one. */
  hasSelected(folder: HostFolder): boolean {
    return this.#selected?.folder === folder;
  }

  /** The list for a CAPABILITY response. */
  get capabilityList(): string {
    const coi = this.context.coi !== undefined;
    return capabilityList(this.context.capabilities, { loggedIn: this.#user !== undefined, coi });
  }

  /** Talks until the client leaves. */
  async run(): Promise<void> {
    try {
      this.line(`* OK [CAPABILITY ${this.capabilityList}] ${this.context.hostName} ready`);
      while (!this.#ending && (await this.#step()));
      this.#socket.end();
    } catch (error) {
      if (!(error instanceof ConnectionGone)) this.line('* BYE Too much, or not understood');
      this.#socket.destroySoon();
    }
  }

  /** The user is known from now on. */
  logIn(user: HostUser): void {
    this.#user = user;
  }

  /** The connection ends after the current command. */
  end(): void {
    this.#ending = true;
  }

  /** Opens a folder instead of the one that is open. */
  select(folder: HostFolder | undefined, readOnly = false): void {
    this.#selected?.close();
    this.#selected =
      folder &&
      new SelectedFolder(folder, readOnly, {
        changed: () => {
          if (this.#idling) this.#flush(true);
        },
        replaced: (reason) => {
          this.line(`* BYE ${reason}`);
          this.#socket.destroySoon();
        },
      });
  }

  /** Waits for the client's next line outside of commands (a SASL answer, DONE). Changes are told meanwhile if `idle`. */
  async readLine(options: { readonly idle?: boolean } = {}): Promise<string> {
    this.#idling = options.idle === true;
    if (this.#idling) this.#flush(true);
    try {
      const item = await this.#reader.next();
      if (!item) throw new ConnectionGone();
      return item.line.toString();
    } finally {
      this.#idling = false;
    }
  }

  /** Writes one line. */
  line(text: string): void {
    this.write(`${text}\r\n`);
  }

  /** Writes octets as they are. */
  write(octets: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(octets);
  }

  /** Writes an untagged response, and waits while the client is slow to read. */
  async respond(attributes: ImapCompileNode[]): Promise<void> {
    const [first, ...rest] = attributes;
    const input = { tag: '*', command: String(first), attributes: rest };
    const compiled = await this.context.codec.compiler(input);
    const bytes = Array.isArray(compiled) ? Buffer.concat(compiled) : compiled;
    const literal = bytes.indexOf('}\r\n');
    if (literal >= 0 && this.context.plan.takeStall()) await this.#stall(bytes, literal + 3);
    this.write(Buffer.concat([bytes, lineBreak]));
    if (this.#socket.writableNeedDrain) await this.#settled('drain');
    if (this.#socket.destroyed) throw new ConnectionGone();
  }

  /** Sends half of the first literal, then nothing until the connection is gone. */
  async #stall(bytes: Buffer, start: number): Promise<never> {
    this.write(bytes.subarray(0, start + ((bytes.length - start) >> 1)));
    await this.#settled('close');
    throw new ConnectionGone();
  }

  #settled(event: 'drain' | 'close'): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once('close', resolve);
      this.#socket.once(event, resolve);
    });
  }

  /** One command. False at the end of the connection. */
  async #step(): Promise<boolean> {
    const item = await this.#reader.next();
    if (!item) return false;
    const tag = /^[!-~]{1,100}/.exec(item.line.toString('latin1'))?.[0] ?? '*';
    try {
      const parsed = await this.context.codec.parser(item.line, { literals: item.literals, literalPlus: true });
      const name = (parsed.command ?? '').toUpperCase();
      await this.#execute(tag, name, new Arguments(parsed.attributes ?? []));
    } catch (error) {
      if (error instanceof ConnectionGone) throw error;
      const status = error instanceof ImapNo ? 'NO' : 'BAD';
      this.#flush(false);
      this.line(`${tag} ${status} ${error instanceof Error ? error.message.replace(/[\r\n]+/g, ' ') : 'Failed'}`);
    }
    return true;
  }

  async #execute(tag: string, name: string, args: Arguments): Promise<void> {
    const byUid = name.startsWith('UID ');
    // The parser joins AUTHENTICATE and its mechanism.
    const mechanism = name.startsWith('AUTHENTICATE ') ? name.slice(13) : undefined;
    const base = byUid ? name.slice(4) : mechanism ? 'AUTHENTICATE' : name;
    const action = await this.context.plan.before(base, this.#user && normalizeAddress(this.#user.email));
    if (action.kind === 'drop') {
      this.#socket.destroy();
      throw new ConnectionGone();
    }
    const command = this.#find(base, byUid);
    if (action.kind === 'reply') return this.line(`${tag} ${action.reply}`);
    // Mail that came meanwhile belongs to what the command sees.
    for (const line of this.#selected?.announce() ?? []) this.line(line);
    const text = await command.run(this, args, { byUid, mechanism });
    if (this.#socket.destroyed) throw new ConnectionGone();
    this.#flush(command.holdsExpunge !== true);
    this.line(`${tag} OK ${text ?? `${name} completed`}`);
  }

  #find(name: string, byUid: boolean): ImapCommand {
    const command = this.context.commands.get(name);
    const available = command && (!command.needs || this.context.capabilities[command.needs] || command.even?.(this));
    if (!command || !available || (byUid && !command.uid)) throw new ImapBad(`Unknown command: ${name}`);
    if (command.state === 'new' && this.#user) throw new ImapBad('Already logged in');
    if ((command.state === 'user' || command.state === 'selected') && !this.#user) throw new ImapBad('Log in first');
    if (command.state === 'selected' && !this.#selected) throw new ImapBad('No folder selected');
    return command;
  }

  #flush(expunge: boolean): void {
    const lines = this.#selected?.flush({ expunge, modSeq: this.condstore }) ?? [];
    if (lines.length > 0) this.write(`${lines.join('\r\n')}\r\n`);
  }
}
