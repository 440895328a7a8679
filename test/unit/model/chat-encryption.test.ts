import { describe, expect, it } from 'vitest';
import { isEncryptedBothWays, laterChoice, withEncryptedMails } from '../../../src/model/chat-encryption.js';
import { newChat, withChatId, withSettingsOf } from '../../../src/model/chat-summary.js';
import type { MessageRecord } from '../../../src/store/records.js';
import { messageRecord, ownRecord } from '../chat/records.js';

const security = (signature: MessageRecord['security']['signature'], encrypted = true) => ({ encrypted, signature });

describe('what a chat knows of encryption', () => {
  it.each([
    ['plain text', security('valid', false), security('valid', false), undefined, [false, false]],
    ['only theirs', security('valid'), security('none', false), { others: 2, own: 0 }, [false, false]],
    ['only ours', security('none', false), security('valid'), { others: 0, own: 2 }, [false, false]],
    ['both, verified', security('valid'), security('valid'), { others: 2, own: 2 }, [true, true]],
    ['theirs by an unknown key', security('unknown-key'), security('valid'), { others: 1, own: 2 }, [false, true]],
    ['theirs with a broken signature', security('invalid'), security('valid'), { others: 1, own: 2 }, [false, true]],
    ['neither could be opened', security('none'), security('none'), { others: 1, own: 1 }, [false, true]],
  ] as const)('%s', (_, theirs, ours, seen, [established, withoutKey]) => {
    const mails = [messageRecord('theirs', { security: theirs }), ownRecord('ours', { security: ours })];
    const chat = withEncryptedMails(newChat('single:bob@example.net'), mails);
    expect(chat.encryptionSeen).toEqual(seen);
    expect(isEncryptedBothWays(chat, { unopened: false })).toBe(established);
    expect(isEncryptedBothWays(chat, { unopened: true })).toBe(withoutKey);
  });

  it('in the chat with oneself has one side', () => {
    const note = (signature: MessageRecord['security']['signature']) =>
      withEncryptedMails(newChat('self'), [ownRecord('note', { security: security(signature) })]);
    expect(isEncryptedBothWays(newChat('self'), { unopened: false })).toBe(false);
    expect(isEncryptedBothWays(note('valid'), { unopened: false })).toBe(true);
    expect(isEncryptedBothWays(note('none'), { unopened: false })).toBe(false);
    expect(isEncryptedBothWays(note('none'), { unopened: true })).toBe(true);
  });

  it('what was written here needs no signature', () => {
    const own = ownRecord('ours', { security: security('none'), ownCopy: true });
    expect(withEncryptedMails(newChat('single:bob@example.net'), [own]).encryptionSeen).toEqual({ others: 0, own: 2 });
  });
});

describe('what the user chose', () => {
  const off = { mode: 'off', at: 2 } as const;
  const require = { mode: 'require', at: 1 } as const;

  it('is the later of two, and the safer of two of the same moment', () => {
    expect(laterChoice(off, require)).toBe(off);
    expect(laterChoice(require, off)).toBe(off);
    expect(laterChoice(undefined, require)).toBe(require);
    expect(laterChoice(off, { ...require, at: 2 })?.mode).toBe('require');
    expect(laterChoice({ ...require, at: 2 }, off)?.mode).toBe('require');
    expect(laterChoice(undefined, undefined)).toBeUndefined();
  });

  it('is kept when chats become one', () => {
    const chosen = { ...newChat('adhoc:a'), encryption: require };
    expect(withSettingsOf(newChat('adhoc:b'), chosen).encryption).toBe(require);
    expect(withSettingsOf({ ...newChat('adhoc:b'), encryption: off }, chosen).encryption).toBe(off);
    expect(withChatId(chosen, 'group:abcdefghijkl').encryption).toBe(require);
  });
});
