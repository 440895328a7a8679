import { domainToASCII } from 'node:url';
import { type AbortOptions, abortable, throwIfAborted } from '../core/abort.js';
import { InputError, NetworkError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { type Autoconfig, autoconfigUrls, fetchAutoconfig, parseAutoconfig } from './autodiscovery/autoconfig.js';
import { type CanConnect, guessServers, systemCanConnect } from './autodiscovery/guess.js';
import { isHostName } from './autodiscovery/host-names.js';
import { providerOf } from './autodiscovery/providers.js';
import { type ResolveSrv, serversBySrv, systemResolveSrv } from './autodiscovery/srv.js';
import type { ServerSettings } from './settings.js';

/** Servers of an address. Always with TLS, without credentials; plain data. */
export interface DiscoveredSettings {
  readonly imap: ServerSettings;
  readonly smtp: ServerSettings;
  /** Where they come from. `guess` means that something listens there, no more. */
  readonly source: 'provider' | 'srv' | 'autoconfig' | 'guess';
  /** Login name, if it is not the address. */
  readonly user?: string;
  /** What a user of this provider has to know before the first login. */
  readonly hint?: string;
}

/** Options of {@link discoverSettings}. The functions are there for tests, and for applications with a resolver of their own. */
export interface DiscoverOptions extends AbortOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Default: the system's resolver. */
  readonly resolveSrv?: ResolveSrv;
  /** Default: a TCP connection. */
  readonly canConnect?: CanConnect;
  /** Milliseconds for each step. Default `limits.discoveryStepMs`. */
  readonly timeout?: number;
}

/**
 * Finds the servers of an address: a table of the big providers, DNS (RFC 6186, RFC 8314), Mozilla's autoconfig files
 * over HTTPS, and the usual names.
 *
 * @throws InputError `INVALID_ADDRESS`
 * @throws NetworkError `HOST_NOT_FOUND` if nothing was found; then `imap` and `smtp` have to be given.
 */
export async function discoverSettings(email: string, options: DiscoverOptions = {}): Promise<DiscoveredSettings> {
  const { signal, timeout = limits.discoveryStepMs } = options;
  const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1)).toLowerCase();
  if (email.lastIndexOf('@') < 1 || !isHostName(domain)) {
    throw new InputError('INVALID_ADDRESS', `"${email}" is no e-mail address whose servers could be looked up.`);
  }
  throwIfAborted(signal);
  const known = providerOf(domain);
  if (known) return { ...known, source: 'provider' };

  let found: Autoconfig = {};
  const step = async (source: DiscoveredSettings['source'], look: (stop: AbortSignal) => Promise<Autoconfig>) => {
    throwIfAborted(signal);
    const late = AbortSignal.timeout(timeout);
    const stop = signal ? AbortSignal.any([signal, late]) : late;
    // A step that fails is a step that found nothing; only the caller's own signal ends the search.
    const here = await abortable(look(stop), stop).catch((): Autoconfig => ({}));
    throwIfAborted(signal);
    found = { ...here, ...found };
    return found.imap && found.smtp ? { ...found, imap: found.imap, smtp: found.smtp, source } : undefined;
  };

  const bySrv = await step('srv', () => serversBySrv(domain, options.resolveSrv ?? systemResolveSrv));
  if (bySrv) return bySrv;
  for (const url of autoconfigUrls(email, domain)) {
    const byFile = await step('autoconfig', async (stop) => {
      const xml = await fetchAutoconfig(url, options.fetch ?? fetch, stop);
      return xml === undefined ? {} : parseAutoconfig(xml, email, domain);
    });
    if (byFile) return byFile;
  }
  const guessed = await step('guess', (stop) => guessServers(domain, options.canConnect ?? systemCanConnect, stop));
  if (guessed) return guessed;
  throw new NetworkError(
    'HOST_NOT_FOUND',
    `No mail servers were found for ${domain}. Pass them as the options imap and smtp, or check your network.`,
  );
}
