import { describe, expect, it } from 'vitest';
import { claim } from '../../../src/sync/receipts/claim.js';
import type { ImapFolderSession, ImapTransport } from '../../../src/transport/imap.js';
import { imapOn, rawMail } from '../../support/engine.js';
import { HostBench } from '../../support/host-bench.js';

const KEYWORD = '$MDNSent';

/** Two devices that look at the flags at the same time, and only then set theirs. */
async function race(condstore: boolean) {
  const bench = new HostBench();
  await bench.restart({ capabilities: { condstore } });
  const devices: ImapTransport[] = [];
  try {
    for (let i = 0; i < 5; i++) bench.host.deliver(rawMail({ text: `mail ${i}` }));
    bench.mailbox.inbox.setFlags(3, [KEYWORD]);
    let looked = 0;
    let go: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      go = resolve;
    });
    const claims = await Promise.all(
      [0, 1].map(async () => {
        const imap = imapOn(bench.host, 'ada@example.org');
        devices.push(imap);
        await imap.connect();
        return imap.withFolder('INBOX', (folder) => {
          let first = true;
          const waiting: ImapFolderSession = Object.create(folder, {
            state: { value: folder.state },
            store: { value: folder.store.bind(folder) },
            flags: {
              value: async (uids: number[]) => {
                const flags = await folder.flags(uids);
                if (!first) return flags;
                first = false;
                looked += 1;
                if (looked === 2) go();
                await both;
                return flags;
              },
            },
          });
          return claim(waiting, [1, 2, 3, 4, 5, 99], KEYWORD);
        });
      }),
    );
    const flags = bench.mailbox.inbox.messages.map((mail) => mail.flags.has(KEYWORD));
    return { claims, flags };
  } finally {
    for (const imap of devices) await imap.close();
    await bench.close();
  }
}

describe('claiming receipts', () => {
  it('gives each of them to one device, where the server has CONDSTORE', async () => {
    const { claims, flags } = await race(true);
    const [a, b] = claims.map(({ won }) => [...won]);
    expect([...(a ?? []), ...(b ?? [])].sort()).toEqual([1, 2, 4, 5]);
    for (const { won, lost } of claims) expect([...won, ...lost].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(flags).toEqual([true, true, true, true, true]);
  });

  it('may give them to both where it has not, which does no harm', async () => {
    const { claims, flags } = await race(false);
    for (const { won, lost } of claims) expect([[...won].sort(), [...lost]]).toEqual([[1, 2, 4, 5], [3]]);
    expect(flags).toEqual([true, true, true, true, true]);
  });
});
