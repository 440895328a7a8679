import { describe, expect, it } from 'vitest';
import { NetworkError, ServerError } from '../../../src/core/errors.js';
import type { UidSet } from '../../../src/transport/imap.js';
import { rawMail } from '../../support/engine.js';
import { useHostBench } from '../../support/host-bench.js';
import { intercepted } from '../../support/wrapped-imap.js';

const quick = { random: (length: number) => new Uint8Array(length) };

function contains(uids: UidSet, uid: number): boolean {
  if (!('from' in uids)) return uids.includes(uid);
  return uids.from <= uid && (uids.to === '*' || uid <= uids.to);
}

describe('a mail that the server cannot hand out', () => {
  const bench = useHostBench();

  for (const [what, breaks] of [
    ['is refused', false],
    ['takes the connection down', true],
  ] as const) {
    it(`does not block the others when it ${what}`, { timeout: 60_000 }, async () => {
      for (let i = 0; i < 60; i++) bench.host.deliver(rawMail({ text: `mail ${i}`, chat: false }));
      const poison = bench.mailbox.inbox.messages[41]?.uid ?? 0;
      let times = 0;
      const ada = await bench.openIntercepted(
        (imap) =>
          intercepted(imap, {
            fetch: async (uids, query) => {
              if (!query.source || !contains(uids, poison)) return;
              times += 1;
              if (!breaks) throw new ServerError('SERVER_REFUSED', 'FETCH failed');
              await imap.close();
              throw new NetworkError('CONNECTION_LOST', 'The server closed the connection.');
            },
          }),
        quick,
      );
      // While the culprit is being found, connections may come and go.
      await ada.engine.start({ keepTrying: true });
      await ada.complete();
      const messages = await ada.messages();
      expect(messages).toHaveLength(60);
      const broken = messages.filter(({ problem }) => problem);
      expect(broken).toHaveLength(1);
      expect(broken[0]?.problem?.code).toBe('unreadable');
      expect(await ada.store.count('locations', { index: 'byFolder', prefix: ['INBOX'] })).toBe(60);
      expect(times).toBeLessThan(12);
      bench.host.deliver(rawMail({ text: 'after', chat: false }));
      await ada.until(() => ada.news.length === 1);
      expect(await ada.newsTexts()).toEqual(['after']);
    });
  }

  it('is told apart from a network that breaks now and then', async () => {
    for (let i = 0; i < 20; i++) bench.host.deliver(rawMail({ text: `mail ${i}`, chat: false }));
    let breaks = 3;
    const ada = await bench.openIntercepted(
      (imap) =>
        intercepted(imap, {
          fetch: async (_uids, query) => {
            if (!query.source || breaks-- <= 0) return;
            await imap.close();
            throw new NetworkError('CONNECTION_LOST', 'The network broke.');
          },
        }),
      quick,
    );
    await ada.engine.start({ keepTrying: true });
    await ada.complete();
    const messages = await ada.messages();
    expect(messages).toHaveLength(20);
    expect(messages.filter(({ problem }) => problem)).toEqual([]);
  });

  it('costs no more than itself when what the server sends is garbage', async () => {
    for (let i = 0; i < 10; i++) bench.host.deliver(rawMail({ text: `mail ${i}`, chat: false }));
    const ada = await bench.start(quick);
    bench.host.faults.garbage();
    bench.host.deliver(rawMail({ text: 'after', chat: false }));
    await ada.until(() => ada.news.length === 1);
    expect(await ada.newsTexts()).toEqual(['after']);
  });
});
