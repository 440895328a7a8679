import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import type { ImapTransport } from '../../../src/transport/imap.js';
import { failure, imap, serve } from './helpers.js';
import { type Answer, CAPABILITIES, imapScript, select } from './imap-script.js';

async function connected(answers: Record<string, Answer>, socketMs?: number): Promise<ImapTransport> {
  const server = await serve(imapScript(answers));
  const transport = imap(server.port, socketMs ? { timeouts: { socketMs } } : {});
  await transport.connect();
  return transport;
}

const fetchOne = (transport: ImapTransport) =>
  transport.withFolder('INBOX', (folder) => folder.fetch([1], { source: true }));

describe('an IMAP server that misbehaves', () => {
  it('by stopping in the middle of a literal', async () => {
    const transport = await connected(
      {
        'UID FETCH': (peer) => {
          peer.send('* 1 FETCH (UID 1 BODY[] {1000}\r\nhalf of it');
          return [];
        },
      },
      80,
    );
    expect((await failure(fetchOne(transport))).code).toBe('TIMEOUT');
    expect(transport.usable).toBe(false);
  });

  it('by hanging up in the middle of a literal', async () => {
    const transport = await connected({
      'UID FETCH': (peer) => {
        peer.socket.end('* 1 FETCH (UID 1 BODY[] {1000}\r\nhalf of it');
        return [];
      },
    });
    expect((await failure(fetchOne(transport))).code).toBe('CONNECTION_LOST');
  });

  it('by announcing a literal beyond the limit', async () => {
    const transport = await connected({
      'UID FETCH': [`* 1 FETCH (UID 1 BODY[] {${limits.imapLiteralBytes + 1}}`, 'x'],
    });
    const closed = new Promise<unknown>((resolve) => transport.on('close', resolve));
    expect((await failure(fetchOne(transport))).code).toBe('SERVER_MISBEHAVED');
    expect(await closed).toMatchObject({ code: 'SERVER_MISBEHAVED' });
  });

  it('by sending a line without end', async () => {
    const transport = await connected({
      'UID FETCH': (peer) => {
        peer.send(`* 1 FETCH (UID 1 ${'x'.repeat(limits.imapLineBytes + 10)}`);
        return [];
      },
    });
    expect((await failure(fetchOne(transport))).code).toBe('SERVER_MISBEHAVED');
  });

  it('by saying goodbye in the middle of a command', async () => {
    const transport = await connected({
      'UID FETCH': (peer) => {
        peer.socket.end('* BYE Internal error\r\n');
        return [];
      },
    });
    const error = await failure(fetchOne(transport));
    expect(error.code).toBe('CONNECTION_LOST');
    expect(error.message).toContain('Internal error');
  });

  it('by answering garbage instead of OK', async () => {
    for (const answer of ['% WHAT', '% FINE ok', '% (((((']) {
      const transport = await connected({ 'UID FETCH': [answer] });
      expect((await failure(fetchOne(transport))).code, answer).toBe('SERVER_MISBEHAVED');
    }
  });

  it('by sending lines of garbage in between, which are passed over', async () => {
    const transport = await connected({
      'UID FETCH': [
        '* ((((',
        '\x00\x01\x02',
        '* 1 FETCH',
        '* 1 FETCH (UID',
        '* FETCH FETCH FETCH',
        '* 99999999999999999999 EXISTS',
        '* -1 EXPUNGE',
        '* 1 FETCH (UID 1 FLAGS NIL RFC822.SIZE x INTERNALDATE "yesterday" BODY[] NIL)',
        '% OK',
      ],
    });
    const [mail] = await fetchOne(transport);
    expect(mail).toMatchObject({ uid: 1, flags: [], size: 0 });
    expect(Math.abs((mail?.internalDate ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('by listing four billion UIDs', async () => {
    const transport = await connected({
      'UID SEARCH': ['* ESEARCH (TAG "X") UID ALL 1:4294967295', '% OK'],
      'UID MOVE': ['* OK [COPYUID 1 1:4294967295 1:4294967295] moved', '% OK'],
      'UID STORE': ['% OK [MODIFIED 1:4294967295] no'],
      NOOP: ['* VANISHED (EARLIER) 1:4294967295', '* VANISHED 1:4294967295', '% OK'],
    });
    const began = Date.now();
    await transport.withFolder('INBOX', async (folder) => {
      expect((await failure(folder.uids())).code).toBe('SERVER_MISBEHAVED');
      expect((await failure(folder.move([1], 'Chats'))).code).toBe('SERVER_MISBEHAVED');
      expect((await failure(folder.store([1], { add: ['\\Seen'] }))).code).toBe('SERVER_MISBEHAVED');
    });
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('by leaving out UIDVALIDITY', async () => {
    const transport = await connected({ SELECT: select(3, 4, 10).filter((line) => !line.includes('UIDVALIDITY')) });
    expect((await failure(transport.withFolder('INBOX', async () => {}))).code).toBe('SERVER_MISBEHAVED');
  });

  it('by leaving out UIDNEXT, which the newest mail tells', async () => {
    const transport = await connected({
      SELECT: select(3, 4, 10).filter((line) => !line.includes('UIDNEXT')),
      FETCH: ['* 3 FETCH (UID 41)', '% OK'],
    });
    expect(await transport.withFolder('INBOX', async ({ state }) => state.uidNext)).toBe(42);
  });

  it('by sending more of a part than was asked for, for ever', async () => {
    const piece = 'x'.repeat(limits.imapPieceBytes + 1);
    const transport = await connected({
      'UID FETCH': [`* 1 FETCH (UID 1 BODY[2]<0> {${piece.length}}`, `${piece})`, '% OK'],
    });
    const download = transport.withFolder('INBOX', async (folder) => {
      for await (const _ of folder.download(1, '2')) throw new Error('nothing expected');
    });
    expect((await failure(download)).code).toBe('SERVER_MISBEHAVED');
  });

  it('by ending IDLE at once, again and again', async () => {
    const server = await serve(
      imapScript({
        IDLE: (peer, { tag }) => {
          peer.send(`+ idling\r\n${tag} OK enough\r\n`);
          return [];
        },
      }),
    );
    const transport = imap(server.port);
    await transport.connect();
    const stop = new AbortController();
    const waiting = transport.idle('INBOX', { signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    await waiting;
    expect(server.lines.filter((line) => / IDLE$/.test(line)).length).toBeLessThan(6);
  });

  it('by claiming capabilities that do nothing', async () => {
    const transport = await connected({
      CAPABILITY: [`* CAPABILITY ${CAPABILITIES} METADATA NOTIFY`, '% OK'],
      GETMETADATA: ['* METADATA', '* METADATA ""', '* METADATA "" (/a)', '* METADATA "" ((x) (y) NIL NIL)', '% OK'],
      STATUS: [
        '* STATUS',
        '* STATUS Sent',
        '* STATUS Sent (MESSAGES)',
        '* STATUS Sent (MESSAGES -3 UIDNEXT x)',
        '% OK',
      ],
    });
    expect([...(await transport.getMetadata('', '/private'))]).toEqual([]);
    expect(await transport.status('Sent')).toEqual({});
  });

  it('lets a caller go whose signal fires while the answer is due', async () => {
    const transport = await connected({ 'UID FETCH': () => [] });
    const stop = new AbortController();
    const fetching = transport.withFolder('INBOX', (folder) => folder.fetch([1], {}, { signal: stop.signal }));
    setTimeout(() => stop.abort(), 20);
    expect((await failure(fetching)).code).toBe('ABORTED');
  });
});
