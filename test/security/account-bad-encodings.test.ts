import { expect, it } from 'vitest';
import { EVE, useAttackedAccount } from './account-support.js';

const attacked = useAttackedAccount();

const large = 'A*A=A\u0000'.repeat(100_000);

it('gives what can be decoded of bad base64, in text and in files, small and large', async () => {
  const part = (type: string, name: string, content: string) =>
    `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n${name}\r\n${content}\r\n`;
  await attacked.start();
  const message = await attacked.attack(
    `${EVE}Content-Type: multipart/mixed; boundary=b\r\n\r\n${part('text/plain', '', '!!SGVs bG8u!!*=')}${part(
      'image/png',
      'Content-Disposition: attachment; filename=small.png\r\n',
      'SGVs*bG8u=x',
    )}${part('image/png', 'Content-Disposition: attachment; filename=large.png\r\n', large)}--b--\r\n`,
  );
  expect(message.text).toContain('Hello.');
  const [small, big] = message.attachments;
  expect(Buffer.from((await small?.download()) ?? []).toString()).toContain('Hello.');
  expect((await big?.download())?.length).toBeGreaterThan(0);
  await attacked.expectGoingOn();
});

it.each([
  ['utf-8', Buffer.from([0x48, 0x69, 0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80])],
  ['us-ascii', Buffer.from('Hi Grüße')],
  ['x-unknown-charset', Buffer.from('Hi Grüße')],
  ['utf-7', Buffer.from('Hi +2D3eAA-')],
  ['iso-2022-jp', Buffer.from('Hi \u001b$B%%%%%')],
  ['"', Buffer.from('Hi')],
  ['constructor', Buffer.from('Hi')],
])('shows a text whose charset claims to be %s', async (charset, octets) => {
  await attacked.start();
  const message = await attacked.attack(
    Buffer.concat([
      Buffer.from(`${EVE}Subject: =?${charset}?q?Hi_=FF=FE?=\r\nContent-Type: text/plain; charset=${charset}\r\n\r\n`),
      octets,
    ]),
  );
  expect(message.text).toMatch(/^Hi/);
  expect(message.text.isWellFormed()).toBe(true);
  expect(message.subject?.isWellFormed() ?? true).toBe(true);
  await attacked.expectGoingOn();
});
