import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import type { TestEngine } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';

const CONTENT = Buffer.alloc(700_000, 'A large file, repeated many times over. ');

/** A mail with a file that is too large to come with the first pass. */
function largeMail(options: { readonly id?: string; readonly encoding?: 'base64' | '8bit' } = {}): string {
  const { id = 'large@example.net', encoding = 'base64' } = options;
  const body =
    encoding === 'base64'
      ? (CONTENT.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
      : CONTENT.toString('latin1');
  return [
    'From: bob@example.net',
    'To: ada@example.org',
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${id}>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'See this',
    '--b',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename=big.pdf',
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
    '--b--',
    '',
  ].join('\r\n');
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

describe('download', () => {
  const bench = useHostBench();

  async function withLargeMail(): Promise<{ ada: TestEngine; key: string }> {
    bench.host.deliver(largeMail());
    const ada = await bench.start();
    const [message] = await ada.messages();
    expect(message?.text).toBe('See this');
    expect(message?.attachments).toMatchObject([{ part: '2', filename: 'big.pdf', encoding: 'base64' }]);
    expect(message?.attachments[0]?.blob).toBeUndefined();
    return { ada, key: message?.key ?? '' };
  }

  it('fetches a large file part by part, decoded, with progress', async () => {
    const { ada, key } = await withLargeMail();
    const progress: [number, number][] = [];
    const content = await collect(
      ada.engine.download(key, '2', { onProgress: (received, total) => progress.push([received, total]) }),
    );
    expect(content.equals(CONTENT)).toBe(true);
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)?.[0]).toBe(CONTENT.length);
    expect(progress.every(([received, total]) => received <= total)).toBe(true);
  });

  it('does not hold up new mail, however slowly it is read', async () => {
    const { ada, key } = await withLargeMail();
    const pieces = ada.engine.download(key, '2')[Symbol.asyncIterator]();
    await pieces.next();
    bench.host.deliver(largeMail({ id: 'second@example.net' }));
    await ada.until(() => ada.news.length === 1);
    await pieces.return?.();
  });

  it('can be aborted in the middle, and begun again', async () => {
    const { ada, key } = await withLargeMail();
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of ada.engine.download(key, '2', { signal: controller.signal })) controller.abort();
    };
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
    expect((await collect(ada.engine.download(key, '2'))).equals(CONTENT)).toBe(true);
  });

  it('takes another copy when the one it knows is gone, even if another device moved it just now', async () => {
    const { ada, key } = await withLargeMail();
    const [mail] = bench.mailbox.inbox.messages;
    await ada.writer.run(async (tx) => {
      const [location] = await tx.list('locations');
      if (!location) throw new Error('no location');
      tx.remove('locations', location.key);
      tx.put('locations', { ...location, key: 'INBOX\n1\n4711', uid: 4711 });
    });
    expect(mail?.uid).not.toBe(4711);
    expect((await collect(ada.engine.download(key, '2'))).equals(CONTENT)).toBe(true);
  });

  it('goes on when the mail is moved in the middle', async () => {
    const { ada, key } = await withLargeMail();
    const pieces: Uint8Array[] = [];
    for await (const piece of ada.engine.download(key, '2')) {
      pieces.push(piece);
      if (pieces.length > 1) continue;
      const [mail] = bench.mailbox.inbox.messages;
      if (!mail) throw new Error('no mail');
      bench.mailbox.folder('COI/Chats').append(mail.raw);
      bench.mailbox.inbox.expunge();
    }
    expect(Buffer.concat(pieces).equals(CONTENT)).toBe(true);
  });

  it('fails when the mail is expunged in the middle, rather than to give half a file', async () => {
    const { ada, key } = await withLargeMail();
    let received = 0;
    const reading = async () => {
      for await (const piece of ada.engine.download(key, '2')) {
        received += piece.length;
        bench.mailbox.inbox.expunge();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(received).toBeLessThan(CONTENT.length);
  });

  it('says so when no copy is left', async () => {
    const { ada, key } = await withLargeMail();
    // Only the server forgets it: the engine still believes in its copy.
    const message = await ada.message(key);
    bench.mailbox.inbox.expunge();
    await expect(collect(ada.engine.download(message.key, '2'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says so while the account is offline', async () => {
    const { ada, key } = await withLargeMail();
    await ada.engine.stop();
    await expect(collect(ada.engine.download(key, '2'))).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('takes a small file from the store, offline as well', async () => {
    bench.host.deliver(largeMail().replace(/\r\n\r\n[A-Za-z0-9+/=\r\n]{1000,}\r\n--b--/, '\r\n\r\naGVsbG8=\r\n--b--'));
    const ada = await bench.start();
    await ada.engine.stop();
    const [message] = await ada.messages();
    expect((await collect(ada.engine.download(message?.key ?? '', '2'))).toString()).toBe('hello');
  });

  it('takes a file of our own from the outbox while it is not sent yet', async () => {
    const ada = await bench.open();
    const { key } = await ada.send('bob@example.net', 'see this', {
      attachments: [{ filename: 'big.bin', content: CONTENT, contentType: 'application/octet-stream' }],
    });
    const [attachment] = (await ada.message(key)).attachments;
    // The store may hold the file as well; what counts is that it is there.
    expect((await collect(ada.engine.download(key, attachment?.part ?? ''))).equals(CONTENT)).toBe(true);
  });

  it('refuses a part that is no file of the message', async () => {
    const { ada, key } = await withLargeMail();
    await expect(collect(ada.engine.download(key, '7'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(collect(ada.engine.download('nobody', '1'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('reads a file without transfer encoding', async () => {
    bench.host.deliver(largeMail({ encoding: '8bit' }));
    const ada = await bench.start();
    const [message] = await ada.messages();
    expect((await collect(ada.engine.download(message?.key ?? '', '2'))).equals(CONTENT)).toBe(true);
  });

  it('does not fetch large files with the first pass', () => {
    expect(CONTENT.length).toBeGreaterThan(limits.eagerMailBytes);
  });
});
