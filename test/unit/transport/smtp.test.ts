import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import { AuthError, InputError, ServerError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import { silentLogger } from '../../../src/core/logger.js';
import { CallerSmtpTransport } from '../../../src/transport/caller-smtp-transport.js';
import { NodemailerTransport } from '../../../src/transport/nodemailer-transport.js';
import { RecipientsRefusedError } from '../../../src/transport/smtp.js';
import { serverLimits } from '../../../src/transport/smtp-limits.js';
import { failure, serve, smtp, track } from './helpers.js';
import { certificate, scriptedServer } from './scripted-server.js';
import { smtpScript } from './smtp-script.js';

const message = {
  from: 'ada@example.org',
  to: ['bob@example.net', 'carol@example.com'],
  bytes: Buffer.from('Subject: hi\r\n\r\n.dot\r\n..two\r\nend\r\n'),
};

describe('connecting to an SMTP server', () => {
  it('upgrades with STARTTLS before the login', async () => {
    const server = await serve(
      smtpScript({
        EHLO: '250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN',
        STARTTLS: (_, peer) => {
          peer.socket.write('220 go\r\n', () => peer.upgrade());
          return undefined;
        },
      }),
    );
    await smtp(server.port, { server: { allowInsecure: false, tls: { ca: certificate } } }).verify();
    expect(server.lines.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH']);
  });

  it('speaks implicit TLS', async () => {
    const server = await serve(smtpScript(), { tls: true });
    await smtp(server.port, { server: { secure: true, tls: { ca: certificate } } }).verify();
    expect(server.lines[1]).toMatch(/^AUTH PLAIN /);
  });

  it('sends no credentials where STARTTLS is missing or refused', async () => {
    for (const script of [smtpScript(), smtpScript({ STARTTLS: '502 5.5.1 what?' }), smtpScript({ EHLO: '502 no' })]) {
      const server = await serve(script);
      const error = await failure(smtp(server.port, { server: { allowInsecure: false } }).verify());
      expect(error.code).toBe('TLS_REQUIRED');
      expect(server.lines.some((line) => line.startsWith('AUTH'))).toBe(false);
    }
  });

  it('tells a server whose TLS is out of order', async () => {
    const server = await serve(smtpScript({ STARTTLS: '454 4.7.0 TLS not available due to local problem' }));
    const error = await failure(smtp(server.port, { server: { allowInsecure: false } }).verify());
    expect(error.code).toBe('TLS_FAILED');
    expect(error.message).toContain('local problem');
    expect(server.lines.some((line) => line.startsWith('AUTH'))).toBe(false);
  });

  it('forgets what was injected before the handshake', async () => {
    const server = await serve(
      smtpScript({
        EHLO: (_, peer) =>
          peer.received.includes('STARTTLS') ? '250-mail\r\n250 AUTH PLAIN' : '250-mail\r\n250 STARTTLS',
        STARTTLS: (_, peer) => {
          peer.socket.write('220 go\r\n250-injected\r\n250 AUTH LOGIN\r\n', () => peer.upgrade());
          return undefined;
        },
      }),
    );
    await smtp(server.port, { server: { allowInsecure: false, tls: { ca: certificate } } }).verify();
    expect(server.lines.at(-1)).toMatch(/^AUTH PLAIN /);
  });

  it('tells a bad certificate, also after STARTTLS', async () => {
    const implicit = await serve(smtpScript(), { tls: true });
    const first = await failure(smtp(implicit.port, { server: { secure: true } }).verify());
    expect(first.code).toBe('CERTIFICATE_INVALID');
    const explicit = await serve(
      smtpScript({
        EHLO: '250-mail\r\n250 STARTTLS',
        STARTTLS: (_, peer) => {
          peer.socket.write('220 go\r\n', () => peer.upgrade());
          return undefined;
        },
      }),
    );
    const second = await failure(smtp(explicit.port, { server: { allowInsecure: false } }).verify());
    expect(second.code).toBe('CERTIFICATE_INVALID');
  });

  it('tells a server without TLS on a TLS port', async () => {
    const server = await serve(smtpScript());
    expect((await failure(smtp(server.port, { server: { secure: true } }).verify())).code).toBe('TLS_FAILED');
  });

  it('tells a wrong password from a server that is out of order', async () => {
    const wrong = await serve(smtpScript({ AUTH: '535 5.7.8 Bad credentials' }));
    const error = await failure(smtp(wrong.port).verify());
    expect(error).toBeInstanceOf(AuthError);
    expect(error.code).toBe('SMTP_AUTH_FAILED');
    expect(error.message).toContain('Bad credentials');
    const broken = await serve(smtpScript({ AUTH: '454 4.7.0 Temporary authentication failure' }));
    const later = await failure(smtp(broken.port).verify());
    expect(later).toBeInstanceOf(ServerError);
    expect(later).toMatchObject({ code: 'SERVER_REFUSED', status: 454, temporary: true });
  });

  it('tells a refused connection, an unknown host, silence and garbage', async () => {
    const gone = await scriptedServer(smtpScript());
    await gone.close();
    expect((await failure(smtp(gone.port).verify())).code).toBe('CONNECTION_REFUSED');
    const unknown = smtp(465, { server: { host: 'nonexistent.invalid' } });
    expect((await failure(unknown.verify())).code).toBe('HOST_NOT_FOUND');
    const silent = await serve(() => ({}));
    expect((await failure(smtp(silent.port, { timeouts: { greetingMs: 50 } }).verify())).code).toBe('TIMEOUT');
    const mute = await serve(smtpScript({ EHLO: () => undefined }));
    expect((await failure(smtp(mute.port, { timeouts: { socketMs: 50 } }).verify())).code).toBe('TIMEOUT');
    const garbage = await serve(() => ({ greet: (peer) => peer.send('* OK IMAP ready\r\n') }));
    expect((await failure(smtp(garbage.port).verify())).code).toBe('SERVER_MISBEHAVED');
    const endless = await serve(() => ({
      greet: (peer) => peer.send(`220-${'x'.repeat(limits.smtpReplyBytes + 10)}`),
    }));
    expect((await failure(smtp(endless.port).verify())).code).toBe('SERVER_MISBEHAVED');
    const busy = await serve(smtpScript({}, '554 5.7.1 go away'));
    expect(await failure(smtp(busy.port).verify())).toMatchObject({ code: 'SERVER_REFUSED', status: 554 });
  });

  it('tells a proxy that fails, and goes through one that works', async () => {
    const failing = await serve(() => ({ line: (_, peer) => peer.send('HTTP/1.1 403 Forbidden\r\n\r\n') }));
    const proxied = (port: number) =>
      smtp(587, { server: { host: 'mail.example.org', proxy: `http://127.0.0.1:${port}` } });
    expect((await failure(proxied(failing.port).verify())).code).toBe('PROXY_FAILED');
    const working = await serve(() => {
      const inner = smtpScript()();
      let open = false;
      return {
        line(line, peer) {
          if (open) return inner.line?.(line, peer);
          if (line !== '') return;
          open = true;
          peer.send('HTTP/1.1 200 OK\r\n\r\n');
          setTimeout(() => inner.greet?.(peer), 5);
        },
      };
    });
    await proxied(working.port).verify();
    expect(working.lines[0]).toBe('CONNECT mail.example.org:587 HTTP/1.1');
    expect(working.lines.at(-1)).toMatch(/^AUTH PLAIN /);
  });

  it('logs in with tokens, and asks for a fresh one after a refusal', async () => {
    const server = await serve(
      smtpScript({
        EHLO: '250-mail\r\n250 AUTH XOAUTH2',
        AUTH: (line) =>
          Buffer.from(line.split(' ')[2] ?? '', 'base64').toString() === 'user=ada\x01auth=Bearer fresh\x01\x01'
            ? '235 ok'
            : '334 eyJzdGF0dXMiOiI0MDAifQ==',
        '': '535 5.7.8 token expired',
      }),
    );
    const tokens = ['stale', 'fresh'];
    await smtp(server.port, { credentials: { user: 'ada', accessToken: () => tokens.shift() ?? '' } }).verify();
    expect(tokens).toEqual([]);
    const fixed = smtp(server.port, { credentials: { user: 'ada', accessToken: 'stale' } });
    expect((await failure(fixed.verify())).code).toBe('SMTP_AUTH_FAILED');
    const broken = smtp(server.port, {
      credentials: {
        user: 'ada',
        accessToken: () => {
          throw new Error('vault is locked');
        },
      },
    });
    expect((await failure(broken.verify())).code).toBe('TOKEN_FAILED');
  });
});

describe('sending', () => {
  it('hands the octets over unchanged, over one connection', async () => {
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    const results = await Promise.all([transport.send(message), transport.send(message), transport.send(message)]);
    for (const result of results) {
      expect(result).toEqual({ accepted: message.to, rejected: [], response: '250 2.0.0 queued as 1' });
    }
    expect(server.peers.length).toBe(1);
    expect(server.lines.filter((line) => line.startsWith('AUTH')).length).toBe(1);
    expect(server.lines).toContain(`MAIL FROM:<ada@example.org> SIZE=${message.bytes.length}`);
    expect(server.peers[0]?.received).toContain('Subject: hi\r\n\r\n..dot\r\n...two\r\nend\r\n.\r\n');
  });

  it('takes a long queue without a warning', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    await Promise.all(Array.from({ length: 50 }, () => transport.send(message)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    expect(server.peers.length).toBe(1);
  });

  it('dot-stuffs any text', async () => {
    let content: string[] = [];
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    const line = fc.string({ unit: fc.constantFrom('.', 'a', ' ', '\t'), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
        const from = server.lines.length;
        await transport.send({ ...message, bytes: Buffer.from(`${lines.join('\r\n')}\r\n`) });
        const seen = server.lines.slice(from);
        content = seen.slice(seen.indexOf('DATA') + 1, seen.indexOf('.', seen.indexOf('DATA')));
        expect(content.map((entry) => entry.replace(/^\./, ''))).toEqual(lines);
      }),
      { numRuns: 40 },
    );
  });

  it('declares octets and addresses that are not ASCII', async () => {
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    const to = ['jürgen@example.org', 'bob@münchen.example'];
    const result = await transport.send({ ...message, to, bytes: Buffer.from('Subject: x\r\n\r\nü\r\n') });
    expect(result.accepted).toEqual(to);
    expect(server.lines.some((line) => line.startsWith('MAIL') && / SMTPUTF8 BODY=8BITMIME/.test(line))).toBe(true);
    expect(server.lines).toContain('RCPT TO:<bob@xn--mnchen-3ya.example>');
  });

  it('reports single refusals with the words of the server', async () => {
    const server = await serve(
      smtpScript({
        RCPT: (line) =>
          line.includes('bob') ? '550 5.1.1 No such user' : line.includes('dan') ? '452 4.5.3 Too many' : '250 ok',
      }),
    );
    const transport = smtp(server.port);
    const { accepted, rejected } = await transport.send({ ...message, to: [...message.to, 'dan@example.org'] });
    expect(accepted).toEqual(['carol@example.com']);
    expect(rejected).toMatchObject([
      {
        address: 'bob@example.net',
        error: { code: 'RECIPIENT_REFUSED', status: 550, statusCode: '5.1.1', temporary: false },
      },
      {
        address: 'dan@example.org',
        error: { code: 'RECIPIENT_REFUSED', status: 452, statusCode: '4.5.3', temporary: true },
      },
    ]);
    expect(rejected[0]?.error.message).toContain('No such user');
    await transport.send({ ...message, to: ['carol@example.com'] });
    expect(server.peers.length).toBe(1);
  });

  const people = (count: number) => Array.from({ length: count }, (_, i) => `p${i}@example.net`);
  const recipients = (lines: readonly string[]) =>
    lines
      .join('\n')
      .split('MAIL FROM')
      .slice(1)
      .map((part) => part.split('RCPT TO').length - 1);

  it('asks for no more recipients than the server says (RFC 9422)', async () => {
    const server = await serve(
      smtpScript({ EHLO: '250-mail\r\n250-LIMITS MAILMAX=9 RCPTMAX=3 X=1\r\n250 AUTH PLAIN' }),
    );
    const transport = smtp(server.port);
    expect(await transport.send({ ...message, to: people(7) })).toMatchObject({
      accepted: people(3),
      rejected: [],
      notTried: people(7).slice(3),
    });
    expect((await transport.send({ ...message, to: people(3) })).notTried).toBeUndefined();
    expect(recipients(server.lines)).toEqual([3, 3]);
  });

  it('sends no more messages over a connection than the server says (RFC 9422)', async () => {
    const server = await serve(smtpScript({ EHLO: '250-mail\r\n250-LIMITS MAILMAX=2\r\n250 AUTH PLAIN' }));
    const transport = smtp(server.port);
    for (let i = 0; i < 5; i++) await transport.send(message);
    expect(server.peers.length).toBe(3);
    expect(server.lines.filter((line) => line === 'QUIT').length).toBe(2);
  });

  it('learns from a refusal how many recipients a transaction takes', async () => {
    let taken = 0;
    const server = await serve(
      smtpScript({
        MAIL: () => {
          taken = 0;
          return '250 ok';
        },
        RCPT: () => (++taken > 4 ? '452 4.5.3 Too many recipients' : '250 ok'),
      }),
    );
    const transport = smtp(server.port);
    const first = await transport.send({ ...message, to: people(10) });
    expect(first.accepted).toEqual(people(4));
    expect(first.rejected.map(({ address }) => address)).toEqual(people(10).slice(4));
    const second = await transport.send({ ...message, to: people(10).slice(4) });
    expect(second).toMatchObject({ accepted: people(8).slice(4), rejected: [], notTried: people(10).slice(8) });
    expect(recipients(server.lines)).toEqual([10, 4]);
  });

  it('halves the recipients when the server finds them too many only in the end', async () => {
    let count = 0;
    const server = await serve(
      smtpScript({
        MAIL: () => {
          count = 0;
          return '250 ok';
        },
        RCPT: () => {
          count++;
          return '250 ok';
        },
        '.': () => (count > 3 ? '550 5.5.3 Too many recipients' : '250 queued'),
      }),
    );
    const result = await smtp(server.port).send({ ...message, to: people(10) });
    expect(result).toMatchObject({ accepted: people(2), notTried: people(10).slice(2) });
    expect(recipients(server.lines)).toEqual([10, 5, 2]);
    const hopeless = await serve(smtpScript({ '.': '550 5.5.3 Too many recipients' }));
    expect((await failure(smtp(hopeless.port).send(message))).code).toBe('MESSAGE_REFUSED');
    expect(recipients(hopeless.lines)).toEqual([2, 1]);
  });

  it('reads limits only where they are', () => {
    expect(serverLimits('250-mail LIMITS RCPTMAX=1\r\n250 limits  rcptmax=20 MAILMAX=5')).toEqual({
      recipients: 20,
      mails: 5,
    });
    for (const line of [
      'LIMITS',
      'LIMITS RCPTMAX=0',
      'LIMITS RCPTMAX=',
      'LIMITS RCPTMAX=1e9',
      'LIMITS RCPTMAX=9999999',
    ]) {
      expect(serverLimits(`250-mail\r\n250 ${line}`)).toEqual({});
    }
  });

  it('fails with each refusal when nobody was accepted, and can go on', async () => {
    let refuse = true;
    const server = await serve(
      smtpScript({
        RCPT: (line) => (refuse ? (line.includes('bob') ? '550 5.1.1 No such user' : '451 4.3.0 later') : '250 ok'),
      }),
    );
    const transport = smtp(server.port);
    const error = await failure(transport.send(message));
    expect(error).toBeInstanceOf(RecipientsRefusedError);
    expect(error).toMatchObject({
      code: 'RECIPIENT_REFUSED',
      status: 451,
      temporary: true,
      rejected: [
        { address: 'bob@example.net', error: { status: 550 } },
        { address: 'carol@example.com', error: { status: 451 } },
      ],
    });
    refuse = false;
    expect((await transport.send(message)).accepted).toEqual(message.to);
    expect(server.peers.length).toBe(1);
  });

  it('tells refusals of sender, message and size apart', async () => {
    const cases = [
      [{ MAIL: '553 5.7.1 not your address' }, 'SENDER_REFUSED', 553],
      [{ '.': '554 5.7.1 looks like spam' }, 'MESSAGE_REFUSED', 554],
      [{ '.': '451 4.7.1 greylisted' }, 'MESSAGE_REFUSED', 451],
      [{ MAIL: '552 5.3.4 too large' }, 'MESSAGE_TOO_LARGE', 552],
      [{ MAIL: '530 5.7.0 Authentication required' }, 'SMTP_AUTH_FAILED', undefined],
    ] as const;
    for (const [replies, code, status] of cases) {
      const server = await serve(smtpScript(replies));
      const error = await failure(smtp(server.port).send(message));
      expect(error.code).toBe(code);
      if (status) expect(error).toMatchObject({ status });
    }
    const small = await serve(smtpScript());
    const large = { ...message, bytes: Buffer.alloc(100_001, 'x') };
    expect((await failure(smtp(small.port).send(large))).code).toBe('MESSAGE_TOO_LARGE');
  });

  it('sends nothing for an address that could smuggle commands', async () => {
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    for (const address of ['a@b>\r\nRCPT TO:<x@y', 'a@b\nc', '<a@b>']) {
      expect((await failure(transport.send({ ...message, to: [address] }))).code).toBe('INVALID_ADDRESS');
      expect((await failure(transport.send({ ...message, from: address }))).code).toBe('INVALID_ADDRESS');
    }
    expect(server.lines.some((line) => /^(MAIL|RCPT|DATA)/.test(line))).toBe(false);
  });

  it('connects again when the server closed an idle connection', async () => {
    for (const farewell of ['', '421 4.4.2 idle too long\r\n']) {
      const server = await serve(smtpScript());
      const transport = smtp(server.port);
      await transport.send(message);
      const ended = new Promise((resolve) => server.peers[0]?.socket.once('close', resolve));
      server.peers[0]?.socket.end(farewell);
      await ended;
      expect((await transport.send(message)).accepted).toEqual(message.to);
      expect(server.peers.length).toBe(2);
    }
  });

  it('connects again when the server answers the next message with 421', async () => {
    let first = true;
    const server = await serve(
      smtpScript({
        MAIL: (_, peer) => {
          if (first || server.peers.length > 1) return '250 ok';
          peer.socket.end('421 4.7.0 too many messages\r\n');
          return undefined;
        },
      }),
    );
    const transport = smtp(server.port);
    await transport.send(message);
    first = false;
    expect((await transport.send(message)).accepted).toEqual(message.to);
    expect(server.peers.length).toBe(2);
  });

  it('does not send again by itself what may have arrived', async () => {
    const server = await serve(
      smtpScript({
        '.': (_, peer) => {
          if (server.lines.filter((line) => line === '.').length < 2) return '250 ok';
          peer.end();
          return undefined;
        },
      }),
    );
    const transport = smtp(server.port);
    await transport.send(message);
    expect((await failure(transport.send(message))).code).toBe('CONNECTION_LOST');
    expect(server.peers.length).toBe(1);
  });

  it('stops when the signal fires, in the middle or in the queue', async () => {
    const server = await serve(smtpScript({ '.': () => undefined }));
    const transport = smtp(server.port);
    const [first, second] = [new AbortController(), new AbortController()];
    const sending = failure(transport.send(message, { signal: first.signal }));
    const queued = failure(transport.send(message, { signal: second.signal }));
    await server.seen(/^\.$/);
    second.abort();
    expect((await queued).code).toBe('ABORTED');
    first.abort();
    expect((await sending).code).toBe('ABORTED');
    expect(server.lines.filter((line) => line.startsWith('MAIL')).length).toBe(1);
  });
});

describe('resting and closing', () => {
  it('closes the connection after a while without use', async () => {
    const timers: { ms: number; callback: () => void }[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      after(ms, callback) {
        const timer = { ms, callback };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer) >>> 0, 1);
      },
    };
    const server = await serve(smtpScript());
    const options = {
      server: { host: '127.0.0.1', port: server.port, secure: false, allowInsecure: true },
      credentials: { user: 'u', password: 'p' },
      logger: silentLogger,
    };
    const transport = track(new NodemailerTransport({ ...options, clock }));
    await transport.send(message);
    const ended = new Promise((resolve) => server.peers[0]?.socket.once('close', resolve));
    timers.find(({ ms }) => ms === limits.smtpIdleMs)?.callback();
    await ended;
    expect(server.lines.at(-1)).toBe('QUIT');
    await transport.send(message);
    expect(server.peers.length).toBe(2);
  });

  it('quits, once, and takes no more', async () => {
    const server = await serve(smtpScript());
    const transport = smtp(server.port);
    await transport.send(message);
    await Promise.all([transport.close(), transport.close()]);
    expect(server.lines.filter((line) => line === 'QUIT').length).toBe(1);
    const error = await failure(transport.send(message));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('INVALID_STATE');
  });

  it('ends what is under way', async () => {
    const server = await serve(smtpScript({ '.': () => undefined, QUIT: () => undefined }));
    const transport = smtp(server.port);
    const sending = failure(transport.send(message));
    await server.seen(/^\.$/);
    const ended = new Promise((resolve) => server.peers[0]?.socket.once('close', resolve));
    await transport.close();
    expect((await sending).code).toBe('INVALID_STATE');
    await ended;
  });
});

