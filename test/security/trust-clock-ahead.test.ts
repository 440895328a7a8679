import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended } from './trust-support.js';

const attacked = useAttackedAccount();
const HOUR_S = 3600;

it('a token of the day after tomorrow does not count, so that none can be newer than all others for ever', async () => {
  const friends = await Befriended.make(attacked);
  const now = Math.floor(Date.now() / 1000);
  await friends.deliver({ granted: friends.friendsToken({ created: now + 25 * HOUR_S }) });
  // The Date of a mail that claims to be from then does not count either.
  const date = Date.now() + 25 * HOUR_S * 1000;
  await friends.deliver({ granted: friends.friendsToken({ created: now + 26 * HOUR_S }), date });
  expect(friends.refusals()).toEqual(['grant: from-the-future', 'grant: from-the-future']);
  expect(await friends.state()).toBe('offered');
  await friends.deliver({ granted: friends.friendsToken({ created: now + 23 * HOUR_S }) });
  expect(await friends.state()).toBe('received');
});
