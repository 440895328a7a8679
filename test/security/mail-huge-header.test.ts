import { describe, expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { MB, problemsOf, readHostile } from './mail-support.js';

describe('100 MB of header', () => {
  it.each([
    ['in many fields', 'a: b\r\n'.repeat((100 * MB) / 6)],
    ['in one field', `Subject: ${'a'.repeat(100 * MB - 100)}\r\n`],
    ['in continuation lines', `a: b\r\nno colon\r\n${' \r\n'.repeat(33 * MB)}`],
  ])('%s', async (_, header) => {
    const mail = await readHostile(`From: eve@example.net\r\n${header}\r\nhi`);
    expect(problemsOf(mail)).toContain('limit');
    expect(mail.from[0]?.address).toBe('eve@example.net');
    expect([...mail.headers.entries()].length).toBeLessThanOrEqual(limits.headerFields);
    expect((mail.subject ?? '').length).toBeLessThanOrEqual(limits.headerTextChars);
  });
});

it('reads absurd MIME fields in linear time', async () => {
  for (const value of [
    'a/b'.concat(';x*1*=a'.repeat(200_000)),
    `a/b;${'*1'.repeat(500_000)}`,
    '<>'.repeat(500_000),
    `a/b; x="${'\\'.repeat(1_000_000)}`,
  ]) {
    const mail = await readHostile(
      `Content-Type: ${value}\r\nContent-Disposition: ${value}\r\nContent-ID: ${value}\r\n\r\nhi`,
    );
    expect(mail.root.text()).toBe('hi');
  }
});

it('reads a subject of 100,000 encoded words in linear time', async () => {
  const mail = await readHostile(`Subject: ${'=?utf-8?q?a?= '.repeat(100_000)}\r\n\r\nhi`);
  expect(mail.subject).toMatch(/^a+$|^a/);
  const open = await readHostile(`Subject: ${'=?utf-8?q?'.repeat(150_000)}\r\n\r\nhi`);
  expect(open.subject?.length).toBeLessThanOrEqual(limits.headerTextChars);
});
