import { describe, expect, it } from 'vitest';
import type { DeliveryStatus } from '../../../src/protocol/chat-mail.js';
import type { SecurityRecord } from '../../../src/store/records.js';
import { acceptOwn } from '../../../src/sync/ingest/ingest.js';
import { resetDelivery } from '../../../src/sync/ingest/user-acts.js';
import { arrivalOf, bounceMail, receiptMail, textMail } from '../../support/mail-values.js';
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
  const asking = (to: readonly string[], security?: SecurityRecord) => ({
    ...arrivalOf(textMail({ id: 'own@x', from: ME, to, date: 1000, text: 'hi', receiptTo: ME }), {
      folder: 'Sent',
      role: 'sent',
    }),
    ...(security && { security }),
  });
  const receipt = (from: string, date: number, disposition: string, originals = ['own@x']) =>
    arrivalOf(receiptMail({ id: `r${date}@x`, from, to: [ME], date, text: 'read', originals, disposition }));

  it.each([false, true])(
    'raise the message and tell who and when, and are not shown (receipt first: %s)',
    async (first) => {
      const state = await testState();
      const mails = [asking(['bob@x', 'carol@x']), receipt('bob@x', 3000, 'displayed', ['own@x', 'other@x'])];
      for (const mail of first ? mails.reverse() : mails) await state.join(mail);
      expect(await ownMessage(state)).toMatchObject({
        state: 'sent',
        recipients: [
          { address: 'bob@x', state: 'read', at: 3000 },
          { address: 'carol@x', state: 'sent' },
        ],
      });
      await state.join(receipt('carol@x', 4000, 'processed'));
      expect(await ownMessage(state)).toMatchObject({ state: 'delivered' });
      await state.join(receipt('carol@x', 5000, 'displayed'));
      expect(await ownMessage(state)).toMatchObject({ state: 'read' });
      expect(await state.news()).toEqual(['hi']);
      expect((await state.store.list('contacts')).length).toBe(0);
    },
  );

  it('only raise, and the smallest time counts', async () => {
    const state = await testState();
    await state.join(asking(['bob@x']), receipt('bob@x', 5000, 'displayed'), receipt('bob@x', 6000, 'processed'));
    await state.join(receipt('bob@x', 4000, 'displayed'), receipt('bob@x', 7000, 'displayed'));
    expect((await ownMessage(state))?.recipients).toEqual([{ address: 'bob@x', state: 'read', at: 4000 }]);
  });

  it('that tell nothing about reading change nothing', async () => {
    const state = await testState();
    await state.join(asking(['bob@x']), receipt('bob@x', 3000, 'deleted'), receipt('bob@x', 3001, 'denied'));
    expect(await ownMessage(state)).toMatchObject({ state: 'sent' });
  });

  it('count only if the message asked for one', async () => {
    const state = await testState();
    await state.join(own(['bob@x']), receipt('bob@x', 3000, 'displayed'));
    expect(await ownMessage(state)).toMatchObject({ state: 'sent' });
  });

  it('for an encrypted message have to be signed', async () => {
    const state = await testState();
    const encrypted = { encrypted: true, signature: 'valid', signer: 'AA' } as const;
    await state.join(asking(['bob@x'], encrypted), receipt('bob@x', 3000, 'displayed'));
    expect(await ownMessage(state)).toMatchObject({ state: 'sent' });
    await state.join({ ...receipt('bob@x', 4000, 'displayed'), security: encrypted });
    expect(await ownMessage(state)).toMatchObject({ state: 'read', recipients: [{ at: 4000 }] });
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
