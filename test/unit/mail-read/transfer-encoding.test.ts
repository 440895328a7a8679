import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTransfer, transferDecoder } from '../../../src/mail/transfer-encoding.js';

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (octets: Uint8Array) => String.fromCharCode(...octets);

describe('base64', () => {
  it.each([
    ['SGVsbG8=', 'Hello'],
    ['SGVs\r\nbG8=\r\n', 'Hello'],
    ['SGVsbG8', 'Hello'],
    ['SG!V$sbG\u00e48=', 'Hello'],
    ['SGVsbG8=IQ==', 'Hello!'],
    ['SGVsbG8=\r\nIFdvcmxk\r\n', 'Hello World'],
    ['____', '\u00ff\u00ff\u00ff'],
    ['A', ''],
    ['', ''],
    ['====', ''],
  ])('%j', (encoded, decoded) => {
    expect(text(decodeTransfer(bytes(encoded), 'base64'))).toBe(decoded);
  });
});

describe('quoted-printable', () => {
  it.each([
    ['caf=C3=A9', 'caf\u00c3\u00a9'],
    ['caf=c3=a9', 'caf\u00c3\u00a9'],
    ['soft=\r\nbreak', 'softbreak'],
    ['soft=  \r\nbreak', 'softbreak'],
    ['soft=\nbreak', 'softbreak'],
    ['trailing  \r\nline', 'trailing\r\nline'],
    ['kept=20\r\nline', 'kept \r\nline'],
    ['a=b', 'a=b'],
    ['100 = 50%', '100 = 50%'],
    ['=ZZ', '=ZZ'],
    ['end=', 'end'],
    ['a\n\n\nb', 'a\n\n\nb'],
  ])('%j', (encoded, decoded) => {
    expect(text(decodeTransfer(bytes(encoded), 'quoted-printable'))).toBe(decoded);
  });
});

it('takes unknown encodings as none', () => {
  expect(text(decodeTransfer(bytes('a=20b'), 'x-uuencode'))).toBe('a=20b');
});

it('gives the same in pieces as at once', () => {
  const encoded = fc
    .array(fc.constantFrom('=', '=3D', '=\r\n', ' ', '\r\n', '\n', 'A', 'QUJD', '=4', '\t'), { maxLength: 60 })
    .map((parts) => bytes(parts.join('')));
  fc.assert(
    fc.property(
      encoded,
      fc.constantFrom('base64', 'quoted-printable', '7bit'),
      fc.integer({ min: 1, max: 9 }),
      (octets, encoding, step) => {
        const decoder = transferDecoder(encoding);
        let streamed = '';
        for (let i = 0; i < octets.length; i += step) streamed += text(decoder.push(octets.subarray(i, i + step)));
        streamed += text(decoder.end());
        expect(streamed).toBe(text(decodeTransfer(octets, encoding)));
      },
    ),
  );
});

it.each([
  ['lines of 76', (line: string) => `${line}\r\n`],
  ['lines that are no whole groups', (line: string) => `${line.slice(0, 61)}\n${line.slice(61)}\n`],
  ['one digit too many in a line', (line: string, i: number) => `${line}${i === 100 ? 'A' : ''}\n`],
  ['padding in the middle', (line: string, i: number) => `${line}${i === 100 ? 'QQ==' : ''}\n`],
  ['junk in the middle', (line: string, i: number) => `${line}${i === 100 ? '!' : ''}\r\n`],
  ['no line ends', (line: string) => line],
])('decodes large base64 as piece by piece: %s', (_, write) => {
  const line = 'QUJDREVGR0hJSktM'.repeat(5).slice(0, 76);
  const octets = bytes(Array.from({ length: 5000 }, (_, i) => write(line, i)).join(''));
  const decoder = transferDecoder('base64');
  const expected = Buffer.concat([decoder.push(octets), decoder.end()]);
  expect(Buffer.compare(decodeTransfer(octets, 'base64'), expected)).toBe(0);
});

it('decodes what Node encodes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      const wrapped = (
        Buffer.from(octets)
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\r\n');
      expect([...decodeTransfer(bytes(wrapped), 'base64')]).toEqual([...octets]);
    }),
  );
});
