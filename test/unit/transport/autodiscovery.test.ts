import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { providerOf } from '../../../src/transport/autodiscovery/providers.js';
import { discoverSettings } from '../../../src/transport/autodiscovery.js';
import { failure } from './helpers.js';

const none = {
  resolveSrv: () => Promise.reject(new Error('ENOTFOUND')),
  fetch: () => Promise.reject(new Error('no network')),
  canConnect: async () => false,
};

const srv = (records: Record<string, [name: string, port: number, priority?: number][]>) => async (name: string) =>
  (records[name] ?? []).map(([host, port, priority = 0]) => ({ name: host, port, priority, weight: 1 }));

const xml = (servers: string) =>
  `<?xml version="1.0"?><clientConfig><emailProvider id="x">${servers}</emailProvider></clientConfig>`;
const server = (kind: string, type: string, host: string, port: number, socket: string, user = '%EMAILADDRESS%') =>
  `<${kind} type="${type}"><hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType><username>${user}</username></${kind}>`;

describe('discoverSettings', () => {
  it('knows the big providers without asking anybody', async () => {
    const refuse = () => {
      throw new Error('must not be asked');
    };
    const found = await discoverSettings('Ada@GMail.com', { resolveSrv: refuse, fetch: refuse, canConnect: refuse });
    expect(found).toMatchObject({
      imap: { host: 'imap.gmail.com', port: 993, secure: true },
      smtp: { host: 'smtp.gmail.com', port: 465, secure: true },
      source: 'provider',
    });
    expect(found.hint).toContain('app password');
    for (const domain of [
      'hotmail.com',
      'gmx.de',
      'web.de',
      't-online.de',
      'icloud.com',
      'posteo.de',
      'free.fr',
      'mail.ru',
    ]) {
      const provider = providerOf(domain);
      expect(provider?.imap.secure, domain).toBe(true);
      expect([465, 587], domain).toContain(provider?.smtp.port);
      expect(provider?.smtp.secure, domain).toBe(provider?.smtp.port === 465);
    }
  });

  it('takes DNS records within the domain, the best first', async () => {
    const resolveSrv = srv({
      '_imaps._tcp.example.org': [
        ['slow.example.org', 993, 20],
        ['imap.example.org.', 993, 10],
      ],
      '_submission._tcp.example.org': [['smtp.example.org', 587]],
    });
    expect(await discoverSettings('ada@example.org', { ...none, resolveSrv })).toEqual({
      imap: { host: 'imap.example.org', port: 993, secure: true },
      smtp: { host: 'smtp.example.org', port: 587, secure: false },
      source: 'srv',
    });
  });

  it('takes DNS records to a known provider, but to no stranger, address or nowhere', async () => {
    const hosted = srv({
      '_imaps._tcp.example.org': [['imap.fastmail.com', 993]],
      '_submissions._tcp.example.org': [['smtp.fastmail.com', 465]],
    });
    expect((await discoverSettings('ada@example.org', { ...none, resolveSrv: hosted })).imap.host).toBe(
      'imap.fastmail.com',
    );
    for (const host of ['evil.example.net', 'notexample.org', '10.0.0.1', '.', 'example.org.evil.net']) {
      const resolveSrv = srv({
        '_imaps._tcp.example.org': [[host, 993]],
        '_submissions._tcp.example.org': [[host, 465]],
      });
      expect((await failure(discoverSettings('ada@example.org', { ...none, resolveSrv }))).code).toBe('HOST_NOT_FOUND');
    }
  });

  it('reads autoconfig files, without servers in the clear', async () => {
    const asked: string[] = [];
    const fetchFile = async (url: string | URL | Request) => {
      asked.push(String(url));
      if (!String(url).includes('/.well-known/')) return new Response('', { status: 404 });
      return new Response(
        xml(
          server('incomingServer', 'pop3', 'pop.example.org', 995, 'SSL') +
            server('incomingServer', 'imap', 'clear.example.org', 143, 'plain') +
            server('incomingServer', 'imap', 'first.example.org', 143, 'STARTTLS') +
            server('incomingServer', 'imap', 'imap.%EMAILDOMAIN%', 993, 'SSL', '%EMAILLOCALPART%') +
            server('outgoingServer', 'smtp', 'smtp.example.org', 587, 'STARTTLS'),
        ),
      );
    };
    expect(await discoverSettings('ada+x@example.org', { ...none, fetch: fetchFile })).toEqual({
      imap: { host: 'imap.example.org', port: 993, secure: true },
      smtp: { host: 'smtp.example.org', port: 587, secure: false },
      user: 'ada+x',
      source: 'autoconfig',
    });
    expect(asked[0]).toBe('https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ada%2Bx%40example.org');
  });

  it('does not tell the address to the public collection', async () => {
    const asked: string[] = [];
    const fetchFile = async (url: string | URL | Request) => {
      asked.push(String(url));
      return new Response('', { status: 404 });
    };
    await failure(discoverSettings('ada@example.org', { ...none, fetch: fetchFile }));
    const foreign = asked.filter((url) => !new URL(url).hostname.endsWith('example.org'));
    expect(foreign).toEqual(['https://autoconfig.thunderbird.net/v1.1/example.org']);
  });

  it('follows redirects to HTTPS only, and not for ever', async () => {
    const good = xml(
      server('incomingServer', 'imap', 'imap.example.org', 993, 'SSL') +
        server('outgoingServer', 'smtp', 'smtp.example.org', 465, 'SSL'),
    );
    const through = (location: string) => async (url: string | URL | Request) =>
      String(url) === 'https://www.example.org/c.xml' || String(url).startsWith('http:')
        ? new Response(good)
        : new Response('', { status: 302, headers: { location } });
    const found = await discoverSettings('ada@example.org', {
      ...none,
      fetch: through('https://www.example.org/c.xml'),
    });
    expect(found.source).toBe('autoconfig');
    for (const location of ['http://www.example.org/c.xml', 'https://loop.example.org/']) {
      const error = await failure(discoverSettings('ada@example.org', { ...none, fetch: through(location) }));
      expect(error.code, location).toBe('HOST_NOT_FOUND');
    }
  });

  it('survives hostile files', async () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "&a;&a;&a;">]>`;
    const files = [
      'x'.repeat(limits.autoconfigBytes + 1),
      '<incomingServer type="imap"><hostname>imap.example.org'.repeat(2000),
      bomb + xml(server('incomingServer', 'imap', '&b;', 993, 'SSL')),
      xml(
        server('incomingServer', 'imap', '127.0.0.1', 993, 'SSL') + server('outgoingServer', 'smtp', 'a b', 465, 'SSL'),
      ),
      xml(
        server('incomingServer', 'imap', 'imap.example.org', 99999, 'SSL') +
          server('outgoingServer', 'smtp', 'smtp.example.org', 0, 'SSL'),
      ),
      '',
    ];
    for (const file of files) {
      const error = await failure(
        discoverSettings('ada@example.org', { ...none, fetch: async () => new Response(file) }),
      );
      expect(error.code).toBe('HOST_NOT_FOUND');
    }
  });

  it('guesses names where something listens', async () => {
    const canConnect = async (host: string, port: number) =>
      host === 'mail.example.org' && (port === 993 || port === 587);
    expect(await discoverSettings('ada@example.org', { ...none, canConnect })).toEqual({
      imap: { host: 'mail.example.org', port: 993, secure: true },
      smtp: { host: 'mail.example.org', port: 587, secure: false },
      source: 'guess',
    });
  });

  it('does not wait for a step that hangs', async () => {
    const never = () => new Promise<never>(() => {});
    const error = await failure(
      discoverSettings('ada@example.org', { resolveSrv: never, fetch: never, canConnect: never, timeout: 20 }),
    );
    expect(error.code).toBe('HOST_NOT_FOUND');
    expect(error.message).toContain('example.org');
  });

  it('stops with the signal', async () => {
    const stop = new AbortController();
    const never = () => new Promise<never>(() => {});
    const search = failure(discoverSettings('ada@example.org', { ...none, resolveSrv: never, signal: stop.signal }));
    stop.abort();
    expect((await search).code).toBe('ABORTED');
  });

  it('refuses what is no address', async () => {
    for (const bad of [
      '',
      'ada',
      '@example.org',
      'ada@localhost',
      'ada@127.0.0.1',
      'ada@exa mple.org',
      'ada@a..b',
      'ada@-x.org/',
    ]) {
      expect((await failure(discoverSettings(bad, none))).code, bad).toBe('INVALID_ADDRESS');
    }
  });

  it('asks for internationalised domains in their ASCII form', async () => {
    const resolveSrv = srv({
      '_imaps._tcp.xn--mnchen-3ya.example': [['imap.xn--mnchen-3ya.example', 993]],
      '_submissions._tcp.xn--mnchen-3ya.example': [['smtp.xn--mnchen-3ya.example', 465]],
    });
    expect((await discoverSettings('ada@münchen.example', { ...none, resolveSrv })).source).toBe('srv');
  });
});
