import { expect, it } from 'vitest';
import { EVE, useAttackedAccount } from './account-support.js';
import { MB, within } from './mail-support.js';

const attacked = useAttackedAccount();

it.each([
  ['one field', 'X-Attack: ', 'x'.repeat(76).concat('\r\n ')],
  ['a million fields', '', 'X-Attack: '.concat('x'.repeat(88), '\r\n')],
])('does not fetch a header of 100 MB that is %s', { timeout: 60_000 }, async (_, start, line) => {
  const raw = Buffer.concat([
    Buffer.from(EVE + start),
    Buffer.alloc(100 * MB, line).subarray(0, Math.floor((100 * MB) / line.length) * line.length),
    Buffer.from('\r\n\r\nHello.\r\n'),
  ]);
  await attacked.start();
  const message = await within(() => attacked.attack(raw));
  expect(attacked.fetched).toBeLessThan(10 * MB);
  expect(message.from.address).toBe('eve@example.com');
  expect(message.text).toBe('Hello.');
  expect(message.problem?.code).toBe('limit');
  await attacked.expectGoingOn();
});

it('finds the sender of a mail whose part has a header of 100 MB', { timeout: 60_000 }, async () => {
  const line = 'X-Attack: '.concat('x'.repeat(88), '\r\n');
  const raw = Buffer.concat([
    Buffer.from(
      `${EVE}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: image/png\r\n`,
    ),
    Buffer.alloc(100 * MB, line).subarray(0, Math.floor((100 * MB) / line.length) * line.length),
    Buffer.from('\r\nx\r\n--b--\r\n'),
  ]);
  await attacked.start();
  const message = await within(() => attacked.attack(raw));
  expect(attacked.fetched).toBeLessThan(10 * MB);
  expect(message.from.address).toBe('eve@example.com');
  expect(message.text).toBe('Hello.');
  await attacked.expectGoingOn();
});
