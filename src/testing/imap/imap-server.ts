import type { Socket } from 'node:net';
import type { CommandTable } from './command-table.js';
import { fetchCommands } from './commands/fetch-command.js';
import { folderCommands } from './commands/folder-commands.js';
import { listCommands } from './commands/list-commands.js';
import { messageCommands } from './commands/message-commands.js';
import { metadataCommands } from './commands/metadata-commands.js';
import { searchCommands } from './commands/search-command.js';
import { sessionCommands } from './commands/session-commands.js';
import { type ImapServerContext, ImapSession } from './session.js';

const commands: CommandTable<ImapSession> = new Map(
  Object.entries({
    ...sessionCommands,
    ...folderCommands,
    ...listCommands,
    ...messageCommands,
    ...fetchCommands,
    ...searchCommands,
    ...metadataCommands,
  }),
);

/** The IMAP4rev1 server (RFC 3501, RFC 9051) of the mail host: serves the sockets that it is given. */
export class ImapServer {
  readonly #context: ImapServerContext;
  readonly #sessions = new Map<Socket, ImapSession>();

  constructor(context: Omit<ImapServerContext, 'commands'>) {
    this.#context = { ...context, commands };
  }

  /** Serves one connection until it ends. */
  accept(socket: Socket): void {
    const session = new ImapSession(socket, this.#context);
    this.#sessions.set(socket, session);
    socket.once('close', () => this.#sessions.delete(socket));
    void session.run();
  }

  /** Open sessions by socket. */
  get sessions(): ReadonlyMap<Socket, ImapSession> {
    return this.#sessions;
  }
}
