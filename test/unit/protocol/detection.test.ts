import { describe, expect, it } from 'vitest';
import { chatMarks, chatVersionOf, isChatMail } from '../../../src/protocol/detection.js';
import { headersOf } from './headers.js';

const plain = { headers: headersOf(['Subject', 'Chat: hello']), references: [] as string[] };

describe('chatMarks', () => {
  it('finds each of the three marks', () => {
    expect(chatMarks({ ...plain, headers: headersOf(['chat-version', '1.0']) })).toEqual(['chat-version']);
    expect(chatMarks({ ...plain, messageId: 'chat$abc@example.org' })).toEqual(['message-id']);
    expect(chatMarks({ ...plain, references: ['chat$abc@example.org', 'x@y'] })).toEqual(['references']);
  });

  it('counts only the first id of References', () => {
    expect(isChatMail({ ...plain, references: ['x@y', 'chat$abc@example.org'] })).toBe(false);
  });

  it('never goes by the Subject, by letters in another case or in the middle', () => {
    expect(isChatMail({ ...plain, messageId: 'CHAT$abc@example.org', references: ['nochat$a@b'] })).toBe(false);
  });
});

describe('chatVersionOf', () => {
  it('leaves parameters off', () => {
    expect(chatVersionOf({ headers: headersOf(['Chat-Version', ' 1.0; feature=x']) })).toBe('1.0');
    expect(chatVersionOf(plain)).toBeUndefined();
  });
});
