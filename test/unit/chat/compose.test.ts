import { describe, expect, it } from 'vitest';
import { type Composition, composeMail, senderOf } from '../../../src/chat/compose.js';
import { listAddress } from '../../../src/chat/list-address.js';
import { limits } from '../../../src/core/limits.js';
import { chatRecord, messageRecord, ownRecord } from './records.js';

const identity = {
  email: 'ada@example.org',
  addresses: new Set(['ada@example.org', 'work@example.com']),
  name: 'Ada',
};
const chatting = [{ address: 'bob@example.net', usesChat: true }];
const plain = { address: 'carol@example.com', usesChat: false };
const NOW = Date.UTC(2026, 10, 20, 12, 0, 0, 250);

function compose(change: Partial<Composition> = {}, draft: Parameters<typeof composeMail>[0] = { text: 'Hi' }) {
  return composeMail(draft, [], {
    identity,
    chat: chatRecord('single:bob@example.net'),
    replyTo: undefined,
    from: 'ada@example.org',
    recipients: [{ address: 'bob@example.net', usesChat: false }],
    encrypted: false,
    secretName: false,
    requestReceipts: true,
    automatic: false,
    now: NOW,
    ...change,
  });
}

describe('composing a message', () => {
  it('writes the first one from the main address, in the name of the user, to bare addresses', () => {
    expect(compose()).toEqual({
      from: { address: 'ada@example.org', name: 'Ada' },
      to: [{ address: 'bob@example.net' }],
      date: NOW,
      text: 'Hi',
    });
  });

  it('answers from the address that was written to', () => {
    const message = messageRecord('m', { to: [{ address: 'work@example.com' }] });
    expect(senderOf(undefined, identity, message)).toBe('work@example.com');
    const blind = messageRecord('m', { to: [{ address: 'undisclosed@example.net' }] });
    expect(senderOf(undefined, identity, blind)).toBe('ada@example.org');
    const ours = ownRecord('m', { from: { address: 'work@example.com' } });
    expect(senderOf(undefined, identity, ours)).toBe('work@example.com');
    expect(senderOf(undefined, identity, undefined)).toBe('ada@example.org');
    expect(compose({ from: 'work@example.com' }).from).toEqual({ address: 'work@example.com', name: 'Ada' });
  });

  it('writes from an own address if asked to, and from no other', () => {
    expect(senderOf('Work@Example.com', identity, undefined)).toBe('work@example.com');
    expect(() => senderOf('eve@example.net', identity, undefined)).toThrowError(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('asks for a receipt only people who use a chat client, unless told not to', () => {
    expect(compose().requestReceipt).toBeUndefined();
    expect(compose({ recipients: chatting }).requestReceipt).toBe(true);
    expect(compose({ recipients: chatting, requestReceipts: false }).requestReceipt).toBeUndefined();
    expect(compose({ recipients: chatting }, { text: 'Hi', requestReceipt: false }).requestReceipt).toBeUndefined();
    expect(
      compose({ recipients: [...chatting, plain] }, { text: 'Hi', requestReceipt: true }).requestReceipt,
    ).toBeUndefined();
    expect(compose({ recipients: chatting, automatic: true }).requestReceipt).toBeUndefined();
  });

  it('refers to the first and the last message of the conversation, and to the one that it answers', () => {
    const chat = chatRecord('single:bob@example.net', { firstMessageId: 'first@x', lastMessageId: 'last@x' });
    expect(compose({ chat }).references).toEqual(['first@x', 'last@x']);
    expect(compose({ chat }).inReplyTo).toBeUndefined();
    const replyTo = messageRecord('m', { messageId: 'middle@x' });
    expect(compose({ chat, replyTo })).toMatchObject({ references: ['first@x', 'last@x'], inReplyTo: 'middle@x' });
  });

  it('quotes what it answers, the beginning of a long text, nothing where that is not wanted, what was encrypted only within the encryption', () => {
    const replyTo = messageRecord('m', { text: '  How are you?\n' });
    expect(compose({ replyTo }).quote).toBe('How are you?');
    expect(compose({ replyTo }, { text: 'Fine', quote: false }).quote).toBeUndefined();
    expect(compose({ replyTo: messageRecord('m', { text: '' }) }).quote).toBeUndefined();
    const sealed = messageRecord('m', { security: { encrypted: true, signature: 'valid' } });
    expect(compose({ replyTo: sealed }).quote).toBeUndefined();
    expect(compose({ replyTo: sealed, encrypted: true }).quote).toBe(sealed.text);
    const long = compose({
      replyTo: messageRecord('m', { text: `${'x'.repeat(limits.quoteChars - 1)}👋 and more` }),
    }).quote;
    expect(long).toBe(`${'x'.repeat(limits.quoteChars - 1)}…`);
  });

  it('names a group in the Subject, with its id, and leaves the Subject of a 1:1 message to the text', () => {
    const group = chatRecord('group:abcdefghijkl', { kind: 'group', name: 'My Crew', groupId: 'abcdefghijkl' });
    expect(compose({ chat: group })).toMatchObject({ subject: 'My Crew', groupId: 'abcdefghijkl' });
    const adhoc = chatRecord('adhoc:x', { kind: 'adhoc', name: 'Lunch' });
    expect(compose({ chat: adhoc })).toMatchObject({ subject: 'Lunch' });
    expect(compose({ chat: adhoc }).groupId).toBeUndefined();
    expect(compose().subject).toBeUndefined();
    expect(compose({}, { text: 'Hi', subject: 'Mine' }).subject).toBe('Mine');
  });

  it('does not tell a name that only encrypted mail told, unless it is encrypted itself', () => {
    const group = chatRecord('group:abcdefghijkl', { kind: 'group', name: 'Secret Garden', groupId: 'abcdefghijkl' });
    const adhoc = chatRecord('adhoc:x', { kind: 'adhoc', name: 'Secret Lunch' });
    expect(compose({ chat: group, secretName: true }).subject).toBe('...');
    expect(compose({ chat: adhoc, secretName: true }).subject).toBeUndefined();
    expect(compose({ chat: group, secretName: true, encrypted: true }).subject).toBe('Secret Garden');
    expect(compose({ chat: adhoc, secretName: true }, { text: 'Hi', subject: 'Mine' }).subject).toBe('Mine');
  });

  it('dates a message a second after the newest one, so that whole seconds keep the order', () => {
    const second = Math.floor(NOW / 1000) * 1000;
    const dateAfter = (lastDate: number) => compose({ chat: chatRecord('single:bob@example.net', { lastDate }) }).date;
    expect(dateAfter(second - 5_000)).toBe(NOW);
    expect(dateAfter(second)).toBe(second + 1_000);
    expect(dateAfter(second + 30_000)).toBe(second + 31_000);
    // Somebody's clock is wrong by hours: ours is not.
    expect(dateAfter(second + 3_600_000)).toBe(NOW);
    const cleared = chatRecord('single:bob@example.net', { clearedUpTo: second });
    expect(compose({ chat: cleared }).date).toBe(second + 1_000);
  });

  it('marks what a bot sends as automatic', () => {
    expect(compose({ automatic: true }).autoSubmitted).toBe('auto-generated');
    expect(compose({ automatic: true, replyTo: messageRecord('m') }).autoSubmitted).toBe('auto-replied');
    expect(compose().autoSubmitted).toBeUndefined();
  });
});

describe('the address of a mailing list', () => {
  it('is found by the custom of List-Ids, or as the one address that its mails go to', () => {
    const mail = (...to: string[]) => messageRecord('m', { to: to.map((address) => ({ address })) });
    const mails = [mail('x@y.org', 'dev@lists.example.org', 'ada@example.org')];
    expect(listAddress('dev.lists.example.org', mails, identity)).toBe('dev@lists.example.org');
    expect(listAddress('dev@lists.example.org', [], identity)).toBe('dev@lists.example.org');
    expect(listAddress('other.id', [mail('list@example.net', 'ada@example.org')], identity)).toBe('list@example.net');
    expect(listAddress('other.id', mails, identity)).toBeUndefined();
    expect(listAddress('other.id', [], identity)).toBeUndefined();
  });
});
