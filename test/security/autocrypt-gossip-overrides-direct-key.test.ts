import { expect, it } from 'vitest';
import { DAY, incoming, ME, mail, mailWithKey, NOW, person, readyManager } from '../unit/autocrypt/people.js';

/** Eve passes on a key of her own as Carol's, in a newer mail than any of Carol's. */
it('a key that others pass on never replaces the one that somebody has sent themselves', async () => {
  const [eve, carol, fake] = await Promise.all([
    person('eve@example.net'),
    person('carol@example.net'),
    person('carol@example.net'),
  ]);
  const keys = await readyManager();
  const to = `${ME}, ${carol.address}`;
  const gossip = async (date: number) => {
    const payload = await mail({ from: eve.address, to, fields: [['Autocrypt-Gossip', fake.gossip]] });
    return incoming({ from: eve.address, to, payload, date });
  };
  await keys.processMail(await mailWithKey(carol, { date: NOW - 20 * DAY }));
  const { changes } = await keys.processMail(await gossip(NOW));
  expect(changes).toEqual([]);
  const advice = await keys.recommend([{ address: carol.address, usesChat: true }]);
  expect(advice.publicKeys.get(carol.address)?.fingerprint).toBe(carol.fingerprint);
  expect(await keys.peer(carol.address)).toMatchObject({ fingerprint: carol.fingerprint, source: 'direct' });

  // The other way round: where the wrong key was first, Carol's own mail replaces it, and the change is told.
  const late = await readyManager();
  await late.processMail(await gossip(NOW));
  const told = await late.processMail(await mailWithKey(carol, { date: NOW - 20 * DAY }));
  expect(told.changes).toMatchObject([{ oldFingerprint: fake.fingerprint, newFingerprint: carol.fingerprint }]);
  expect(await late.peer(carol.address)).toMatchObject({ fingerprint: carol.fingerprint, source: 'direct' });
});
