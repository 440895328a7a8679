import { createConnection, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can cut or refuse connections, so that any server can be made to fail. */
export interface TcpProxy {
  readonly port: number;
  /** Octets that the server has sent so far, over all connections. */
  readonly served: number;
  /** Resets every open connection. */
  cut(): void;
  /** While true, new connections are reset at once. */
  refuse(refusing: boolean): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a port on loopback. `onSent` hears all that clients send. */
export function startProxy(targetPort: number, onSent?: (chunk: Buffer) => void): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let refusing = false;
  let served = 0;
  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const target = createConnection(targetPort, '127.0.0.1');
    if (onSent) client.on('data', onSent);
    target.on('data', (chunk) => {
      served += chunk.length;
    });
    for (const [socket, peer] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
      socket.pipe(peer);
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve({
        port: address.port,
        get served() {
          return served;
        },
        cut,
        refuse(value) {
          refusing = value;
        },
        close() {
          cut();
          return new Promise((done) => server.close(() => done()));
        },
      });
    });
  });
}
