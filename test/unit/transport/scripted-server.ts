import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

/** Self-signed certificate of localhost and 127.0.0.1, valid for a hundred years; the other one ended in 2002. */
export const certificate = fixture('cert.pem');
const key = fixture('key.pem');
export const expiredCertificate = fixture('expired.pem');
const expired = { cert: expiredCertificate, key: fixture('expired-key.pem') };

/** One connection as the script sees it. */
export interface Peer {
  readonly socket: Socket;
  /** Everything received so far, decrypted. */
  received: string;
  send(text: string | Uint8Array): void;
  /** Answers STARTTLS: from here on the connection speaks TLS. */
  upgrade(): void;
  end(): void;
}

/** A script: called with every line that arrives, without its line break. */
export interface Script {
  greet?(peer: Peer): void;
  line?(line: string, peer: Peer): void;
}

/** A TCP server that follows a script, one instance of it per connection. */
export interface ScriptedServer {
  readonly port: number;
  readonly peers: Peer[];
  /** Lines received on all connections. */
  readonly lines: string[];
  /** Resolves once a line matches, also if it came before. */
  seen(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

/** Starts a server on a free loopback port. */
export async function scriptedServer(
  script: () => Script,
  options: { readonly tls?: boolean | 'expired' } = {},
): Promise<ScriptedServer> {
  const peers: Peer[] = [];
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  const accept = (socket: Socket) => {
    const { greet, line } = script();
    let pending = '';
    const hear = (from: Socket) => {
      from.on('error', () => {});
      from.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        peer.received += text;
        pending += text;
        for (let at = pending.indexOf('\n'); at >= 0; at = pending.indexOf('\n')) {
          const complete = pending.slice(0, at).replace(/\r$/, '');
          pending = pending.slice(at + 1);
          lines.push(complete);
          for (const watch of [...watchers]) watch();
          line?.(complete, peer);
        }
      });
    };
    let current = socket;
    const peer: Peer = {
      socket,
      received: '',
      send: (text) => {
        if (!current.destroyed) current.write(text);
      },
      upgrade: () => {
        socket.removeAllListeners('data');
        current = new TLSSocket(socket, { isServer: true, cert: certificate, key });
        hear(current);
      },
      end: () => current.destroy(),
    };
    socket.setNoDelay(true);
    peers.push(peer);
    hear(socket);
    greet?.(peer);
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls === 'expired' ? expired : { cert: certificate, key }, accept)
    : createServer(accept);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    peers,
    lines,
    seen: (pattern) =>
      new Promise((resolve) => {
        const watch = () => {
          const match = lines.find((entry) => pattern.test(entry));
          if (match === undefined) return;
          watchers.delete(watch);
          resolve(match);
        };
        watchers.add(watch);
        watch();
      }),
    async close() {
      for (const peer of peers) peer.socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
