import { expect, it } from 'vitest';
import { latin, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('shows the outer sender where another one stands inside, and says so', async () => {
  const letter = latin(await sealed.letter('I am Bob'));
  const message = await sealed.attacked.attack(
    Buffer.from(letter.replace(/^From: .*$/m, 'From: eve@example.com'), 'latin1'),
  );
  expect(message.from.address).toBe('eve@example.com');
  expect(message.security.signature).not.toBe('valid');
  expect(message.security.warnings).toContain('from-mismatch');
  const chat = await sealed.attacked.account.chat('bob@example.net');
  for await (const other of chat.messages()) expect(other).toBeUndefined();
});
