import { createConnection } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMailboxName, encodeMailboxName } from '../../../src/testing/imap/mailbox-name.js';
import { formatSequenceSet, parseSequenceSet, select } from '../../../src/testing/imap/sequence-set.js';
import { type MimePart, parseMime } from '../../../src/testing/mime.js';
import { connect, startHost } from './support.js';

/** Sends bytes to a port and resolves with all that comes back until the other side closes, or says `until`. */
function talk(port: number, bytes: string | Uint8Array, until?: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = createConnection(port, '127.0.0.1');
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (until && answer.includes(until)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(bytes);
  });
}

describe('the IMAP server', () => {
  it('answers nonsense with BAD and goes on', async () => {
    const host = await startHost();
    const lines = [
      'a1',
      'a2 NONSENSE',
      'a3 LOGIN (((',
      'a4 FETCH 1 FLAGS',
      'a5 LIST "" "*"',
      'a6 UID LOGIN x y',
      'a7 NOOP',
      '',
    ];
    const answer = await talk(host.imap.port, lines.join('\r\n'), 'a7 OK');
    for (const tag of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']) expect(answer).toMatch(new RegExp(`^${tag} BAD `, 'm'));
  });

  it('survives any bytes', async () => {
    const host = await startHost();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const socket = createConnection(host.imap.port, '127.0.0.1');
        socket.on('error', () => undefined);
        await new Promise((resolve) => socket.once('data', resolve));
        socket.end(bytes);
        await new Promise((resolve) => socket.once('close', resolve));
      }),
      { numRuns: 40 },
    );
    expect((await connect(host)).usable).toBe(true);
  });

  it('ends a connection that announces too large a literal', async () => {
    const host = await startHost({ maxMessageBytes: 1000 });
    const answer = await talk(host.imap.port, 'a LOGIN ada@example.org secret\r\nb APPEND INBOX {99999999}\r\n');
    expect(answer).toContain('* BYE');
    expect(answer).not.toContain('+ OK');
  });

  it('matches wildcards without backtracking', async () => {
    const host = await startHost();
    const own = host.mailbox('ada@example.org');
    own.create('a'.repeat(1000));
    const client = await connect(host);
    const start = performance.now();
    const response = await client.exec(
      'LIST',
      ['', `${'*a'.repeat(1000)}b`].map((value) => ({ type: 'STRING', value })),
      {},
    );
    response.next();
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('sequence sets', () => {
  it('pick what a naive reading picks', () => {
    const number = fc.integer({ min: 1, max: 40 });
    const end = fc.oneof(number.map(String), fc.constant('*'));
    const range = fc.oneof(
      end,
      fc.tuple(end, end).map((pair) => pair.join(':')),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(number, { maxLength: 20 }),
        fc.array(range, { minLength: 1, maxLength: 5 }),
        (list, ranges) => {
          const uids = list.sort((a, b) => a - b);
          const star = uids.at(-1) ?? 0;
          const value = (text: string) => (text === '*' ? star : Number(text));
          const naive = uids.filter((uid) =>
            ranges.some((text) => {
              const [a = '', b = a] = text.split(':');
              return uid >= Math.min(value(a), value(b)) && uid <= Math.max(value(a), value(b));
            }),
          );
          expect(select(uids, parseSequenceSet(ranges.join(',')), (uid) => uid)).toEqual(naive);
        },
      ),
    );
  });

  it('are written so that they read the same', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (numbers) => {
        const read = formatSequenceSet(numbers)
          .split(',')
          .flatMap((piece) => {
            const [from = 0, to = from] = piece.split(':').map(Number);
            return Array.from({ length: to - from + 1 }, (_, i) => from + i);
          });
        expect(read).toEqual(numbers);
      }),
    );
  });
});

describe('folder names', () => {
  it('survive modified UTF-7, all of Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const encoded = encodeMailboxName(name);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeMailboxName(encoded)).toBe(name);
      }),
    );
    expect(encodeMailboxName('Entwürfe & 台北')).toBe('Entw&APw-rfe &- &U,BTFw-');
  });
});

describe('the MIME reader', () => {
  const depthOf = (root: MimePart): number => {
    let depth = 0;
    for (let level: MimePart[] = [root]; level.length > 0; depth++) {
      level = level.flatMap((part) => [...part.children, ...(part.message ? [part.message] : [])]);
    }
    return depth;
  };

  it('bounds depth and number of parts, in linear time', () => {
    const open = Array.from(
      { length: 5000 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
    );
    expect(depthOf(parseMime(Buffer.from(open.join(''))))).toBeLessThanOrEqual(65);
    const wide = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(10_000)}--b--\r\n`;
    expect(parseMime(Buffer.from(wide)).children.length).toBeLessThanOrEqual(1000);
    const start = performance.now();
    parseMime(Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--\r\n'.repeat(1_000_000)}`));
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('gives header and body that make up the whole, for any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '--b\r\n',
            '--b--\r\n',
            '\r\n',
            'x\n',
            'Content-Type: multipart/mixed; boundary=b\r\n',
            'Content-Type: message/rfc822\r\n',
          ),
        ),
        (pieces) => {
          const raw = Buffer.from(pieces.join(''));
          const root = parseMime(raw);
          expect(Buffer.concat([root.headerBlock, root.body])).toEqual(raw);
        },
      ),
    );
  });
});
