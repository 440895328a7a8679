import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended } from './trust-support.js';

const attacked = useAttackedAccount();

it.each([
  ['to several people', { to: 'ada@example.org, eve@example.com' }],
  ['with a copy to somebody', { headers: 'Cc: eve@example.com\r\n' }],
  ['to a group', { headers: 'Chat-Group-ID: GroupGroup12\r\nChat-Group-Name: G\r\n' }],
  ['through a list', { headers: 'List-Id: <list.example.net>\r\n' }],
])('tokens in a mail %s do not count: others have seen them', async (_, mail) => {
  const friends = await Befriended.make(attacked);
  await friends.deliver({ presented: friends.token, granted: friends.friendsToken(), ...mail });
  expect(await friends.state()).toBe('offered');
  expect(friends.events).toEqual([]);
});
