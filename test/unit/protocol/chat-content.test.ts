import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coiChatContents,
  formatChatContent,
  isChatContentParam,
  isExtensionChatContent,
  isKnownChatContent,
  parseChatContent,
} from '../../../src/protocol/chat-content.js';

function parsed(header: string) {
  const content = parseChatContent(header);
  return content && { value: content.value, params: Object.fromEntries(content.params) };
}

describe('parseChatContent', () => {
  it('reads a bare value', () => {
    expect(parsed('status')).toEqual({ value: 'status', params: {} });
  });

  it('takes a trailing semicolon, as the draft shows it', () => {
    expect(parsed('deleterequest; ')).toEqual({ value: 'deleterequest', params: {} });
  });

  it('reads parameters, quoted or not, the first of a name', () => {
    expect(parsed('profile; categories=friend,family; Note="a; \\"b\\""; note=x')).toEqual({
      value: 'profile',
      params: { categories: 'friend,family', note: 'a; "b"' },
    });
  });

  it('knows values in any case, and leaves extensions as they are written', () => {
    expect(parsed('EditRequest')?.value).toBe('editrequest');
    expect(parsed('com.Example.App.Chess')?.value).toBe('com.Example.App.Chess');
  });

  it.each([
    ['edit', 'editrequest'],
    ['delete', 'deleterequest'],
    ['groupprofile', 'groupinfo'],
    ['groupprofilerequest', 'grouprequested'],
    ['pollclosed', 'pollclose'],
  ])('takes %s for %s', (written, canonical) => {
    expect(parsed(written)?.value).toBe(canonical);
  });

  it('is undefined without a value', () => {
    expect(parseChatContent(undefined)).toBeUndefined();
    expect(parseChatContent(' ; a=b')).toBeUndefined();
  });

  it('stays bounded on hostile headers', () => {
    const content = parseChatContent(`x${';a'.repeat(500_000)}="${'\\'.repeat(500_000)}`);
    expect(content?.params.size).toBe(1);
    const many = parseChatContent(`x;${Array.from({ length: 100_000 }, (_, i) => `p${i}=1`).join(';')}`);
    expect(many?.params.size).toBeLessThanOrEqual(20);
  });
});

describe('formatChatContent', () => {
  it('writes the form that the specification shows', () => {
    expect(formatChatContent({ value: 'profile', params: { categories: 'friend,family' } })).toBe(
      'profile; categories=friend,family',
    );
  });

  it('is read back as it was', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...coiChatContents), fc.dictionary(name, value, { maxKeys: 5 }), (kind, params) => {
        expect(parsed(formatChatContent({ value: kind, params }))).toEqual({ value: kind, params: { ...params } });
      }),
    );
  });
});

describe('the values themselves', () => {
  it('tells known values and extensions apart', () => {
    expect(isKnownChatContent('preview')).toBe(true);
    expect(isKnownChatContent('com.example.Game')).toBe(false);
    expect(isExtensionChatContent('com.example.Game')).toBe(true);
    expect(isExtensionChatContent('game')).toBe(false);
    expect(isExtensionChatContent('com..game')).toBe(false);
  });

  it('accepts tokens only as names of parameters', () => {
    expect(isChatContentParam('categories')).toBe(true);
    expect(isChatContentParam('a b')).toBe(false);
    expect(isChatContentParam('a=b')).toBe(false);
    expect(isChatContentParam('')).toBe(false);
  });
});
