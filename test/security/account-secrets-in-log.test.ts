import { expect, it } from 'vitest';
import { useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('keeps what is inside out of the log', async () => {
  const { attacked, letter, log } = sealed;
  const attachments = [{ filename: 'MARKER-FILE.txt', content: Buffer.from('x') }];
  await attacked.attack(await letter('MARKER-OF-THE-SECRET', { attachments }));
  await attacked.attack(await letter('MARKER-TWO', { withHeader: false }));
  expect(log.length).toBeGreaterThan(0);
  expect(log.join('\n')).not.toContain('MARKER');
});
