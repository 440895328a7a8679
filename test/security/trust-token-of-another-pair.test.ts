import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { Befriended } from './trust-support.js';

const attacked = useAttackedAccount();

it('a token that somebody else was granted is of no use to the friend', async () => {
  const friends = await Befriended.make(attacked);
  const other = await attacked.attack(
    'From: other@example.com\r\nTo: ada@example.org\r\nMessage-ID: <chat$o@example.com>\r\nChat-Version: 1.0\r\n\r\nhello\r\n',
  );
  await (await other.reply('hello other')).sent();
  const chats = attacked.host.mailbox('ada@example.org').folder('COI/Chats');
  const granted = () => chats.messages.find((mail) => mail.header('To')?.includes('other@example.com'));
  await chats.until(() => granted()?.header('COI-MySToken') !== undefined);
  await friends.deliver({
    presented: granted()?.header('COI-MySToken')?.replace(/\s/g, '') ?? '',
    granted: friends.friendsToken(),
  });
  expect(friends.refusals()).toEqual(['presentation: wrong-pair']);
  expect(await friends.state()).toBe('received');
});
