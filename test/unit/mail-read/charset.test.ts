import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { decodeText } from '../../../src/mail/charset.js';
import { loadMailLibraries, type MailLibraries } from '../../../src/mail/libraries.js';

let libraries: MailLibraries;
beforeAll(async () => {
  libraries = await loadMailLibraries();
});
const decode = (octets: readonly number[] | Uint8Array, label?: string) =>
  decodeText(Uint8Array.from(octets), label, libraries);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('charsets', () => {
  it.each<[string, readonly number[], string]>([
    ['iso-8859-1', [0x63, 0x61, 0x66, 0xe9], 'café'],
    ['iso-8859-15', [0xa4], '€'],
    ['windows-1251', [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], 'Привет'],
    ['koi8-r', [0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4], 'Привет'],
    ['gb18030', [0xc1, 0xaa, 0xcd, 0xa8], '联通'],
    ['GB2312', [0xc4, 0xe3, 0xba, 0xc3], '你好'],
    ['big5', [0xa7, 0x41, 0xa6, 0x6e], '你好'],
    ['shift_jis', [0x93, 0xfa, 0x96, 0x7b], '日本'],
    ['euc-jp', [0xc6, 0xfc, 0xcb, 0xdc], '日本'],
    ['euc-kr', [0xc7, 0xd1], '한'],
    ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42], '日本'],
    ['utf-16le', [0x48, 0x00, 0x69, 0x00], 'Hi'],
    ['utf-7', [...utf8('Hi +2D3eAA-')], 'Hi 😀'],
    ['windows-1252', [0x80, 0x93], '€“'],
  ])('%s', (label, octets, text) => {
    expect(decode(octets, label)).toBe(text);
  });

  it('believes valid UTF-8 more than a single-byte label', () => {
    expect(decode(utf8('Grüße 😀'), 'iso-8859-1')).toBe('Grüße 😀');
    expect(decode(utf8('Grüße'), 'us-ascii')).toBe('Grüße');
    expect(decode(utf8('Grüße'))).toBe('Grüße');
    expect(decode(utf8('Grüße'), 'x-made-up')).toBe('Grüße');
  });

  it('takes what claims to be UTF-8 and is not as windows-1252', () => {
    expect(decode([0x47, 0x72, 0xfc, 0xdf, 0x65], 'utf-8')).toBe('Grüße');
    expect(decode([0x47, 0x72, 0xfc, 0xdf, 0x65], 'x-made-up')).toBe('Grüße');
    expect(decode([0x47, 0x72, 0xfc, 0xdf, 0x65], 'constructor')).toBe('Grüße');
  });

  it('recognises ISO-2022-JP without a label', () => {
    expect(decode([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42])).toBe('日本');
  });

  it('removes controls and the byte order mark, and makes line ends LF', () => {
    expect(decode([0xef, 0xbb, 0xbf, ...utf8('a\0b\x1b[31m\r\nc\rd\te')])).toBe('ab[31m\nc\nd\te');
  });

  it('cuts long text, also in the middle of a character', () => {
    const long = utf8(`${'a'.repeat(limits.textChars * 4 - 1)}ä`);
    expect(decode(long)).toHaveLength(limits.textChars);
    expect(decode(utf8('ä'.repeat(limits.textChars * 3)))).toBe('ä'.repeat(limits.textChars));
    expect(decode(utf8(`a${'😀'.repeat(limits.textChars * 2)}`)).startsWith('a😀😀')).toBe(true);
  });
});
