import type { Socket } from 'node:net';
import { limits } from '../core/limits.js';
import { type Endpoint, networkError, proxyFailed } from './network-errors.js';

/**
 * A connection to the server through an HTTP(S) or SOCKS proxy. imapflow brings the clients for both; SMTP uses the same.
 *
 * @throws NetworkError `PROXY_FAILED` or `TIMEOUT`
 */
export async function connectThroughProxy(proxy: string, endpoint: Endpoint, connectMs?: number): Promise<Socket> {
  const { proxyConnection, detachEarlyErrorHandler } = await import('imapflow/lib/proxy-connection.js');
  const drop = () => {};
  const silent = { trace: drop, debug: drop, info: drop, warn: drop, error: drop, fatal: drop };
  try {
    const connectionTimeout = connectMs ?? limits.connectTimeoutMs;
    const socket = await proxyConnection(silent, proxy, endpoint.host, endpoint.port, { connectionTimeout });
    if (!socket) throw new Error('the URL must start with http:, https:, socks4: or socks5:');
    // The socket is quiet until nodemailer has taken it, within this same turn.
    detachEarlyErrorHandler(socket);
    return socket;
  } catch (thrown) {
    const network = networkError(thrown, endpoint);
    throw network?.code === 'TIMEOUT' ? network : proxyFailed(thrown, endpoint);
  }
}
