import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { deliverAll, FRIEND, receipt, sentToFriend } from './receipt-support.js';

const attacked = useAttackedAccount();

it('a receipt for a message that did not ask for one changes nothing', async () => {
  const sent = await sentToFriend(attacked, { requestReceipts: false });
  const asking = await sent.chat.send({ text: 'and now?', requestReceipt: true });
  await asking.sent();
  await deliverAll(attacked, [receipt(FRIEND, [sent.messageId])]);
  expect([sent.state, sent.receipts, asking.state]).toEqual(['sent', [], 'sent']);
  await deliverAll(attacked, [receipt(FRIEND, [sent.messageId, asking.messageId])]);
  expect([sent.state, asking.state]).toEqual(['sent', 'read']);
});
