import { expect, it } from 'vitest';
import { sealer } from '../support/sealed.js';
import { BOB, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('is not led back to an old key by an old mail', async () => {
  const { attacked, letter } = sealed;
  const old = await sealer(BOB);
  await attacked.attack(await letter('new', { date: Date.now() - 1000 }));
  await attacked.attack(await letter('replayed', { from: old, date: Date.now() - 90 * 24 * 3600_000, sealed: false }));
  const contact = await attacked.account.contacts.get(BOB);
  expect(contact.keyFingerprint).toBe(sealed.bob.key.fingerprint);
});

it('nor is it led on by one that claims to come from the future', async () => {
  const { attacked, letter } = sealed;
  const eve = await sealer(BOB);
  await attacked.attack(
    await letter('future', { from: eve, date: Date.now() + 10 * 365 * 24 * 3600_000, sealed: false }),
  );
  await attacked.attack(await letter('new', { date: Date.now() + 1000 }));
  const contact = await attacked.account.contacts.get(BOB);
  expect(contact.keyFingerprint).toBe(sealed.bob.key.fingerprint);
});
