import { expect, it } from 'vitest';
import { refusal } from '../../src/autocrypt/decision.js';
import { clockAt, DAY, incoming, mailWithKey, NOW, person, readyManager } from '../unit/autocrypt/people.js';

/** Somebody on the way strips Autocrypt fields, or forges mails without them, to make us write in the clear. */
it('a chat that was encrypted stays so, however long no key has come', async () => {
  const bob = await person('bob@example.net');
  const keys = await readyManager({ clock: clockAt(NOW + 80 * DAY) });
  await keys.setPreferences({ preferEncrypt: 'mutual' });
  await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', bob.mutual]], date: NOW }));
  expect((await keys.recommend([bob.address])).action).toBe('encrypt');

  for (let day = 1; day <= 80; day += 10) {
    await keys.processMail(await incoming({ from: bob.address, date: NOW + day * DAY }));
  }
  // Autocrypt's own advice gives way ...
  expect((await keys.recommend([bob.address])).recommendation).toBe('discourage');
  // ... ours does not.
  const advice = await keys.recommend([bob.address], { replyToEncrypted: true });
  expect(advice.action).toBe('encrypt');
  expect(advice.publicKeys.get(bob.address)?.fingerprint).toBe(bob.fingerprint);
});

it('a preference that is stripped does not take encryption away', async () => {
  const bob = await person('bob@example.net');
  const keys = await readyManager();
  await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', bob.mutual]], date: NOW - DAY }));
  await keys.processMail(await mailWithKey(bob, { date: NOW }));
  expect((await keys.recommend([bob.address])).action).toBe('plain');
  expect((await keys.recommend([bob.address], { replyToEncrypted: true })).action).toBe('encrypt');
});

it.each([
  ['expired', NOW + DAY],
  ['never known', undefined],
])('where the key is %s, sending is refused and names the contact', async (_, expires) => {
  const bob = await person('bob@example.net', expires === undefined ? {} : { expires });
  const carol = await person('carol@example.net');
  const keys = await readyManager({ clock: clockAt(NOW + 2 * DAY) });
  await keys.processMail(await mailWithKey(carol));
  if (expires !== undefined) await keys.processMail(await mailWithKey(bob));
  const advice = await keys.recommend([carol.address, bob.address], { replyToEncrypted: true });
  expect(advice.action).toBe('refuse');
  expect(refusal(advice)).toMatchObject({ code: 'MISSING_KEY', addresses: [bob.address] });
});

it('a key replaced by one that cannot be used does not lead to plaintext', async () => {
  const [bob, expired] = await Promise.all([
    person('bob@example.net'),
    person('bob@example.net', { made: NOW - 20 * DAY, expires: NOW - 10 * DAY }),
  ]);
  const keys = await readyManager();
  await keys.processMails([await mailWithKey(bob, { date: NOW - DAY }), await mailWithKey(expired)]);
  expect((await keys.recommend([bob.address], { replyToEncrypted: true })).action).toBe('refuse');
});
