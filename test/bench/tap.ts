import { createConnection, createServer } from 'node:net';

/** A TCP proxy that notes when a text goes by. */
export interface Tap {
  readonly port: number;
  /** Time (performance.now) at which the pattern was last seen; 0 if never. */
  last(): number;
  close(): Promise<void>;
}

/** Listens in on one direction of the connections to a port on loopback. */
export function startTap(targetPort: number, direction: 'from-server' | 'to-server', pattern: string): Promise<Tap> {
  let last = 0;
  const server = createServer((client) => {
    const target = createConnection(targetPort, '127.0.0.1');
    client.setNoDelay(true);
    target.setNoDelay(true);
    const watched = direction === 'from-server' ? target : client;
    watched.on('data', (chunk: Buffer) => {
      if (chunk.includes(pattern)) last = performance.now();
    });
    client.pipe(target).pipe(client);
    for (const [socket, peer] of [
      [client, target],
      [target, client],
    ] as const) {
      socket.on('error', () => {});
      socket.once('close', () => peer.destroy());
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve({
        port: address.port,
        last: () => last,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
          }),
      });
    });
  });
}
