import { createServer, type Server, type Socket } from 'node:net';

/** A TCP port on loopback that can stop and start accepting, and knows its connections. */
export class Listener {
  readonly #onConnection: (socket: Socket) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(onConnection: (socket: Socket) => void) {
    this.#onConnection = onConnection;
  }

  /** The port; stays the same over {@link Listener.refuse} and {@link Listener.open}. */
  get port(): number {
    return this.#port;
  }

  /** Open connections. */
  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Starts to accept connections. */
  async open(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address && typeof address === 'object') this.#port = address.port;
  }

  /** Stops to accept: the operating system refuses new connections. Open ones live on. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Refuses new connections and destroys the open ones. */
  async close(): Promise<void> {
    this.refuse();
    await Promise.all([...this.#sockets].map((socket) => destroyed(socket)));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Clients come and go as they like; without a listener a reset would end the process.
    socket.on('error', () => socket.destroy());
    this.#onConnection(socket);
  }
}

function destroyed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
