import { expect, it } from 'vitest';
import { EVE, useAttackedAccount, withinMemory } from './account-support.js';
import { MB, within } from './mail-support.js';

const attacked = useAttackedAccount();

it('takes the text of a mail of 64 MB, and leaves the file on the server', { timeout: 60_000 }, async () => {
  const file = Buffer.alloc(64 * MB, 'QUFB'.repeat(19).slice(0, 76));
  for (let at = 76; at < file.length; at += 78) file.write('\r\n', at, 'latin1');
  const raw = Buffer.concat([
    Buffer.from(
      `${EVE}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=film.mp4\r\n\r\n`,
    ),
    file,
    Buffer.from('\r\n--b--\r\n'),
  ]);
  await attacked.start();
  const message = await within(() => withinMemory(() => attacked.attack(raw)));
  expect(message.text).toBe('See the file.');
  expect(message.attachments[0]?.downloaded).toBe(false);
  expect(message.attachments[0]?.size).toBeGreaterThan(40 * MB);
  // The download can be given up at any time.
  const abort = new AbortController();
  let received = 0;
  const download = async () => {
    for await (const piece of message.attachments[0]?.stream({ signal: abort.signal }) ?? []) {
      received += piece.length;
      if (received > MB) abort.abort();
    }
  };
  await expect(download()).rejects.toMatchObject({ code: 'ABORTED' });
  expect(received).toBeLessThan(2 * MB);
  await attacked.expectGoingOn();
});

it('takes 64 MB of text as a file', { timeout: 60_000 }, async () => {
  const raw = Buffer.concat([Buffer.from(`${EVE}\r\n`), Buffer.alloc(64 * MB, 'words and more words\r\n')]);
  await attacked.start();
  const message = await within(() => withinMemory(() => attacked.attack(raw)));
  expect(message.from.address).toBe('eve@example.com');
  expect(message.text).toBe('');
  const [file] = message.attachments;
  expect([file?.filename, file?.contentType, file?.downloaded]).toEqual(['text.txt', 'text/plain', false]);
  for await (const piece of file?.stream() ?? []) {
    expect(Buffer.from(piece).toString()).toMatch(/^words and more words/);
    break;
  }
  await attacked.expectGoingOn();
});
