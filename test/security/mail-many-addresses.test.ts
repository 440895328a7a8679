import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { problemsOf, readHostile } from './mail-support.js';

it('reads the first of 100,000 addresses', async () => {
  const list = Array.from({ length: 100_000 }, (_, i) => `u${i}@x.org`).join(', ');
  const mail = await readHostile(`From: eve@example.net\r\nTo: ${list}\r\n\r\nhi`);
  expect(mail.to).toHaveLength(limits.addresses);
  expect(mail.to[1]?.address).toBe('u1@x.org');
  expect(problemsOf(mail)).toEqual(['limit']);
});

it.each(['a:', '<', '"', '(', '@', ';', '\\', 'a <b ', 'a@b ', '=?utf-8?q?'])(
  'reads a list of nothing but %j',
  async (unit) => {
    const mail = await readHostile(`From: eve@example.net\r\nTo: ${unit.repeat(1_000_000 / unit.length)}\r\n\r\nhi`);
    expect(mail.to.length).toBeLessThanOrEqual(limits.addresses);
    expect(mail.from).toHaveLength(1);
  },
);

it('reads the first of many From fields', async () => {
  const mail = await readHostile(`${'From: eve@example.net, bob@example.net\r\n'.repeat(9000)}\r\nhi`);
  expect(mail.from.length).toBeLessThanOrEqual(limits.addresses);
  expect(problemsOf(mail)).toContain('limit');
});
