import { expect, it } from 'vitest';
import { encodeBase64 } from '../../src/autocrypt/base64.js';
import { parseAutocryptHeader } from '../../src/autocrypt/header.js';
import { incoming, mail, NOW, person, readyManager } from '../unit/autocrypt/people.js';

it('a field over 10 KiB does not count, and does not spoil the one beside it', async () => {
  const bob = await person('bob@example.net');
  const keys = await readyManager();
  const huge = bob.header.replace('keydata=', `_x=${'y'.repeat(11_000)}; keydata=`);
  await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', huge]] }));
  expect((await keys.peer(bob.address)).fingerprint).toBeUndefined();
  const fields: [string, string][] = [
    ['Autocrypt', huge],
    ['Autocrypt', bob.header],
  ];
  await keys.processMail(await incoming({ from: bob.address, fields, date: NOW + 1000 }));
  expect((await keys.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
});

it.each([
  ['one field of a megabyte', [`addr=bob@example.net; keydata=${'A'.repeat(1 << 20)}`]],
  ['a megabyte of semicolons', [';'.repeat(1 << 20)]],
  ['a megabyte of blanks', [`addr=bob@example.net; keydata=${' '.repeat(1 << 20)}A`]],
  ['ten thousand attributes', [`${Array.from({ length: 1000 }, (_, i) => `_a${i}=1`).join(';')};addr=bob@example.net`]],
  [
    'thousands of fields',
    Array.from({ length: 5000 }, (_, i) => `addr=bob@example.net; keydata=${'AAAA'.repeat(20 + (i % 40))}`),
  ],
])('%s takes bounded time', async (_, values) => {
  const keys = await readyManager();
  const started = performance.now();
  const fields = values.map((value): [string, string] => ['Autocrypt', value]);
  await keys.processMail(await incoming({ from: 'bob@example.net', fields }));
  const payload = await mail({ fields: values.map((value): [string, string] => ['Autocrypt-Gossip', value]) });
  await keys.processMail(await incoming({ from: 'eve@example.net', to: 'bob@example.net', payload }));
  expect(performance.now() - started).toBeLessThan(5000);
  expect((await keys.peer('bob@example.net')).fingerprint).toBeUndefined();
});

it('more fields than are looked at count like several: none', async () => {
  const people = await Promise.all(Array.from({ length: 9 }, () => person('bob@example.net')));
  const keys = await readyManager();
  const broken = `addr=bob@example.net; keydata=${encodeBase64(new Uint8Array(300))}`;
  const values = [...Array.from({ length: 8 }, () => broken), people[0]?.header ?? ''];
  await keys.processMail(
    await incoming({ from: 'bob@example.net', fields: values.map((value) => ['Autocrypt', value] as const) }),
  );
  expect((await keys.peer('bob@example.net')).fingerprint).toBeUndefined();
});

it('repeated characters in what is parsed cost linear time', () => {
  const started = performance.now();
  for (const bad of ['=', ';', ' ', '_', 'A', 'a=', '\t;', '-']) {
    for (const start of ['', 'addr=', 'addr=a@b.c; keydata=']) {
      const value = (start + bad.repeat(10_240)).slice(0, 10_240);
      try {
        parseAutocryptHeader(value);
      } catch (error) {
        expect(error).toMatchObject({ code: 'AUTOCRYPT_INVALID' });
      }
    }
  }
  expect(performance.now() - started).toBeLessThan(2000);
});
