import { beforeAll, expect, it } from 'vitest';
import { type Actor, actor, open, plainMail, seal } from '../unit/openpgp/support.js';

let ada: Actor;
let bob: Actor;
let eve: Actor;

beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([actor('ada'), actor('bob'), actor('eve')]);
});

it('who is not a recipient gets nothing, and is told which key is missing', async () => {
  const sealed = await seal(await plainMail(), ada, [bob]);
  const opening = open(sealed, eve, [ada]);
  await expect(opening).rejects.toMatchObject({ name: 'EncryptionError', code: 'MISSING_KEY' });
  await expect(opening).rejects.toThrow(bob.key.keyIds[1]);
});

it('nor does somebody without any key, or with hidden recipients', async () => {
  const sealed = await seal(await plainMail(), ada, [bob]);
  await expect(open(sealed, eve, [], { keys: [] })).rejects.toMatchObject({ code: 'MISSING_KEY' });
  const hidden = await seal(await plainMail(), ada, [bob], { hideRecipients: true });
  await expect(open(hidden, eve, [ada])).rejects.toMatchObject({ code: 'MISSING_KEY' });
  expect((await open(hidden, bob, [ada])).security.signature).toBe('valid');
});

it('the mail can be opened later, once the key is there', async () => {
  const sealed = await seal(await plainMail(), ada, [bob]);
  await expect(open(sealed, eve, [ada])).rejects.toMatchObject({ code: 'MISSING_KEY' });
  const opened = await open(sealed, eve, [ada], { keys: [eve.key, bob.key] });
  expect(opened.mail.subject).toBe('A secret plan');
});

it('what goes wrong never shows the content', async () => {
  const sealed = await seal(await plainMail(), ada, [bob]);
  const error: unknown = await open(sealed, eve, [ada]).catch((thrown: unknown) => thrown);
  expect(String(error)).not.toMatch(/nine|secret/i);
});
