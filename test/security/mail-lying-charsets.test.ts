import { expect, it } from 'vitest';
import { MB, readHostile, within } from './mail-support.js';

const read = (label: string, octets: Uint8Array) =>
  readHostile(Buffer.concat([Buffer.from(`Content-Type: text/plain; charset="${label}"\r\n\r\n`), octets]));

it.each([
  ['us-ascii', Buffer.from('Grüße')],
  ['iso-8859-1', Buffer.from('Grüße')],
  ['utf-8', Buffer.from('Grüße', 'latin1')],
  ['x-no-such-charset', Buffer.from('Grüße')],
  ['x-no-such-charset', Buffer.from('Grüße', 'latin1')],
  ['__proto__', Buffer.from('Grüße')],
  ['hasOwnProperty', Buffer.from('Grüße', 'latin1')],
  ['../../etc/passwd', Buffer.from('Grüße')],
  ['\u0000', Buffer.from('Grüße')],
])('guesses the charset where it says %j', async (label, octets) => {
  expect((await read(label, octets)).root.text()).toBe('Grüße');
});

it('never fails on octets that are nonsense in the charset', async () => {
  const nonsense = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const label of [
    'utf-8',
    'utf-16',
    'utf-32',
    'utf-7',
    'gb18030',
    'big5',
    'shift_jis',
    'euc-jp',
    'euc-kr',
    'iso-2022-jp',
    'iso-2022-kr',
    'hz-gb-2312',
    'koi8-r',
    'base64',
    'hex',
  ]) {
    const text = (await read(label, nonsense)).root.text();
    expect(typeof text).toBe('string');
    expect(text).not.toContain('\0');
  }
});

it('decodes long nonsense in bounded time', async () => {
  for (const [label, octet] of [
    ['gb18030', 0x81],
    ['utf-7', 0x2b],
    ['iso-2022-jp', 0x1b],
    ['utf-8', 0xf0],
  ] as const) {
    const mail = await read(label, Buffer.alloc(10 * MB, octet));
    await within(() => mail.root.text());
  }
});
