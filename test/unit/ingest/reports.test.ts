import { describe, expect, it } from 'vitest';
import type { DeliveryStatus, ReceiptMail } from '../../../src/protocol/chat-mail.js';
import { acceptOwn } from '../../../src/sync/ingest/ingest.js';
import { resetDelivery } from '../../../src/sync/ingest/user-acts.js';
import { arrivalOf, bounceMail, textMail } from '../../support/mail-values.js';
import { ME, type TestState, testState } from '../../support/state.js';

function own(to: readonly string[]) {
  return arrivalOf(textMail({ id: 'own@x', from: ME, to, date: 1000, text: 'hi' }), { folder: 'Sent', role: 'sent' });
}

function bounce(id: string, statuses: readonly DeliveryStatus[]) {
  return arrivalOf(
    bounceMail({
      id,
      from: 'mailer-daemon@x',
      to: [ME],
      date: 2000,
      text: 'Undelivered',
      statuses,
      original: 'own@x',
    }),
  );
}

const failed = (recipient: string): DeliveryStatus => ({
  recipient,
  action: 'failed',
  status: '5.1.1',
  reason: `no ${recipient}`,
});

async function ownMessage({ store }: TestState) {
  return (await store.list('messages', { index: 'byMessageId', prefix: ['own@x'] }))[0];
}

describe('bounces', () => {
  it.each([false, true])('end as failed with the words of the server (bounce first: %s)', async (first) => {
    const state = await testState();
    const mails = [own(['bob@x']), bounce('b@x', [failed('bob@x')])];
    for (const mail of first ? mails.reverse() : mails) await state.join(mail);
    expect(await ownMessage(state)).toMatchObject({
      state: 'failed',
      recipients: [{ address: 'bob@x', state: 'failed', reason: 'no bob@x', status: '5.1.1', at: 2000 }],
    });
    // Nobody sees the report itself: not as a message, not as a chat, not as news.
    expect((await state.store.list('chats')).map(({ id }) => id)).toEqual(['single:bob@x']);
    expect(await state.news()).toEqual(['hi']);
    expect(
      state.changes.flatMap(({ messages }) => messages).some(({ after }) => after?.kind === 'delivery-report'),
    ).toBe(false);
  });

  it('name the recipients that failed; the message has failed when all have', async () => {
    const state = await testState();
    await state.join(own(['bob@x', 'carol@x']), bounce('b1@x', [failed('bob@x')]));
    expect(await ownMessage(state)).toMatchObject({ state: 'sent' });
    expect((await ownMessage(state))?.recipients?.map((recipient) => recipient.state)).toEqual(['failed', 'sent']);
    await state.join(bounce('b2@x', [failed('carol@x')]));
    expect(await ownMessage(state)).toMatchObject({ state: 'failed' });
  });

  it('of an address that the mail was forwarded to count for the only recipient', async () => {
    const state = await testState();
    await state.join(own(['bob@x']), bounce('b@x', [failed('real-bob@y')]));
    expect((await ownMessage(state))?.recipients).toEqual([
      { address: 'bob@x', state: 'failed', reason: 'no real-bob@y', status: '5.1.1', at: 2000 },
    ]);
  });

  it('that only say "delayed" change nothing', async () => {
    const state = await testState();
    await state.join(own(['bob@x']), bounce('b@x', [{ recipient: 'bob@x', action: 'delayed' }]));
    expect(await ownMessage(state)).toMatchObject({ state: 'sent' });
  });

  it('that name no message are shown: nobody else would tell the user', async () => {
    const state = await testState();
    await state.join(
      arrivalOf(bounceMail({ id: 'b@x', from: 'mailer-daemon@x', to: [ME], date: 1, text: 'Sorry', statuses: [] })),
    );
    expect((await state.store.list('chats')).map(({ id }) => id)).toEqual(['single:mailer-daemon@x']);
  });

  it("do not touch other people's messages of the same id", async () => {
    const state = await testState();
    await state.join(
      arrivalOf(textMail({ id: 'own@x', from: 'bob@x', to: [ME], date: 1000, text: 'not mine' })),
      bounce('b@x', [failed('bob@x')]),
    );
    expect(await ownMessage(state)).toMatchObject({ state: 'delivered', fromMe: false });
    expect((await ownMessage(state))?.recipients).toBeUndefined();
  });
});

