import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import { CallerSmtpTransport } from '../../../src/transport/caller-smtp-transport.js';
import type { ServerTokens } from '../../../src/transport/smtp.js';
import { isServerToken, renewedToken } from '../../../src/transport/smtp-stoken.js';
import { failure, serve, smtp } from './helpers.js';
import { type Replies, smtpScript } from './smtp-script.js';

const [BOB, CAROL] = ['bob@example.net', 'carol@example.com'];
const HELD = '1-created:1700000000-validity:86400-hash:abc/DEF-secret:xyz';
const OWN = '1-created:1700000001-validity:86400-hash:ghi-secret:uvw';

const tokens = new Map<string, ServerTokens>([[BOB, { held: HELD, own: OWN }]]);
const message = { from: 'ada@example.org', to: [BOB], bytes: Buffer.from('Subject: hi\r\n\r\nHi\r\n'), tokens };

/** Offers STOKEN to those who are logged in. */
const server = (replies: Replies = {}, extensions: readonly string[] = []) =>
  serve(
    smtpScript({
      EHLO: (_, peer) => {
        const offered = peer.received.includes('AUTH PLAIN') ? ['STOKEN'] : ['AUTH PLAIN'];
        return ['250-mail', ...extensions.map((name) => `250-${name}`), ...offered.map((name) => `250 ${name}`)].join(
          '\r\n',
        );
      },
      HELP: '214 2.0.0 no help',
      ...replies,
    }),
  );

/** The commands of the envelopes, without the address of the sender. */
const envelopes = (lines: readonly string[]) =>
  lines.filter((line) => /^(?:MAIL|RCPT)/.test(line)).map((line) => line.replace(/^(\w+) (?:FROM|TO):/, '$1 '));

const MAIL = 'MAIL <ada@example.org>';
const withTokens = [`${MAIL} SYNC`, `RCPT <${BOB}> STOKEN=${HELD} MYSTOKEN=${OWN}`];
const without = [MAIL, `RCPT <${BOB}>`];

