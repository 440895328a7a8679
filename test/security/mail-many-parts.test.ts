import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { measure, problemsOf, readHostile } from './mail-support.js';

it('reads the first of 10,000 parts', async () => {
  const part = '--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n';
  const mail = await readHostile(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(10_000)}--b--\r\n`);
  expect(measure(mail.root).parts).toBe(limits.mimeParts);
  expect(problemsOf(mail)).toEqual(['limit']);
  expect(mail.root.children[0]?.text()).toBe('hi');
});
