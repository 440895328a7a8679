import { resolveSrv } from 'node:dns/promises';
import type { ServerSettings } from '../settings.js';
import { isHostName, isWithin } from './host-names.js';
import { isKnownHost } from './providers.js';

/** One SRV record (RFC 2782). */
interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Looks SRV records up; rejects when there are none. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>;

/** The machine's own resolver. */
export const systemResolveSrv: ResolveSrv = (name) => resolveSrv(name);

/**
 * Servers by RFC 6186 and RFC 8314. DNS is not to be trusted with passwords: an answer counts only if it points into
 * the domain itself (whose certificates an attacker does not have) or to a big provider.
 */
export async function serversBySrv(
  domain: string,
  resolve: ResolveSrv,
): Promise<{ readonly imap?: ServerSettings; readonly smtp?: ServerSettings }> {
  const find = async (service: string, secure: boolean): Promise<ServerSettings | undefined> => {
    const records = await resolve(`${service}.${domain}`).catch(() => []);
    const [best] = records
      .map((record) => ({ ...record, name: record.name.replace(/\.$/, '').toLowerCase() }))
      .filter(({ name }) => isHostName(name) && (isWithin(name, domain) || isKnownHost(name)))
      .filter(({ port }) => Number.isInteger(port) && port > 0 && port < 65536)
      .sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    return best && { host: best.name, port: best.port, secure };
  };
  const [imaps, imap, submissions, submission] = await Promise.all([
    find('_imaps._tcp', true),
    find('_imap._tcp', false),
    find('_submissions._tcp', true),
    find('_submission._tcp', false),
  ]);
  const [incoming, outgoing] = [imaps ?? imap, submissions ?? submission];
  return { ...(incoming ? { imap: incoming } : {}), ...(outgoing ? { smtp: outgoing } : {}) };
}
