import { expect, it } from 'vitest';
import { sealer } from '../support/sealed.js';
import { BOB, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('a signature by another key is none of the sender', async () => {
  const eve = await sealer(BOB);
  await sealed.attacked.attack(await sealed.letter('the real Bob'));
  const forged = await sealed.attacked.attack(await sealed.letter('not Bob', { from: eve, withHeader: false }));
  expect(forged.security).toMatchObject({ encrypted: true, signature: 'unknown-key' });
});

it('neither is one by another contact, whose key is known', async () => {
  const carol = await sealer('carol@example.net');
  await sealed.attacked.attack(await sealed.letter('the real Bob'));
  await sealed.attacked.attack(await sealed.letter('the real Carol', { from: carol }));
  const asBob = { ...carol, address: BOB };
  const forged = await sealed.attacked.attack(await sealed.letter('not Bob', { from: asBob, withHeader: false }));
  expect(forged.from.address).toBe(BOB);
  expect(forged.security).toMatchObject({ encrypted: true, signature: 'unknown-key' });
});