describe('trying again after a bounce', () => {
  it('forgets the bounce', async () => {
    const state = await testState();
    await state.join(own(['bob@x', 'carol@x']), bounce('b1@x', [failed('bob@x'), failed('carol@x')]));
    const { key = '' } = (await ownMessage(state)) ?? {};
    const again = await state.writer.run((tx) => resetDelivery(tx, key));
    expect(again).toMatchObject({ state: 'queued' });
    await state.join(bounce('b2@x', [failed('carol@x')]));
    expect((await ownMessage(state))?.recipients?.map((recipient) => recipient.state)).toEqual(['pending', 'failed']);
  });

  it('keeps what is known to have arrived', async () => {
    const state = await testState();
    await state.join(
      own(['bob@x', 'carol@x']),
      bounce('b1@x', [failed('bob@x'), { recipient: 'carol@x', action: 'delivered' }]),
    );
    const { key = '' } = (await ownMessage(state)) ?? {};
    const again = await state.writer.run((tx) => resetDelivery(tx, key));
    expect(again.recipients?.map((recipient) => recipient.state)).toEqual(['pending', 'delivered']);
    await expect(state.writer.run((tx) => resetDelivery(tx, 'unknown'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('receipts', () => {
  it('are kept as facts and not shown', async () => {
    const state = await testState();
    const { attachments: _, ...base } = textMail({ id: 'r@x', from: 'bob@x', to: [ME], date: 3000, text: 'read' });
    const receipt: ReceiptMail = {
      ...base,
      kind: 'receipt',
      originalMessageIds: ['own@x', 'other@x'],
      disposition: 'displayed',
    };
    await state.join(own(['bob@x']), arrivalOf(receipt));
    const facts = await state.store.list('facts', { index: 'byTarget', prefix: ['own@x'] });
    expect(facts).toMatchObject([{ kind: 'receipt', from: 'bob@x', value: 'displayed', date: 3000 }]);
    expect(await state.news()).toEqual(['hi']);
    expect((await state.store.list('contacts')).length).toBe(0);
  });
});

describe('a message that we have just written', () => {
  it('is queued, and its copy in the mailbox is the same message', async () => {
    const state = await testState();
    const mail = textMail({ id: 'own@x', from: ME, to: ['bob@x'], date: 1000, text: 'hi', chat: true });
    const accepted = await state.writer.run((tx) => acceptOwn(tx, mail, { recipients: ['bob@x'] }));
    expect(accepted).toMatchObject({
      chatId: 'single:bob@x',
      state: 'queued',
      fromMe: true,
      seen: true,
      hidden: 0,
      recipients: [{ address: 'bob@x', state: 'pending' }],
    });
    const [copy] = await state.join(arrivalOf(mail, { folder: 'Sent', role: 'sent' }));
    expect(copy).toMatchObject({ key: accepted.key, state: 'queued', recipients: accepted.recipients });
    expect(await state.news()).toEqual([]);
    expect((await state.store.list('chats'))[0]).toMatchObject({ id: 'single:bob@x', lastMessage: accepted.key });
  });

  it('fails by a bounce that came before it was known to be sent', async () => {
    const state = await testState();
    const mail = textMail({ id: 'own@x', from: ME, to: ['bob@x'], date: 1000, text: 'hi' });
    const { key } = await state.writer.run((tx) => acceptOwn(tx, mail, { recipients: ['bob@x'] }));
    await state.join(bounce('b@x', [failed('bob@x')]));
    const [message] = await state.store.get('messages', [key]);
    expect(message?.recipients?.[0]).toMatchObject({ state: 'failed', reason: 'no bob@x' });
  });
});
