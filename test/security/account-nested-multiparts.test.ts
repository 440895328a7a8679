import { expect, it } from 'vitest';
import { EVE, useAttackedAccount, withinMemory } from './account-support.js';
import { within } from './mail-support.js';

const attacked = useAttackedAccount();

it('shows a mail of 5,000 nested multiparts', { timeout: 60_000 }, async () => {
  let raw = `${EVE}Content-Type: multipart/mixed; boundary=b0\r\n\r\n--b0\r\n\r\nHello.\r\n`;
  for (let i = 1; i <= 5_000; i++) {
    raw += `--b${i - 1}\r\nContent-Type: multipart/mixed; boundary=b${i}\r\n\r\n`;
  }
  raw += '--b5000\r\n\r\ndeep\r\n--b5000--\r\n';
  await attacked.start();
  const message = await within(() => withinMemory(() => attacked.attack(raw)));
  expect(message.from.address).toBe('eve@example.com');
  expect(message.text).toMatch(/^Hello\./);
  expect(message.problem?.code).toBe('limit');
  await attacked.expectGoingOn();
});
