import { expect, it } from 'vitest';
import { readHostile } from './mail-support.js';

it.each([
  ['SGVsbG8', 'Hello'],
  ['SGVs\0bG8=', 'Hello'],
  ['S!G?V(s)b*G8=', 'Hello'],
  ['SGVsbG8=IFdv=cmxk', 'Hello Wold'.slice(0, 8)],
  ['=====', ''],
  ['\u00ff\u00fe', ''],
])('gives what can be decoded of %j', async (encoded, start) => {
  const mail = await readHostile(`Content-Transfer-Encoding: base64\r\n\r\n${encoded}`);
  expect(mail.root.text()?.startsWith(start)).toBe(true);
  expect(mail.root.content()).toBeInstanceOf(Uint8Array);
});
