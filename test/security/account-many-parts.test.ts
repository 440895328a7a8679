import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { EVE, useAttackedAccount, withinMemory } from './account-support.js';
import { within } from './mail-support.js';

const attacked = useAttackedAccount();

it.each([
  ['small', ''],
  ['large enough to be fetched in pieces', 'x'.repeat(100)],
])('shows a mail of 10,000 parts that is %s', { timeout: 60_000 }, async (_, padding) => {
  const part = `--b\r\nContent-Type: image/png\r\n\r\n${padding}\r\n`;
  await attacked.start();
  const message = await within(() =>
    withinMemory(() =>
      attacked.attack(
        `${EVE}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n${part.repeat(10_000)}--b--\r\n`,
      ),
    ),
  );
  expect(message.from.address).toBe('eve@example.com');
  expect(message.text).toBe('Hello.');
  expect(message.attachments.length).toBeLessThanOrEqual(limits.mimeParts);
  await attacked.expectGoingOn();
});
