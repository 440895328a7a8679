import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { measure, problemsOf, readHostile } from './mail-support.js';

it('descends only so far into 5,000 nested multiparts', async () => {
  let raw = '';
  for (let i = 0; i < 5000; i++) raw += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`;
  const mail = await readHostile(`From: eve@example.net\r\n${raw}\r\nhi`);
  expect(measure(mail.root).depth).toBeLessThanOrEqual(limits.mimeDepth);
  expect(problemsOf(mail)).toContain('limit');
  expect(mail.from[0]?.address).toBe('eve@example.net');
});

it('is not confused by 5,000 nested multiparts of the same boundary', async () => {
  const mail = await readHostile('Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'.repeat(5000));
  expect(measure(mail.root).depth).toBeLessThanOrEqual(limits.mimeDepth);
  expect(measure(mail.root).parts).toBeLessThanOrEqual(limits.mimeParts);
});
