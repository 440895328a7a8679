import { expect, it } from 'vitest';
import { ADA, BOB, foundedGroup, groupMail, membersOf } from './group-support.js';

it('somebody who is listed and added again and again is a member once', async () => {
  const state = await foundedGroup();
  const added = groupMail(
    5,
    ADA,
    { added: [BOB, BOB], memberSince: [{ address: BOB, timestamp: 1 }] },
    { cc: [BOB, BOB] },
  );
  await state.join(added, added);
  await state.join(added);
  expect(await membersOf(state)).toEqual([ADA, BOB]);
});
