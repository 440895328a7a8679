import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended, FRIEND } from './trust-support.js';

const attacked = useAttackedAccount();

it('whoever has seen a token cannot use it, neither in their own name nor in that of the friend', async () => {
  const friends = await Befriended.make(attacked);
  await friends.deliver({ from: 'eve@example.com', presented: friends.token, granted: friends.friendsToken() });
  expect(friends.refusals()).toEqual(['grant: wrong-pair', 'presentation: wrong-pair']);
  expect(await friends.state('eve@example.com')).not.toBe('trusted');
  // In the friend's name, without a signature of the friend's domain; the verdict of a server of Eve's own stands below ours.
  await attacked.attack(
    `Authentication-Results: mx.example.org; dkim=none\r\nAuthentication-Results: mx.example.org; dkim=pass header.d=example.net\r\nFrom: ${FRIEND}\r\nTo: ada@example.org\r\nMessage-ID: <chat$e@example.net>\r\nChat-Version: 1.0\r\nCOI-SToken: ${friends.token}\r\nCOI-MySToken: ${friends.friendsToken()}\r\n\r\nit is me\r\n`,
  );
  await attacked.expectGoingOn();
  expect(friends.refusals().slice(2)).toEqual(['grant: unproven', 'presentation: unproven']);
  expect(await friends.state()).toBe('offered');
});
