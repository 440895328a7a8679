import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended } from './trust-support.js';

const attacked = useAttackedAccount();
const DAY_S = 24 * 3600;

it('a token that has run out by the date of the mail does not count', async () => {
  const friends = await Befriended.make(attacked);
  const created = Math.floor(Date.now() / 1000) - 91 * DAY_S;
  await friends.deliver({ presented: friends.token, granted: friends.friendsToken({ created }) });
  expect(friends.refusals()).toEqual(['grant: expired']);
  expect(await friends.state()).toBe('offered');
  // A mail of that time would have counted then, and what it brought has run out since.
  const date = (created + DAY_S) * 1000;
  await friends.deliver({ granted: friends.friendsToken({ created }), date });
  expect(friends.refusals()).toEqual(['grant: expired']);
  expect(await friends.state()).not.toBe('trusted');
});
