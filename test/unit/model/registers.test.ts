import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { newChat, withMails, withSettingsOf } from '../../../src/model/chat-summary.js';
import { newContact, withMailsFrom } from '../../../src/model/contact-registers.js';
import { effectiveDate, messageIdOf, messageKey } from '../../../src/model/identity.js';
import { joinRecipient, stateOf, unreadOf } from '../../../src/model/message-state.js';
import type { MessageRecord, RecipientRecord } from '../../../src/store/records.js';
import { arrivalOf, textMail } from '../../support/mail-values.js';
import { ME, testState } from '../../support/state.js';
import { messageRecord } from '../chat/records.js';

const HOUR = 3600_000;
const DAY = 24 * HOUR;

describe('effective date', () => {
  it('is the Date header, unless that is missing or more than a day after the arrival', () => {
    expect(effectiveDate(5 * DAY, 6 * DAY)).toBe(5 * DAY);
    expect(effectiveDate(5 * DAY, 4 * DAY)).toBe(5 * DAY);
    expect(effectiveDate(5 * DAY + 1, 4 * DAY)).toBe(4 * DAY);
    expect(effectiveDate(undefined, 4 * DAY)).toBe(4 * DAY);
    expect(effectiveDate(5 * DAY, undefined)).toBe(5 * DAY);
    expect(effectiveDate(undefined, undefined)).toBe(0);
  });
});

describe('identity', () => {
  it('is sender and Message-ID, and cannot be made to collide by moving characters between them', () => {
    expect(messageKey('a@x', 'id@x')).toBe(messageKey('a@x', 'id@x'));
    expect(messageKey('a@x', 'id@x')).not.toBe(messageKey('b@x', 'id@x'));
    expect(messageKey('a', 'bc')).not.toBe(messageKey('ab', 'c'));
  });

  it('is made from sender, date and content where there is no Message-ID', () => {
    const mail = textMail({ from: 'a@x', date: 1, text: 'hi' });
    expect(messageIdOf(mail)).toBe(messageIdOf(textMail({ from: 'a@x', date: 1, text: 'hi', pieces: true })));
    expect(messageIdOf(mail)).not.toBe(messageIdOf(textMail({ from: 'a@x', date: 2, text: 'hi' })));
    expect(messageIdOf(mail)).not.toBe(messageIdOf(textMail({ from: 'b@x', date: 1, text: 'hi' })));
    expect(messageIdOf(mail)).not.toBe(messageIdOf(textMail({ from: 'a@x', date: 1, text: 'ho' })));
  });
});

describe('chat name', () => {
  it('is cut between characters', () => {
    const mail = messageRecord('m', { subject: `${'x'.repeat(limits.nameChars - 1)}👋` });
    const { name } = withMails(newChat('adhoc:a'), [mail], new Set());
    expect(name).toBe('x'.repeat(limits.nameChars - 1));
  });
});

describe('message state', () => {
  const at = (state: RecipientRecord['state'], rest: Partial<RecipientRecord> = {}): RecipientRecord => ({
    address: 'a@x',
    state,
    ...rest,
  });

  it('rises only, and a receipt beats a bounce', () => {
    expect(joinRecipient(at('sent'), at('failed')).state).toBe('failed');
    expect(joinRecipient(at('read'), at('failed')).state).toBe('read');
    expect(joinRecipient(at('failed'), at('sent')).state).toBe('failed');
    expect(joinRecipient(at('failed', { at: 5, reason: 'b' }), at('failed', { at: 4, reason: 'z' })).reason).toBe('z');
  });

  it('is failed when it failed for everyone', () => {
    expect(stateOf('sent', [at('failed'), at('sent')])).toBe('sent');
    expect(stateOf('sent', [at('failed'), at('failed')])).toBe('failed');
    expect(stateOf('sent', [at('failed'), at('delivered')])).toBe('delivered');
    expect(stateOf('sent', [at('read'), at('delivered')])).toBe('delivered');
    expect(stateOf('sent', [at('read'), at('read')])).toBe('read');
    expect(stateOf('queued', [at('failed')])).toBe('queued');
  });

  it('is unread only for what others wrote, is shown and was not seen', () => {
    expect(unreadOf({ fromMe: false, seen: false, hidden: 0 })).toBe(1);
    expect(unreadOf({ fromMe: true, seen: false, hidden: 0 })).toBe(0);
    expect(unreadOf({ fromMe: false, seen: true, hidden: 0 })).toBe(0);
    expect(unreadOf({ fromMe: false, seen: false, hidden: 1 })).toBe(0);
  });
});

describe('contact registers', () => {
  const mail = (date: number, name: string | undefined, chatClient: boolean, messageId = `${date}@x`) => ({
    from: name === undefined ? { address: 'a@x' } : { address: 'a@x', name },
    date,
    messageId,
    ...(chatClient && { chatClient }),
  });

  it('take the newest mail, whatever the order', () => {
    const mails = [mail(3, undefined, false), mail(1, 'Old', true), mail(2, 'New', true)];
    for (const order of [mails, [...mails].reverse()]) {
      const contact = withMailsFrom(newContact('a@x'), order);
      expect(contact).toMatchObject({ name: 'New', usesChat: false, lastSeen: 3 });
    }
  });

  it('break ties by the larger message-id', () => {
    const mails = [mail(1, 'B', true, 'b@x'), mail(1, 'A', false, 'a@x')];
    for (const order of [mails, [...mails].reverse()]) {
      expect(withMailsFrom(newContact('a@x'), order)).toMatchObject({ name: 'B', usesChat: true });
    }
  });
});

describe('chats named by their mails', () => {
  async function messages(...subjects: readonly (string | undefined)[]): Promise<MessageRecord[]> {
    const { join } = await testState();
    return join(
      ...subjects.map((subject, i) =>
        arrivalOf(
          textMail({
            id: `${i}@x`,
            from: 'Bob <bob@x>',
            to: [ME, 'carol@x'],
            date: 1000 - i,
            text: `${i}`,
            ...(subject !== undefined && { subject }),
          }),
        ),
      ),
    );
  }

  it('take the earliest Subject that says anything, without reply prefixes', async () => {
    const own = new Set([ME]);
    const mails = await messages('Later', 'AW: Re: Lunch', '...', undefined);
    for (const order of [mails, [...mails].reverse()]) {
      const chat = withMails(newChat('adhoc:x'), order, own);
      expect(chat.name).toBe('Lunch');
      expect(chat.members).toEqual([{ address: 'bob@x', name: 'Bob' }, { address: 'carol@x' }]);
    }
  });

  it('join what the user set without losing anything', () => {
    const a = { ...newChat('adhoc:a'), muted: 1 as const, draft: 'one', clearedUpTo: 5 };
    const b = { ...newChat('adhoc:b'), pinned: 1 as const, archived: 1 as const, draft: 'two', clearedUpTo: 3 };
    expect(withSettingsOf(a, b)).toMatchObject({
      id: 'adhoc:a',
      muted: 0,
      pinned: 1,
      archived: 0,
      draft: 'one\n\ntwo',
      clearedUpTo: 3,
    });
    expect(withSettingsOf(a, newChat('adhoc:c')).clearedUpTo).toBeUndefined();
  });
});
