import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EVE, useAttackedAccount } from './account-support.js';

const attacked = useAttackedAccount();
/** Control, bidi and line-breaking characters. */
const HARMFUL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

it.each(['../../x', '..\\..\\x', '/etc/passwd', 'C:\\x.exe', 'photo\u202egpj.exe', 'a\u0000b\u0007.txt', '..', ''])(
  'saves a file that claims to be called %j where it was asked to, under a harmless name',
  async (name) => {
    const encoded = Buffer.from(name).toString('base64');
    await attacked.start();
    const message = await attacked.attack(
      `${EVE}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="=?utf-8?b?${encoded}?="\r\n\r\nx\r\n--b--\r\n`,
    );
    const filename = message.attachments[0]?.filename ?? '';
    expect(filename).not.toMatch(/[\\/]/);
    expect(filename).not.toMatch(HARMFUL);
    expect(filename.replace(/\./g, '')).not.toBe('');
    const directory = await mkdtemp(join(tmpdir(), 'coi-names-'));
    try {
      await message.attachments[0]?.saveTo(join(directory, filename));
      expect(await readdir(directory)).toEqual([filename]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    await attacked.expectGoingOn();
  },
);

it('shows names and subjects without control and bidi characters', async () => {
  await attacked.start();
  const word = (text: string) => `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`;
  const message = await attacked.attack(
    `From: ${word('Ada\u202e \r\nBcc: x\u0007\u2066')} <eve@example.com>\r\nTo: ada@example.org\r\nSubject: ${word('a\r\nb\u202ec\u0000')}\r\nMessage-ID: <names@example.com>\r\n\r\nHello.\r\n`,
  );
  expect(message.from.address).toBe('eve@example.com');
  expect(message.from.name).not.toMatch(HARMFUL);
  expect(message.subject).not.toMatch(HARMFUL);
  expect(message.chat.title).not.toMatch(HARMFUL);
  await attacked.expectGoingOn();
});
