import { expect, it } from 'vitest';
import { useAttackedAccount } from './account-support.js';
import { deliverAll, FRIEND, receipt, sentToFriend } from './receipt-support.js';

const attacked = useAttackedAccount();

it('a receipt of somebody whom the message never went to changes nothing', async () => {
  const sent = await sentToFriend(attacked);
  const id = sent.messageId;
  await deliverAll(attacked, [
    receipt('eve@example.com', [id]),
    receipt('ada@example.org', [id]),
    receipt(`"${FRIEND}" <eve@example.com>`, [id]),
    receipt(`eve@example.com, ${FRIEND}`, [id]),
    receipt(FRIEND, ['another@example.org', 'chat$first@example.net']),
  ]);
  expect([sent.state, sent.receipts]).toEqual(['sent', []]);
  await deliverAll(attacked, [receipt(FRIEND, [id])]);
  expect(sent.state).toBe('read');
});
