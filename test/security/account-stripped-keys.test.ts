import { expect, it } from 'vitest';
import { BOB, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('goes on to encrypt when the key is stripped from later mail', async () => {
  const first = await sealed.attacked.attack(await sealed.letter('with a key'));
  const answer = await first.reply('an answer');
  expect(answer.security.encrypted).toBe(true);
  await sealed.attacked.attack(await sealed.letter('without', { withHeader: false, sealed: false }));
  const later = await (await sealed.attacked.account.chat(BOB)).send('still sealed');
  expect(later.security.encrypted).toBe(true);
  await later.sent();
  for (const { raw } of sealed.attacked.host.sent) expect(raw.toString('latin1')).not.toContain('still sealed');
});

it('does not send at all where a chat that was encrypted has lost its key', async () => {
  const bare = await sealed.attacked.attack(await sealed.letter('from the start', { withHeader: false }));
  expect(bare.security.encrypted).toBe(true);
  await expect(bare.reply('an answer')).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: [BOB] });
  expect(sealed.attacked.host.sent).toEqual([]);
});
