import { expect, it } from 'vitest';
import { ADA, BOB, chatOf, foundedGroup, groupMail, MALLORY, membersOf } from './group-support.js';

it('a stranger changes nothing, adds nobody, and is shown beside the group', async () => {
  const state = await foundedGroup();
  const [message] = await state.join(
    groupMail(5, MALLORY, { name: 'Owned', nameChangedFrom: 'Crew', added: [MALLORY], removed: [ADA] }),
  );
  expect(await membersOf(state)).toEqual([ADA, BOB]);
  expect((await chatOf(state)).name).toBe('Crew');
  expect(message?.chatId).toBe(`single:${MALLORY}`);
});

it('a mail that claims to have founded the group long ago does not make its author the founder', async () => {
  const state = await foundedGroup();
  const late = groupMail(3 * 24 * 60, MALLORY, { name: 'Owned', info: { cards: [], other: {} } });
  await state.join({ ...late, mail: { ...late.mail, date: 0, references: [] } });
  expect(await membersOf(state)).toEqual([ADA, BOB]);
  expect((await chatOf(state)).name).toBe('Crew');
});

it('who was removed cannot come back by an own mail', async () => {
  const state = await foundedGroup();
  await state.join(groupMail(5, ADA, { left: true, removed: [BOB] }), groupMail(9, BOB, { added: [BOB] }));
  expect(await membersOf(state)).toEqual([ADA]);
});
