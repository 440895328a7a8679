import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended } from './trust-support.js';

const attacked = useAttackedAccount();

it('a token stays void once it was revoked, also in a mail that was written before', async () => {
  const friends = await Befriended.make(attacked);
  await friends.deliver({ presented: friends.token, granted: friends.friendsToken() });
  expect(await friends.state()).toBe('trusted');
  await friends.revoke();
  expect(await friends.state()).toBe('revoked');
  await friends.deliver({ presented: friends.token });
  await friends.deliver({ presented: friends.token, date: Date.now() - 3600_000 });
  expect(friends.refusals()).toEqual(['presentation: revoked', 'presentation: revoked']);
  expect(await friends.state()).toBe('revoked');
});
