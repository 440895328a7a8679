import { limits } from '../../core/limits.js';
import type { ServerSettings } from '../settings.js';
import { isHostName } from './host-names.js';

/** What a Mozilla autoconfig file says, as far as it is safe. */
export interface Autoconfig {
  readonly imap?: ServerSettings;
  readonly smtp?: ServerSettings;
  /** Login name, if it is not the address. */
  readonly user?: string;
}

interface ServerElement {
  readonly kind: 'imap' | 'smtp';
  hostname?: string;
  port?: string;
  socketType?: string;
  username?: string;
}

const FIELDS = new Set(['hostname', 'port', 'sockettype', 'username']);
const REDIRECTS = 3;

/** Places of the file: the provider's own two, then Mozilla's collection, which is told the domain but not the address. */
export function autoconfigUrls(email: string, domain: string): string[] {
  const address = encodeURIComponent(email);
  return [
    `https://autoconfig.${domain}/mail/config-v1.1.xml?emailaddress=${address}`,
    `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`,
    `https://autoconfig.thunderbird.net/v1.1/${domain}`,
  ];
}

/**
 * Fetches a file over HTTPS; redirects are followed only to HTTPS, because one step in the clear would let anybody
 * name the server that gets the password. Undefined if there is none.
 */
export async function fetchAutoconfig(
  url: string,
  fetchFile: typeof fetch,
  signal: AbortSignal,
): Promise<string | undefined> {
  let target = url;
  for (let i = 0; i <= REDIRECTS; i++) {
    if (!target.startsWith('https://')) return undefined;
    const response = await fetchFile(target, { redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location) {
      await response.body?.cancel();
      target = new URL(location, target).href;
      continue;
    }
    if (response.ok) return readText(response);
    await response.body?.cancel();
    return undefined;
  }
  return undefined;
}

async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > limits.autoconfigBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a file (https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat). Servers without TLS are left out. */
export async function parseAutoconfig(xml: string, email: string, domain: string): Promise<Autoconfig> {
  const { Parser } = await import('htmlparser2');
  const servers: ServerElement[] = [];
  let server: ServerElement | undefined;
  let field: string | undefined;
  let value = '';
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const tag = name.toLowerCase();
        if (tag === 'incomingserver') server = attributes.type === 'imap' ? { kind: 'imap' } : undefined;
        else if (tag === 'outgoingserver') server = attributes.type === 'smtp' ? { kind: 'smtp' } : undefined;
        field = server && FIELDS.has(tag) ? tag : undefined;
        value = '';
      },
      ontext(text) {
        if (field && value.length < 300) value += text;
      },
      onclosetag(name) {
        const tag = name.toLowerCase();
        if (server && field === tag) set(server, tag, value.trim());
        field = undefined;
        if (server && (tag === 'incomingserver' || tag === 'outgoingserver')) {
          if (servers.length < 20) servers.push(server);
          server = undefined;
        }
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.write(xml);
  parser.end();

  const fill = (text: string) =>
    text
      .replaceAll('%EMAILADDRESS%', email)
      .replaceAll('%EMAILLOCALPART%', email.slice(0, email.lastIndexOf('@')))
      .replaceAll('%EMAILDOMAIN%', domain);
  const usable = servers.flatMap((entry) => {
    const settings = settingsOf(entry, fill);
    return settings ? [{ kind: entry.kind, settings, user: fill(entry.username ?? '%EMAILADDRESS%') }] : [];
  });
  const imap = best(usable.filter(({ kind }) => kind === 'imap'));
  const smtp = best(usable.filter(({ kind }) => kind === 'smtp'));
  return {
    ...(imap ? { imap: imap.settings } : {}),
    ...(smtp ? { smtp: smtp.settings } : {}),
    ...(imap && imap.user !== email ? { user: imap.user } : {}),
  };
}

function set(server: ServerElement, tag: string, value: string): void {
  if (tag === 'hostname') server.hostname = value;
  else if (tag === 'port') server.port = value;
  else if (tag === 'sockettype') server.socketType = value.toUpperCase();
  else server.username = value;
}

function settingsOf(server: ServerElement, fill: (text: string) => string): ServerSettings | undefined {
  const host = fill(server.hostname ?? '').toLowerCase();
  const port = Number(server.port);
  if (!isHostName(host) || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
  if (server.socketType !== 'SSL' && server.socketType !== 'STARTTLS') return undefined;
  return { host, port, secure: server.socketType === 'SSL' };
}

/** TLS from the first byte before STARTTLS, else the file's own order. */
function best<T extends { readonly settings: ServerSettings }>(servers: readonly T[]): T | undefined {
  return servers.find(({ settings }) => settings.secure) ?? servers[0];
}