describe.each([{ extensions: [] }, { extensions: ['PIPELINING'] }])(
  'tokens of submission servers, $extensions',
  ({ extensions }) => {
    it('go along where they are offered after the login', async () => {
      const peer = await server({}, extensions);
      const transport = smtp(peer.port);
      expect(await transport.send(message)).toEqual({
        accepted: [BOB],
        rejected: [],
        response: '250 2.0.0 queued as 1',
      });
      expect(envelopes(peer.lines)).toEqual(withTokens);
      await transport.send(message);
      expect(peer.lines.filter((line) => line.startsWith('EHLO')).length).toBe(2);
      await transport.send({ ...message, tokens: undefined });
      expect(envelopes(peer.lines)).toEqual([...withTokens, ...withTokens, ...without]);
    });

    it('of several recipients, only those go along with tokens who have some', async () => {
      const peer = await server({}, extensions);
      const to = [CAROL, BOB];
      const result = await smtp(peer.port).send({ ...message, to, tokens: new Map([[BOB, { held: HELD }]]) });
      expect(result).toEqual({ accepted: to, rejected: [], response: '250 2.0.0 queued as 1' });
      expect(envelopes(peer.lines)).toEqual([`${MAIL} SYNC`, `RCPT <${CAROL}>`, `RCPT <${BOB}> STOKEN=${HELD}`]);
    });

    it('stay at home where they are not offered', async () => {
      const peer = await serve(smtpScript());
      await smtp(peer.port).send(message);
      expect(peer.lines.join()).not.toMatch(/SYNC|STOKEN/);
      expect(peer.lines.filter((line) => line.startsWith('EHLO')).length).toBe(2);
      const refusing = await serve(
        smtpScript({ EHLO: (_, { received }) => (received.includes('AUTH') ? '503 5.5.1 again?' : '250 AUTH PLAIN') }),
      );
      expect((await smtp(refusing.port).send(message)).accepted).toEqual([BOB]);
    });

    it('are renewed by the replies to RCPT and to the content', async () => {
      for (const command of ['RCPT', '.']) {
        const peer = await server({ [command]: '250 2.1.12 <1-new> fine' }, extensions);
        const result = await smtp(peer.port).send(message);
        expect(result.renewed).toEqual(new Map([[BOB, '1-new']]));
      }
    });

    it('are renewed only where one was presented', async () => {
      const peer = await server({ RCPT: '250 2.1.12 <1-new> fine' }, extensions);
      const transport = smtp(peer.port);
      const both = await transport.send({ ...message, to: [BOB, CAROL] });
      expect(both.renewed).toEqual(new Map([[BOB, '1-new']]));
      expect((await transport.send({ ...message, tokens: undefined })).renewed).toBeUndefined();
    });

    it('a server may answer the content for each recipient (RFC 2033)', async () => {
      const peer = await server({ '.': '250 2.1.12 <1-new> fine\r\n452 4.2.2 full' }, extensions);
      const transport = smtp(peer.port);
      const result = await transport.send({ ...message, to: [BOB, CAROL] });
      expect(result.accepted).toEqual([BOB]);
      expect(result.rejected).toMatchObject([{ address: CAROL, error: { status: 452, temporary: true } }]);
      expect(result.renewed).toEqual(new Map([[BOB, '1-new']]));
      await transport.send({ ...message, tokens: undefined });
      expect(peer.peers.length).toBe(1);
      const full = await server({ '.': '452 4.2.2 full\r\n452 4.2.2 full' }, extensions);
      expect(await failure(smtp(full.port).send({ ...message, to: [BOB, CAROL] }))).toMatchObject({
        code: 'RECIPIENT_REFUSED',
        rejected: [{ address: BOB }, { address: CAROL }],
      });
    });

    it.each(['501 5.5.4 Invalid STOKEN', '550 5.7.30 Invalid STOKEN', '504 5.5.4 what?'])(
      'a recipient who is refused with a token gets the message without: %s',
      async (refusal) => {
        const peer = await server({ RCPT: (line) => (line.includes('STOKEN') ? refusal : '250 ok') }, extensions);
        const transport = smtp(peer.port);
        expect((await transport.send(message)).accepted).toEqual([BOB]);
        expect(envelopes(peer.lines)).toEqual([...withTokens, ...without]);
        // Others are not affected, and the same token is not tried again.
        const dave = new Map([...tokens, ['dave@example.net', { held: '1-dave' }]]);
        const result = await transport.send({ ...message, to: [BOB, 'dave@example.net'], tokens: dave });
        expect(result.accepted).toEqual([BOB, 'dave@example.net']);
        expect(envelopes(peer.lines).slice(4)).toEqual([
          `${MAIL} SYNC`,
          `RCPT <${BOB}>`,
          'RCPT <dave@example.net> STOKEN=1-dave',
          MAIL,
          'RCPT <dave@example.net>',
        ]);
      },
    );

    it('the others have the message once when one is refused with a token', async () => {
      const peer = await server({ RCPT: (line) => (line.includes('STOKEN') ? '501 5.5.4 no' : '250 ok') }, extensions);
      const result = await smtp(peer.port).send({ ...message, to: [CAROL, BOB] });
      expect(result).toMatchObject({ accepted: [CAROL, BOB], rejected: [] });
      expect(envelopes(peer.lines)).toEqual([`${MAIL} SYNC`, `RCPT <${CAROL}>`, withTokens[1], ...without]);
    });

    it('a token that is judged only after the content is left out, too', async () => {
      let sync = false;
      const peer = await server(
        {
          MAIL: (line) => {
            sync = line.endsWith(' SYNC');
            return '250 ok';
          },
          '.': () => (sync ? '550 5.7.30 Invalid STOKEN' : '250 2.0.0 ok'),
        },
        extensions,
      );
      const transport = smtp(peer.port);
      expect((await transport.send(message)).accepted).toEqual([BOB]);
      await transport.send(message);
      expect(envelopes(peer.lines)).toEqual([...withTokens, ...without, ...without]);
    });

    it('a refusal that has nothing to do with tokens stays one', async () => {
      const peer = await server({ RCPT: '550 5.1.1 No such user' }, extensions);
      const transport = smtp(peer.port);
      expect(await failure(transport.send(message))).toMatchObject({
        code: 'RECIPIENT_REFUSED',
        rejected: [{ address: BOB, error: { statusCode: '5.1.1' } }],
      });
      const later = await server({ RCPT: '451 4.3.0 Later' }, extensions);
      expect(await failure(smtp(later.port).send(message))).toMatchObject({ temporary: true });
      expect(envelopes(later.lines)).toEqual(withTokens);
    });
  },
);

