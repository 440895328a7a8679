import { expect, it } from 'vitest';
import { ADA, BOB, chatOf, foundedGroup, groupMail, MALLORY, membersOf } from './group-support.js';

it('what is not signed changes nothing in a group that began with a signed mail', async () => {
  const state = await foundedGroup(true);
  await state.join(
    groupMail(5, ADA, { name: 'Owned', nameChangedFrom: 'Crew' }),
    groupMail(6, ADA, { added: [MALLORY] }),
    groupMail(7, ADA, { removed: [BOB], left: true }),
    groupMail(8, BOB, {}, { chat: false, id: 'plain', subject: 'Re: Owned', cc: [MALLORY] }),
  );
  expect(await membersOf(state)).toEqual([ADA, BOB]);
  expect((await chatOf(state)).name).toBe('Crew');
});

it('an unsigned fact does not override a signed one, even where both kinds count', async () => {
  const state = await foundedGroup();
  await state.join(
    groupMail(5, BOB, { name: 'Signed', nameChangedFrom: 'Crew' }, { signed: true }),
    groupMail(9, ADA, { name: 'Unsigned', nameChangedFrom: 'Signed' }),
  );
  expect((await chatOf(state)).name).toBe('Signed');
});