describe('a transporter of the caller', () => {
  it('from nodemailer works, and stays open', async () => {
    const { createTransport } = await import('nodemailer');
    const server = await serve(
      smtpScript({ RCPT: (line) => (line.includes('bob') ? '550 5.1.1 No such user' : '250 ok') }),
    );
    const mailer = createTransport({
      host: '127.0.0.1',
      port: server.port,
      pool: true,
      auth: { user: 'u', pass: 'p' },
    });
    const transport = new CallerSmtpTransport(mailer);
    await transport.verify();
    const result = await transport.send(message);
    expect(result.accepted).toEqual(['carol@example.com']);
    expect(result.rejected).toMatchObject([
      { address: 'bob@example.net', error: { code: 'RECIPIENT_REFUSED', status: 550 } },
    ]);
    expect(server.peers.at(-1)?.received).toContain('\r\n..dot\r\n');
    const error = await failure(transport.send({ ...message, to: ['bob@example.net'] }));
    expect(error).toBeInstanceOf(RecipientsRefusedError);
    await transport.close();
    expect((await failure(transport.send(message))).code).toBe('INVALID_STATE');
    expect(
      (await mailer.sendMail({ envelope: { from: 'a@b.example', to: 'c@d.example' }, raw: 'x' })).accepted,
    ).toEqual(['c@d.example']);
    mailer.close();
  });

  it('that says little is taken at its word', async () => {
    const transport = new CallerSmtpTransport({
      sendMail: async () => ({ rejected: [{ address: 'bob@example.net' }] }),
    });
    await transport.verify();
    expect(await transport.send(message)).toEqual({ accepted: ['carol@example.com'], rejected: [], response: '' });
    const failing = new CallerSmtpTransport({
      sendMail: () => Promise.reject(Object.assign(new Error('Invalid login'), { code: 'EAUTH' })),
    });
    expect((await failure(failing.send(message))).code).toBe('SMTP_AUTH_FAILED');
  });
});