describe('a server that offers tokens and misbehaves', () => {
  const plain = (line: string) => !line.includes('SYNC');

  it.each(['501 5.5.4 Unexpected SYNC', '555 5.5.4 Unsupported parameter', '503 5.5.1 Bad sequence'])(
    'refuses MAIL with SYNC (%s): one message more, then no tokens any more',
    async (refusal) => {
      const peer = await server({ MAIL: (line) => (plain(line) ? '250 ok' : refusal) });
      const transport = smtp(peer.port);
      for (let i = 0; i < 3; i++) expect((await transport.send(message)).accepted).toEqual([BOB]);
      expect(envelopes(peer.lines)).toEqual([`${MAIL} SYNC`, ...without, ...without, ...without]);
    },
  );

  it('drops the connection after MAIL with SYNC, or after RCPT', async () => {
    for (const command of ['MAIL', 'RCPT']) {
      const peer = await server({
        [command]: (line, { socket }) => {
          if (plain(line) && !line.includes('STOKEN')) return '250 ok';
          socket.destroy();
          return undefined;
        },
      });
      const transport = smtp(peer.port);
      for (let i = 0; i < 3; i++) expect((await transport.send(message)).accepted).toEqual([BOB]);
      expect(peer.lines.filter((line) => line.includes('SYNC')).length).toBe(1);
      expect(peer.peers.length).toBe(2);
    }
  });

  it('drops the connection after the content: the caller tries again, and then without tokens', async () => {
    let sync = false;
    const peer = await server({
      MAIL: (line) => {
        sync = !plain(line);
        return '250 ok';
      },
      '.': (_, { socket }) => {
        if (!sync) return '250 ok';
        socket.destroy();
        return undefined;
      },
    });
    const transport = smtp(peer.port);
    expect(await failure(transport.send(message))).toBeInstanceOf(NetworkError);
    expect((await transport.send(message)).accepted).toEqual([BOB]);
    expect(envelopes(peer.lines)).toEqual([...withTokens, ...without]);
  });

  it('answers the content too often, or not often enough', async () => {
    for (const count of [2, 4, 50]) {
      let sync = false;
      const peer = await server({
        MAIL: (line) => {
          sync = !plain(line);
          return '250 ok';
        },
        '.': () => (sync ? Array(count).fill('250 ok').join('\r\n') : '250 ok'),
      });
      const transport = smtp(peer.port);
      const to = [BOB, CAROL, 'dave@example.net'];
      expect((await failure(transport.send({ ...message, to }))).code).toBe('SERVER_MISBEHAVED');
      expect((await transport.send({ ...message, to })).accepted).toEqual(to);
    }
  });

  it('loses no message when the connection is lost over the second try for one of several', async () => {
    let mails = 0;
    const peer = await server({
      MAIL: (_, { socket }) => {
        if (++mails < 2) return '250 ok';
        socket.destroy();
        return undefined;
      },
      RCPT: (line) => (line.includes('STOKEN') ? '501 5.5.4 no' : '250 ok'),
    });
    const result = await smtp(peer.port).send({ ...message, to: [CAROL, BOB] });
    expect(result).toMatchObject({ accepted: [CAROL], rejected: [], notTried: [BOB] });
  });
});

describe('what may be a token', () => {
  const long = 'x'.repeat(10_000);

  it.each([
    ['a space', '250 2.1.12 <1-a b> ok'],
    ['a line break', '250-2.1.12 <1-a\r\n250 RCPT TO:<eve@example.net>> ok'],
    ['10 KB', `250 2.1.12 <${long}> ok`],
    ['an equals sign', '250 2.1.12 <1-a=b> ok'],
    ['brackets', '250 2.1.12 <1-<a>> ok'],
    ['nothing', '250 2.1.12 <> ok'],
    ['control characters', '250 2.1.12 <1-\u0000\u007f> ok'],
    ['other scripts', '250 2.1.12 <1-ü> ok'],
    ['another status', '250 2.1.5 <1-new> ok'],
  ])('a reply with %s renews nothing, and nothing of it gets into a command', async (_, reply) => {
    expect(renewedToken(reply)).toBeUndefined();
    const peer = await server({ RCPT: reply });
    const transport = smtp(peer.port);
    const result = await transport.send(message);
    expect(result.accepted).toEqual([BOB]);
    expect(result.renewed).toBeUndefined();
    await transport.send(message);
    expect(envelopes(peer.lines)).toEqual([...withTokens, ...withTokens]);
  });

  it('what does not fit into a command does not get into one', async () => {
    const peer = await server();
    const transport = smtp(peer.port);
    for (const held of ['', 'a b', 'a\r\nRCPT TO:<eve@example.net>', 'a=b', '<a>', 'ü', '\u0000', long]) {
      expect(isServerToken(held)).toBe(false);
      await transport.send({ ...message, tokens: new Map([[BOB, { held, own: OWN }]]) });
      await transport.send({ ...message, tokens: new Map([[BOB, { held: HELD, own: held }]]) });
    }
    const seen = new Set(envelopes(peer.lines));
    expect(seen).toEqual(new Set([...without, `${MAIL} SYNC`, `RCPT <${BOB}> STOKEN=${HELD}`]));
  });

  it('whatever a server calls a token is sent unchanged or not at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const token = renewedToken(`250 2.1.12 <${text}> ok`);
        expect(token).toBe(isServerToken(text) ? text : undefined);
        expect(token ?? 'none').toMatch(/^[!-~]+$/);
      }),
    );
    expect(isServerToken('x'.repeat(limits.serverTokenChars))).toBe(true);
    expect(renewedToken('250-2.1.12 <1-new> ok\r\n250 2.1.12 fine\r\n')).toBe('1-new');
  });

  it("a caller's own transporter gets none", async () => {
    const mails: unknown[] = [];
    const transport = new CallerSmtpTransport({
      sendMail: async (mail) => {
        mails.push(mail);
        return { accepted: mail.envelope.to };
      },
    });
    await transport.send(message);
    expect(mails).toEqual([{ envelope: { from: message.from, to: [BOB] }, raw: message.bytes }]);
  });
});
