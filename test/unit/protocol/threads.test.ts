import { describe, expect, it } from 'vitest';
import { isWritableMessageId, referencesToWrite } from '../../../src/protocol/threads.js';

describe('referencesToWrite', () => {
  it('keeps the first and the last id', () => {
    expect(referencesToWrite({ references: ['a@x', 'b@x', 'c@x'] })).toEqual(['a@x', 'c@x']);
    expect(referencesToWrite({ references: ['a@x'] })).toEqual(['a@x']);
    expect(referencesToWrite({ references: ['a@x', 'b@x', 'a@x'] })).toEqual(['a@x']);
  });

  it('falls back to the answered message, never mixes it in', () => {
    expect(referencesToWrite({ inReplyTo: 'r@x' })).toEqual(['r@x']);
    expect(referencesToWrite({ references: ['a@x', 'b@x'], inReplyTo: 'r@x' })).toEqual(['a@x', 'b@x']);
    expect(referencesToWrite({})).toEqual([]);
  });
});

describe('isWritableMessageId', () => {
  it('takes what fits into one header line', () => {
    expect(isWritableMessageId('chat$group.abc.def@example.org')).toBe(true);
    for (const id of ['', 'a b@x', 'a@x>', '<a@x', 'ä@x', 'a\r\n@x', `${'a'.repeat(971)}@x`]) {
      expect(isWritableMessageId(id)).toBe(false);
    }
  });
});
