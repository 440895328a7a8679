import { connect } from 'node:net';
import type { ServerSettings } from '../settings.js';

/** True if something listens there. */
export type CanConnect = (host: string, port: number, signal: AbortSignal) => Promise<boolean>;

/** Tries a TCP connection; nothing is sent. */
export const systemCanConnect: CanConnect = (host, port, signal) =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean) => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(answer);
    };
    const abort = () => done(false);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    if (signal.aborted) abort();
  });

/** The names and ports that small providers use, the best first. */
export async function guessServers(
  domain: string,
  canConnect: CanConnect,
  signal: AbortSignal,
): Promise<{ readonly imap?: ServerSettings; readonly smtp?: ServerSettings }> {
  const first = async (candidates: readonly ServerSettings[]) => {
    const open = await Promise.all(
      candidates.map(({ host, port = 0 }) => canConnect(host, port, signal).catch(() => false)),
    );
    return candidates[open.indexOf(true)];
  };
  const [imap, smtp] = await Promise.all([
    first([
      { host: `imap.${domain}`, port: 993, secure: true },
      { host: `mail.${domain}`, port: 993, secure: true },
      { host: domain, port: 993, secure: true },
      { host: `imap.${domain}`, port: 143, secure: false },
      { host: `mail.${domain}`, port: 143, secure: false },
    ]),
    first([
      { host: `smtp.${domain}`, port: 465, secure: true },
      { host: `mail.${domain}`, port: 465, secure: true },
      { host: domain, port: 465, secure: true },
      { host: `smtp.${domain}`, port: 587, secure: false },
      { host: `mail.${domain}`, port: 587, secure: false },
    ]),
  ]);
  return { ...(imap ? { imap } : {}), ...(smtp ? { smtp } : {}) };
}
