import type { SearchObject } from 'imapflow';
import { expect, it } from 'vitest';
import { connect, mail, run, startHost } from './support.js';

async function searching() {
  const host = await startHost();
  const inbox = host.mailbox('ada@example.org').folder('INBOX');
  const day = (n: number) => Date.UTC(2026, 0, n, 12);
  inbox.append(
    mail({ Subject: 'Apple pie', 'Message-ID': '<1@x>', Date: 'Mon, 5 Jan 2026 10:00:00 +0000' }, 'crust\r\n'),
    {
      internalDate: day(1),
      flags: ['\\Seen'],
    },
  );
  inbox.append(mail({ Subject: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', From: 'Bob <bob@example.org>', Cc: 'c@example.net' }), {
    internalDate: day(2),
    flags: ['$Chat', '\\Deleted'],
  });
  inbox.append(
    mail(
      { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Transfer-Encoding': 'base64' },
      `${Buffer.from('Straßenbahn').toString('base64')}\r\n`,
    ),
    { internalDate: day(3) },
  );
  inbox.append(mail({ Subject: 'Large', References: '<1@x> <2@x>' }, 'y'.repeat(5000)), { internalDate: day(4) });
  const client = await connect(host);
  await client.mailboxOpen('INBOX');
  return { host, client };
}

const cases: [string, SearchObject, number[]][] = [
  ['everything', { all: true }, [1, 2, 3, 4]],
  ['a UID range', { uid: '2:3' }, [2, 3]],
  ['sequence numbers', { seq: '4' }, [4]],
  ['seen', { seen: true }, [1]],
  ['unseen', { seen: false }, [2, 3, 4]],
  ['deleted', { deleted: true }, [2]],
  ['a keyword', { keyword: '$Chat' }, [2]],
  ['no keyword', { unKeyword: '$Chat' }, [1, 3, 4]],
  ['a header field', { header: { 'message-id': '<1@x>' } }, [1]],
  ['any header field of the name', { header: { references: true } }, [4]],
  ['a sender', { from: 'BOB' }, [2]],
  ['a recipient', { to: 'ada@' }, [1, 2, 3, 4]],
  ['Cc', { cc: 'c@example' }, [2]],
  ['an encoded subject', { subject: 'grüße' }, [2]],
  ['text in an encoded body', { body: 'straßen' }, [3]],
  ['text in header or body', { text: 'apple' }, [1]],
  ['since', { since: new Date('2026-01-03') }, [3, 4]],
  ['before', { before: new Date('2026-01-02') }, [1]],
  ['on', { on: new Date('2026-01-02') }, [2]],
  ['sent since', { sentSince: new Date('2026-01-05') }, [1]],
  ['sent before', { sentBefore: new Date('2026-01-05') }, []],
  ['larger', { larger: 2000 }, [4]],
  ['smaller', { smaller: 2000 }, [1, 2, 3]],
  ['not', { not: { seen: true } }, [2, 3, 4]],
  ['or', { or: [{ seen: true }, { larger: 2000 }] }, [1, 4]],
  ['and', { unseen: true, smaller: 2000, not: { keyword: '$Chat' } }, [3]],
] as never;

it('finds by all keys', async () => {
  const { client } = await searching();
  for (const [what, query, uids] of cases) {
    expect(await client.search(query, { uid: true }), what).toEqual(uids);
  }
});

it('refuses what it does not know, without end of the connection', async () => {
  const { client } = await searching();
  await expect(run(client, 'SEARCH', 'NONSENSE')).rejects.toMatchObject({ responseStatus: 'BAD' });
  await expect(run(client, 'SEARCH', 'CHARSET KOI8-R ALL')).rejects.toMatchObject({ responseStatus: 'NO' });
  await expect(run(client, 'SEARCH', `${'NOT '.repeat(5000)}ALL`)).rejects.toMatchObject({ responseStatus: 'BAD' });
  await expect(run(client, 'SEARCH', 'SINCE yesterday')).rejects.toMatchObject({ responseStatus: 'BAD' });
  expect(await client.search({ seen: true }, { uid: true })).toEqual([1]);
});
