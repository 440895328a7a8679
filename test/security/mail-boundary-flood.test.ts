import { expect, it } from 'vitest';
import { MB, problemsOf, readHostile } from './mail-support.js';

it.each([
  ['short', '--x\n'],
  ['long', `--${'x'.repeat(1024)}\n`],
  ['almost right', '--bb\n'],
])('gives up on a flood of %s lines that look like delimiters', async (_, line) => {
  const mail = await readHostile(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n${line.repeat((60 * MB) / line.length)}\r\n--b--\r\n`,
  );
  expect(mail.root.children).toHaveLength(1);
  expect(mail.root.children[0]?.text()?.startsWith('hi\n')).toBe(true);
  if (line.length < 100) expect(problemsOf(mail)).toContain('limit');
});
