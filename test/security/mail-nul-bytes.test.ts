import { expect, it } from 'vitest';
import { readHostile } from './mail-support.js';

it('reads mails with NUL octets anywhere', async () => {
  const mail = await readHostile(
    'From: E\0ve <e\0ve@example.net>\r\nSubject: a\0b\r\nMessage-ID: <i\0d@x>\r\nX\0Y: z\r\nContent-Type: text/plain\0; charset=utf-8\r\n\r\nhi\0 there\0',
  );
  expect(mail.from).toEqual([{ address: 'eve@example.net', name: 'E ve' }]);
  expect(mail.subject).toBe('a b');
  expect(mail.messageId).toBeUndefined();
  expect(mail.root.text()).toBe('hi there');
});

it('reads a mail of nothing but NULs', async () => {
  const mail = await readHostile(new Uint8Array(1024 * 1024));
  expect(mail.from).toEqual([]);
  expect(mail.root.contentType).toBe('text/plain');
});
