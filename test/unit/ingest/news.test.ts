import { describe, expect, it } from 'vitest';
import { arrivalOf, textMail } from '../../support/mail-values.js';
import { ME, testState } from '../../support/state.js';

function mail(text: string, date: number, place: Parameters<typeof arrivalOf>[1] = {}, from = 'bob@x') {
  return arrivalOf(textMail({ id: `${text}@x`, from, to: [from === ME ? 'bob@x' : ME], date, text }), place);
}

describe('news', () => {
  it('are announced oldest first, with each commit', async () => {
    const state = await testState();
    await state.join(mail('three', 3000), mail('one', 1000), mail('two', 2000));
    expect(await state.news()).toEqual(['one', 'two', 'three']);
  });

  it('are not what lay there before, nor what is known', async () => {
    const state = await testState();
    await state.join(mail('old', 1000, { history: true }));
    await state.join(mail('old', 1000, { folder: 'Chats' }), mail('new', 2000));
    await state.join(mail('new', 2000, { folder: 'Chats' }));
    expect(await state.news()).toEqual(['new']);
  });

  it('are not what has a copy in the history of the same batch', async () => {
    const state = await testState();
    await state.join(mail('moved', 1000), mail('moved', 1000, { folder: 'Chats', history: true }));
    expect(await state.news()).toEqual([]);
  });

  it('are own messages of other devices, too', async () => {
    const state = await testState({ acknowledge: true });
    const [own, other] = await state.join(mail('own', 1000, {}, ME), mail('other', 2000));
    expect(await state.news()).toEqual(['own', 'other']);
    expect([own?.pending, other?.pending]).toEqual([0, 1]);
  });

  it('wait for a handler only where there is one', async () => {
    const state = await testState();
    const [message] = await state.join(mail('hi', 1000));
    expect(message?.pending).toBe(0);
    const bot = await testState({ acknowledge: true });
    const [old] = await bot.join(mail('hi', 1000, { history: true }));
    expect(old?.pending).toBe(0);
  });
});
