import { expect, it } from 'vitest';
import { safeFilename } from '../../src/mail/text-clean.js';
import { readHostile } from './mail-support.js';

const utf8 = (text: string) => readHostile(new TextEncoder().encode(text));

it('removes control and bidi characters from names and subjects', async () => {
  const mail = await utf8(
    'From: "Ada\u202e evil\u0007\u2066" <eve@example.net>\r\nTo: =?utf-8?b?4oCuQWRh4oCsCg0=?= <ada@example.org>\r\nSubject: =?utf-8?q?a=0D=0ABcc:_x=E2=80=AEb?=\r\n\r\n',
  );
  expect(mail.from[0]?.name).toBe('Ada evil');
  expect(mail.to[0]?.name).toBe('Ada');
  expect(mail.subject).toBe('a  Bcc: xb');
});

it('keeps addresses in names apart from the address', async () => {
  const mail = await utf8(
    'From: "ada@example.org" <eve@example.net>\r\nTo: "<bob@example.org>" <mallory@example.net>\r\n\r\n',
  );
  expect(mail.from).toEqual([{ address: 'eve@example.net', name: 'ada@example.org' }]);
  expect(mail.to[0]?.address).toBe('mallory@example.net');
});

it('finds the domain of an address whose local part has an @', async () => {
  const mail = await utf8('From: "ada@example.org"@example.net\r\n\r\n');
  expect(mail.from[0]?.address.endsWith('@example.net')).toBe(true);
});

it('cuts long names', async () => {
  const mail = await utf8(`From: ${'x'.repeat(100_000)} <eve@example.net>\r\n\r\n`);
  expect(mail.from[0]?.name?.length).toBeLessThanOrEqual(255);
});

it.each(['../../x', '..\\..\\x', '/etc/x', 'C:\\x', 'a/../../x', '%2e%2e/x', '....//x'])(
  'makes a harmless file name of %s',
  async (name) => {
    const mail = await utf8(
      `Content-Type: text/plain\r\nContent-Disposition: attachment; filename="${name.replaceAll('\\', '\\\\')}"\r\n\r\nx`,
    );
    expect(safeFilename(mail.root.dispositionParams.get('filename'), mail.root.contentType)).toBe('x.txt');
  },
);
