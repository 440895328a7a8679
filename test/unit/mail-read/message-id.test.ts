import { describe, expect, it } from 'vitest';
import { newMessageId, parseMessageId, parseMessageIds } from '../../../src/mail/message-id.js';

describe('newMessageId', () => {
  it('has 128 random bits without dots, and the group id', () => {
    const random = (length: number) => new Uint8Array(length).fill(7);
    expect(newMessageId('example.org', { random })).toMatch(/^chat\$[a-z2-7]{26}@example\.org$/);
    expect(newMessageId('example.org', { random, groupId: 'Ab_-0123456' })).toMatch(
      /^chat\$group\.Ab_-0123456\.[a-z2-7]{26}@example\.org$/,
    );
    expect(newMessageId('example.org')).not.toBe(newMessageId('example.org'));
  });
});

describe('parseMessageIds', () => {
  it.each<[string, string[]]>([
    ['<a@b>', ['a@b']],
    ['<a@b> <c@d>\t<e@f>', ['a@b', 'c@d', 'e@f']],
    ['<a@b><c@d>', ['a@b', 'c@d']],
    ['Your mail of Friday <a@b> "x"', ['a@b']],
    ['<a@ b>', ['a@b']],
    ['<a@b <c@d>', ['a@b', 'c@d']],
    ['a@b c@d', ['a@b', 'c@d']],
    ['no-domain', ['no-domain']],
    ['<no-domain>', ['no-domain']],
    ['some prose', []],
    ['<a@b> <a@b>', ['a@b']],
    ['<> < >', []],
    ['', []],
  ])('%j', (value, ids) => {
    expect(parseMessageIds(value)).toEqual(ids);
  });

  it('keeps the first and the last ones of many', () => {
    const value = Array.from({ length: 10 }, (_, i) => `<${i}@x>`).join(' ');
    expect(parseMessageIds(value, 4)).toEqual(['0@x', '1@x', '8@x', '9@x']);
    expect(parseMessageId(value)).toBe('0@x');
  });

  it('replaces absurdly long ids by the same hash each time', () => {
    const long = `<${'a'.repeat(5000)}@x>`;
    const [id] = parseMessageIds(long);
    expect(id).toMatch(/^[0-9a-f]{64}@long-id\.invalid$/);
    expect(parseMessageIds(long)).toEqual([id]);
    expect(parseMessageIds(`<${'b'.repeat(5000)}@x>`)).not.toEqual([id]);
  });
});
