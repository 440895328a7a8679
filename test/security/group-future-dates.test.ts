import { expect, it } from 'vitest';
import { nextGroupTime } from '../../src/model/group-state.js';
import { ADA, BOB, chatOf, foundedGroup, groupMail } from './group-support.js';

it('a name with a date far in the future wins neither for ever nor over whom it does not have to', async () => {
  const state = await foundedGroup();
  const day = 24 * 60;
  await state.join(groupMail(5, BOB, { name: 'Mine', nameChangedFrom: 'Crew', nameTimestamp: Date.UTC(2999, 0, 1) }));
  const chat = await chatOf(state);
  expect(chat.name).toBe('Mine');
  expect(chat.group?.newest.name).toBeLessThan(Date.UTC(2026, 0, 8));
  // A program that dates its facts as it should can change it at once, any other one two days later.
  const nameTimestamp = nextGroupTime(chat.group, 'name', Date.UTC(2026, 0, 6, 10));
  await state.join(groupMail(60, ADA, { name: 'Ours', nameChangedFrom: 'Mine', nameTimestamp }));
  expect((await chatOf(state)).name).toBe('Ours');
  await state.join(groupMail(3 * day, ADA, { name: 'Crew', nameChangedFrom: 'Ours' }));
  expect((await chatOf(state)).name).toBe('Crew');
});
