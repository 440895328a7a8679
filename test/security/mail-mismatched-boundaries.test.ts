import { expect, it } from 'vitest';
import { measure, problemsOf, readHostile } from './mail-support.js';

it.each([
  ['never occur', 'Content-Type: multipart/mixed; boundary=a\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n'],
  ['are missing', 'Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n'],
  ['are empty', 'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nhi\r\n----\r\n'],
  ['are only closed', 'Content-Type: multipart/mixed; boundary=a\r\n\r\nhi\r\n--a--\r\n'],
])('shows the text of a multipart whose boundaries %s', async (_, raw) => {
  const mail = await readHostile(raw);
  expect(mail.root.contentType).toBe('text/plain');
  expect(mail.root.text()).toContain('hi');
  expect(problemsOf(mail)).toEqual(['unreadable']);
});

it('closes what was left open, and ignores what was closed already', async () => {
  const mail = await readHostile(
    'Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n--i--\r\n--i\r\n\r\nnever\r\n--o\r\n\r\ntwo\r\n--i\r\nstill two\r\n--o--\r\n--o\r\n\r\nnever\r\n',
  );
  expect(measure(mail.root)).toEqual({ parts: 4, depth: 2 });
  expect(mail.root.children[0]?.children[0]?.text()).toBe('one');
  expect(mail.root.children[1]?.text()).toBe('two\n--i\nstill two');
});
