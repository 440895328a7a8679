import { expect, it } from 'vitest';
import { ADA, BOB, foundedGroup, groupMail, MALLORY, membersOf } from './group-support.js';

it('nobody is made to leave by a stranger', async () => {
  const state = await foundedGroup();
  await state.join(groupMail(5, MALLORY, { left: true, removed: [BOB] }));
  await state.join(groupMail(6, MALLORY, { left: true }));
  expect(await membersOf(state)).toEqual([ADA, BOB]);
});

it('in an encrypted group an unsigned leave with a forged From counts for nothing, whatever its date', async () => {
  const state = await foundedGroup(true);
  await state.join(groupMail(5, BOB, { left: true }), groupMail(6, BOB, { left: true, removed: [BOB] }));
  expect(await membersOf(state)).toEqual([ADA, BOB]);
  await state.join(groupMail(7, BOB, { left: true }, { signed: true }));
  expect(await membersOf(state)).toEqual([ADA]);
});
