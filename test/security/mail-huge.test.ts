import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { MB, problemsOf, readHostile, within } from './mail-support.js';

const header = 'From: Eve <eve@example.net>\r\nMIME-Version: 1.0\r\n';

it('reads a mail with 64 MB of attachment, and its text beside it', async () => {
  const line = `${'QUJD'.repeat(19)}\r\n`;
  const mail = await readHostile(
    `${header}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${line.repeat((64 * MB) / line.length)}--b--\r\n`,
  );
  expect(problemsOf(mail)).toEqual([]);
  expect(mail.root.children[0]?.text()).toBe('hi');
  const content = await within(() => mail.root.children[1]?.content());
  expect(content?.length).toBeGreaterThan(40 * MB);
});

it('shows the beginning of 64 MB of text', async () => {
  const mail = await readHostile(`${header}\n${'word\n'.repeat((64 * MB) / 5)}`);
  const text = await within(() => mail.root.text());
  expect(text).toHaveLength(limits.textChars);
  expect(mail.bodyHash).toMatch(/^[0-9a-f]{64}$/);
});

it('looks at no more than the limit of a larger mail', async () => {
  const mail = await readHostile(Buffer.concat([Buffer.from(`${header}\r\nhi`), Buffer.alloc(limits.mailBytes, 0x61)]));
  expect(problemsOf(mail)).toContain('too-large');
  expect(mail.from[0]?.address).toBe('eve@example.net');
  expect(mail.root.encodedSize).toBeLessThanOrEqual(limits.mailBytes);
});
