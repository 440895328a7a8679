import { expect, it } from 'vitest';
import { DAY, incoming, mail, mailWithKey, NOW, person, readyManager } from '../unit/autocrypt/people.js';

/** Somebody who has Bob's lost old key delivers his old mail again, so that we go back to that key. */
it('an old mail delivered again does not bring an old key back', async () => {
  const [old, current] = await Promise.all([person('bob@example.net'), person('bob@example.net')]);
  const keys = await readyManager();
  const oldMail = await mailWithKey(old, { date: NOW - 100 * DAY, id: 'old@example.net' });
  const currentMail = await mailWithKey(current, { date: NOW - DAY, id: 'current@example.net' });
  await keys.processMails([oldMail, currentMail]);

  const replays = [
    { ...oldMail, receivedAt: NOW },
    await mailWithKey(old, { date: NOW - 100 * DAY, receivedAt: NOW, id: 'new-id@example.net' }),
    // The current mail once more, with the old key and an older Date, under the same id.
    await mailWithKey(old, { date: NOW - 100 * DAY, receivedAt: NOW, id: 'current@example.net' }),
    // The current mail with an older Date: it must not make the current key look older.
    await mailWithKey(current, { date: NOW - 200 * DAY, receivedAt: NOW, id: 'current@example.net' }),
  ];
  for (const replay of replays) {
    expect((await keys.processMail(replay)).changes).toEqual([]);
    expect(await keys.peer(old.address)).toMatchObject({
      ...{ fingerprint: current.fingerprint, autocryptTimestamp: NOW - DAY, lastSeen: NOW - DAY },
    });
  }
});

it('wrapping an outer field into another encrypted mail does not make its key look older', async () => {
  const [bob, old] = await Promise.all([person('bob@example.net'), person('bob@example.net')]);
  const keys = await readyManager();
  await keys.processMail(await mailWithKey(old, { date: NOW - 50 * DAY }));
  const sealed = {
    from: bob.address,
    fields: [['Autocrypt', bob.header]] as [string, string][],
    date: NOW,
    id: 'a@b.c',
  };
  const opened = async (date: number) =>
    incoming({ ...sealed, type: 'multipart/encrypted', payload: await mail({ date }) });
  await keys.processMail(await opened(NOW));
  await keys.processMail(await opened(NOW - 100 * DAY));
  expect(await keys.peer(bob.address)).toMatchObject({ fingerprint: bob.fingerprint, autocryptTimestamp: NOW });
});

it('a Date in the far future does not fix a key for ever', async () => {
  const [bob, fake] = await Promise.all([person('bob@example.net'), person('bob@example.net')]);
  const keys = await readyManager();
  await keys.processMail(await mailWithKey(fake, { date: NOW + 3650 * DAY, receivedAt: NOW - 2 * DAY }));
  await keys.processMail(await mailWithKey(bob, { date: NOW }));
  expect((await keys.peer(bob.address)).fingerprint).toBe(bob.fingerprint);
});
