import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { MB, readHostile, within } from './mail-support.js';

it.each([
  ['7bit', 'x'],
  ['quoted-printable', '=41'],
  ['quoted-printable', '= '],
  ['base64', 'QUJD'],
  ['base64', 'QQ='],
])('reads one line of 50 MB (%s, %s)', async (encoding, unit) => {
  const mail = await readHostile(
    `Content-Transfer-Encoding: ${encoding}\r\n\r\n${unit.repeat((50 * MB) / unit.length)}`,
  );
  const text = await within(() => mail.root.text());
  expect(text).toHaveLength(limits.textChars);
});
