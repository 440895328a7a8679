import { expect, it } from 'vitest';
import { issueToken } from '../../src/trust/token.js';
import { useAttackedAccount } from './account-support.js';
import { Befriended, FRIEND } from './trust-support.js';

const attacked = useAttackedAccount();

it('a token that the account did not issue opens nothing, however well it is made', async () => {
  const friends = await Befriended.make(attacked);
  const created = Math.floor(Date.now() / 1000);
  const pair = { from: FRIEND, to: 'ada@example.org' };
  const forged = issueToken(new Uint8Array(32), pair, { created, validity: 10_000_000 }).raw;
  await friends.deliver({ presented: forged, granted: friends.friendsToken() });
  expect(await friends.state()).toBe('received');
  // The real one with a longer life, another version, and none at all.
  await friends.deliver({ presented: friends.token.replace(/validity:\d+/, 'validity:99999999') });
  await friends.deliver({ presented: friends.token.replace(/^1-/, '2-') });
  await friends.deliver({ presented: 'x'.repeat(100_000) });
  expect(friends.refusals()).toEqual(['presentation: forged', 'presentation: forged', 'presentation: malformed']);
  expect(await friends.state()).toBe('received');
  await friends.deliver({ presented: friends.token });
  expect(await friends.state()).toBe('trusted');
});
