import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { readHostile } from './mail-support.js';

it('keeps the first and the last of 100,000 references', async () => {
  const ids = Array.from({ length: 100_000 }, (_, i) => `<u${i}@x>`).join(' ');
  const mail = await readHostile(`References: ${ids}\r\nIn-Reply-To: ${ids}\r\n\r\nhi`);
  expect(mail.references).toHaveLength(limits.references);
  expect(mail.references[0]).toBe('u0@x');
  expect(mail.references.at(-1)).toBe('u99999@x');
  expect(mail.inReplyTo).toHaveLength(limits.references);
});

it.each(['<', '>', '<a ', 'a@b ', ' '])('reads references of nothing but %j', async (unit) => {
  const mail = await readHostile(
    `References: x${unit.repeat(1_000_000 / unit.length)}\r\nMessage-ID: <${'x'.repeat(1_000_000)}\r\n\r\nhi`,
  );
  expect(mail.references.length).toBeLessThanOrEqual(limits.references);
  expect(mail.messageId?.length).toBeLessThanOrEqual(limits.messageIdChars);
});
