import { describe, expect, it } from 'vitest';
import { AuthError, NetworkError, ServerError } from '../../../src/core/errors.js';
import { failure, imap, serve } from './helpers.js';
import { CAPABILITIES, imapScript } from './imap-script.js';
import { certificate, expiredCertificate, scriptedServer } from './scripted-server.js';

describe('connecting to an IMAP server', () => {
  it('logs in over TLS with a certificate that is trusted', async () => {
    const server = await serve(imapScript(), { tls: true });
    const transport = imap(server.port, { server: { secure: true, tls: { ca: certificate } } });
    await transport.connect();
    expect(transport.usable).toBe(true);
    expect(transport.capabilities.has('MOVE')).toBe(true);
    expect(transport.namespace).toEqual({ prefix: '', delimiter: '/' });
  });

  it('upgrades with STARTTLS before the login', async () => {
    const server = await serve(
      imapScript({
        CAPABILITY: [`* CAPABILITY ${CAPABILITIES} STARTTLS`, '% OK'],
        STARTTLS: (peer, { tag }) => {
          peer.socket.write(`${tag} OK go\r\n`, () => peer.upgrade());
          return undefined;
        },
      }),
    );
    const transport = imap(server.port, { server: { allowInsecure: false, tls: { ca: certificate } } });
    await transport.connect();
    expect(server.lines.findIndex((l) => / STARTTLS$/.test(l))).toBeLessThan(
      server.lines.findIndex((l) => / AUTHENTICATE /.test(l)),
    );
  });

  it('sends no credentials where STARTTLS is missing', async () => {
    const server = await serve(imapScript());
    const error = await failure(imap(server.port, { server: { allowInsecure: false } }).connect());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.code).toBe('TLS_REQUIRED');
    expect(server.lines.some((l) => /AUTHENTICATE|LOGIN/.test(l))).toBe(false);
  });

  it('sends no credentials after PREAUTH in the clear', async () => {
    const server = await serve(imapScript({}, '* PREAUTH welcome'));
    const error = await failure(imap(server.port, { server: { allowInsecure: false } }).connect());
    expect(error.code).toBe('TLS_REQUIRED');
  });

  it('refuses answers that were injected before the handshake', async () => {
    const server = await serve(
      imapScript({
        CAPABILITY: [`* CAPABILITY ${CAPABILITIES} STARTTLS`, '% OK'],
        STARTTLS: ['% OK go', '* PREAUTH you are in', '* OK [ALERT] evil'],
      }),
    );
    const error = await failure(imap(server.port, { server: { allowInsecure: false } }).connect());
    expect(error.code).toBe('TLS_FAILED');
    expect(server.lines.some((l) => /AUTHENTICATE|LOGIN/.test(l))).toBe(false);
  });

  it('tells a self-signed certificate', async () => {
    const server = await serve(imapScript(), { tls: true });
    const error = await failure(imap(server.port, { server: { secure: true } }).connect());
    expect(error.code).toBe('CERTIFICATE_INVALID');
    expect(error.message).toContain('tls.ca');
  });

  it('tells an expired certificate, and one for another name', async () => {
    const old = await serve(imapScript(), { tls: 'expired' });
    const expired = await failure(
      imap(old.port, { server: { secure: true, tls: { ca: expiredCertificate } } }).connect(),
    );
    expect(expired.code).toBe('CERTIFICATE_INVALID');
    const server = await serve(imapScript(), { tls: true });
    const settings = { secure: true, tls: { ca: certificate, servername: 'mail.example.org' } };
    const wrong = await failure(imap(server.port, { server: settings }).connect());
    expect(wrong.code).toBe('CERTIFICATE_INVALID');
    expect(wrong.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('tells a server without TLS on a TLS port', async () => {
    const server = await serve(imapScript());
    const error = await failure(imap(server.port, { server: { secure: true } }).connect());
    expect(error.code).toBe('TLS_FAILED');
    expect(error.message).toContain('secure: false');
    // What the user reads is a sentence, not a place in OpenSSL's source.
    expect(error.message).not.toMatch(/\n|ssl3_record|:error:/);
  });

  it('tells a wrong password, with the words of the server', async () => {
    const server = await serve(imapScript({ AUTH: ['% NO [AUTHENTICATIONFAILED] Authentication failed.'] }));
    const error = await failure(imap(server.port).connect());
    expect(error).toBeInstanceOf(AuthError);
    expect(error.code).toBe('IMAP_AUTH_FAILED');
    expect(error.message).toContain('Authentication failed.');
  });

  it('does not blame the password when the server is out of order', async () => {
    const server = await serve(imapScript({ AUTH: ['% NO [UNAVAILABLE] Temporary authentication failure.'] }));
    const error = await failure(imap(server.port).connect());
    expect(error).toBeInstanceOf(ServerError);
    expect(error.code).toBe('SERVER_REFUSED');
  });

  it('does not blame the password when the connection breaks during the login', async () => {
    const server = await serve(
      imapScript({
        AUTHENTICATE: (peer) => {
          peer.end();
          return [];
        },
      }),
    );
    expect((await failure(imap(server.port).connect())).code).toBe('CONNECTION_LOST');
  });

  it('tells a refused connection and an unknown host', async () => {
    const gone = await scriptedServer(imapScript());
    await gone.close();
    const refused = await failure(imap(gone.port).connect());
    expect(refused.code).toBe('CONNECTION_REFUSED');
    expect(refused.message).toContain(`127.0.0.1:${gone.port}`);
    const unknown = await failure(imap(993, { server: { host: 'nonexistent.invalid' } }).connect());
    expect(unknown.code).toBe('HOST_NOT_FOUND');
  });

  it('gives up on a server that never greets', async () => {
    const server = await serve(() => ({}));
    expect((await failure(imap(server.port, { timeouts: { greetingMs: 50 } }).connect())).code).toBe('TIMEOUT');
  });

  it('gives up on a server that never answers', async () => {
    const server = await serve(() => ({ greet: (peer) => peer.send('* OK ready\r\n') }));
    expect((await failure(imap(server.port, { timeouts: { socketMs: 50 } }).connect())).code).toBe('TIMEOUT');
  });

  it('tells a greeting that is not IMAP, and a farewell', async () => {
    const http = await serve(() => ({ greet: (peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n<html>\r\n') }));
    const garbage = await failure(imap(http.port, { timeouts: { greetingMs: 100 } }).connect());
    expect(garbage.code).toBe('SERVER_MISBEHAVED');
    const full = await serve(() => ({
      greet: (peer) => {
        peer.send('* BYE Too many connections\r\n');
        peer.socket.end();
      },
    }));
    const bye = await failure(imap(full.port).connect());
    expect(bye.code).toBe('SERVER_REFUSED');
    expect(bye.message).toContain('Too many connections');
  });

  it('tells a proxy that fails', async () => {
    const proxy = await serve(() => ({ line: (_, peer) => peer.send('HTTP/1.1 403 Forbidden\r\n\r\n') }));
    const error = await failure(
      imap(993, {
        server: { host: 'mail.example.org', secure: true, proxy: `http://127.0.0.1:${proxy.port}` },
      }).connect(),
    );
    expect(error.code).toBe('PROXY_FAILED');
  });

  it('stops at once when the signal fires, and leaves no socket behind', async () => {
    const server = await serve(() => ({}));
    const stop = new AbortController();
    const connecting = failure(imap(server.port).connect({ signal: stop.signal }));
    const closed = new Promise((resolve) => {
      const look = () => (server.peers[0] ? server.peers[0].socket.once('close', resolve) : setImmediate(look));
      look();
    });
    setTimeout(() => stop.abort(), 30);
    expect((await connecting).code).toBe('ABORTED');
    await closed;
  });
});

describe('closing while connecting', () => {
  it('ends the attempt and leaves no socket behind', async () => {
    const server = await serve(imapScript({ NAMESPACE: () => [] }));
    const transport = imap(server.port);
    const connecting = failure(transport.connect());
    await server.seen(/NAMESPACE/);
    const ended = new Promise((resolve) => server.peers[0]?.socket.once('close', resolve));
    await transport.close();
    expect((await connecting).code).toBe('ABORTED');
    await ended;
    expect(transport.usable).toBe(false);
    expect((await failure(transport.connect())).code).toBe('INVALID_STATE');
  });
});

describe('access tokens', () => {
  const bearer = [`* CAPABILITY ${CAPABILITIES.replace('AUTH=PLAIN', 'AUTH=XOAUTH2')}`, '% OK'];
  const refusing =
    (good: string) =>
    (_: unknown, { args }: { args: string }): readonly string[] => {
      const given = Buffer.from(args.split(' ')[1] ?? '', 'base64').toString();
      return given.includes(`Bearer ${good}\x01`) ? ['% OK'] : ['% NO [AUTHENTICATIONFAILED] expired'];
    };

  it('asks the function again after a refusal', async () => {
    const server = await serve(imapScript({ CAPABILITY: bearer, AUTHENTICATE: refusing('fresh') }));
    const tokens = ['stale', 'fresh'];
    const transport = imap(server.port, {
      credentials: { user: 'ada@example.org', accessToken: async () => tokens.shift() ?? '' },
    });
    await transport.connect();
    expect(transport.usable).toBe(true);
    expect(tokens).toEqual([]);
  });

  it('gives up after the second refusal, and at once with a fixed token', async () => {
    const server = await serve(imapScript({ CAPABILITY: bearer, AUTHENTICATE: refusing('other') }));
    let asked = 0;
    const ask = () => `stale${++asked}`;
    const credentials = { user: 'ada@example.org', accessToken: ask };
    expect((await failure(imap(server.port, { credentials }).connect())).code).toBe('IMAP_AUTH_FAILED');
    expect(asked).toBe(2);
    const fixed = { user: 'ada@example.org', accessToken: 'stale' };
    expect((await failure(imap(server.port, { credentials: fixed }).connect())).code).toBe('IMAP_AUTH_FAILED');
    expect(server.peers.length).toBe(3);
  });

  it('tells a function that fails or returns nothing', async () => {
    const server = await serve(imapScript({ CAPABILITY: bearer }));
    const broken = { user: 'ada@example.org', accessToken: () => Promise.reject(new Error('no network at the bank')) };
    const error = await failure(imap(server.port, { credentials: broken }).connect());
    expect(error.code).toBe('TOKEN_FAILED');
    expect(error.message).toContain('no network at the bank');
    const empty = { user: 'ada@example.org', accessToken: () => '' };
    expect((await failure(imap(server.port, { credentials: empty }).connect())).code).toBe('TOKEN_FAILED');
  });

  it('tells a server that takes no tokens', async () => {
    const server = await serve(imapScript());
    const credentials = { user: 'ada@example.org', accessToken: 'token' };
    expect((await failure(imap(server.port, { credentials }).connect())).code).toBe('CAPABILITY_MISSING');
  });
});
