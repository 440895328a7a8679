import { expect, it } from 'vitest';
import { incoming, ME, mail, mailWithKey, NOW, person, readyManager } from '../unit/autocrypt/people.js';

/**
 * Eve writes to us and to one of her own addresses, and passes on keys for people who did not get that mail: we would
 * encrypt to her keys when we write to them.
 */
it('keys passed on for people who are no recipients are not learned', async () => {
  const [eve, carol, dave, erin] = await Promise.all([
    person('eve@example.net'),
    person('carol@example.net'),
    person('dave@example.net'),
    person('erin@example.net'),
  ]);
  const keys = await readyManager();
  const fields: [string, string][] = [
    ['Bcc', carol.address],
    ['Resent-To', dave.address],
    ['Autocrypt-Gossip', carol.gossip],
    ['Autocrypt-Gossip', dave.gossip],
    ['Autocrypt-Gossip', erin.gossip],
  ];
  const payload = await mail({ from: eve.address, to: `${ME}, other@example.net`, fields });
  // The outer recipients do not count where there are inner ones, and not the name that looks like an address.
  await keys.processMail(
    await incoming({ from: eve.address, to: `${ME}, "carol@example.net" <x@example.net>, ${erin.address}`, payload }),
  );
  for (const { address } of [carol, dave, erin]) {
    expect(await keys.peer(address)).toEqual({ address, preferEncrypt: 'nopreference' });
    expect((await keys.recommend([address], { mode: 'require' })).action).toBe('refuse');
  }
});

it('nobody passes on a key for us', async () => {
  const [eve, fake] = await Promise.all([person('eve@example.net'), person(ME)]);
  const keys = await readyManager();
  const own = keys.signingKey().fingerprint;
  const payload = await mail({ from: eve.address, to: ME, fields: [['Autocrypt-Gossip', fake.gossip]] });
  await keys.processMail(await incoming({ from: eve.address, payload }));
  expect((await keys.peer(ME)).fingerprint).toBeUndefined();
  expect((await keys.signatureKeys(ME)).map(({ fingerprint }) => fingerprint)).toEqual([own]);
  expect(keys.signingKey().fingerprint).toBe(own);
});

it('thousands of them take bounded time', async () => {
  const [eve, carol] = await Promise.all([person('eve@example.net'), person('carol@example.net')]);
  const keys = await readyManager();
  const many = Array.from({ length: 2000 }, (_, i) => `p${i}@example.net`);
  const fields = many.map((address): [string, string] => [
    'Autocrypt-Gossip',
    carol.gossip.replace(carol.address, address),
  ]);
  const payload = await mail({ from: eve.address, to: [ME, ...many].join(', '), fields });
  const started = performance.now();
  const { peers } = await keys.processMail(await incoming({ from: eve.address, payload, date: NOW }));
  expect(performance.now() - started).toBeLessThan(10_000);
  // 500 peers, and Eve herself was seen.
  expect(peers).toHaveLength(501);
  await keys.processMail(await mailWithKey(carol));
  expect((await keys.peer(carol.address)).fingerprint).toBe(carol.fingerprint);
});
