import { describe, expect, it } from 'vitest';
import { findGroupId, groupIdInMessageId, isReadableGroupId } from '../../../src/protocol/group-id.js';
import { headersOf } from './headers.js';

const nothing = { headers: headersOf(), references: [] as string[], inReplyTo: [] as string[] };
const id = (group: string) => `chat$group.${group}.unique@example.org`;

describe('groupIdInMessageId', () => {
  it('reads the COI form and the old chatmail form', () => {
    expect(groupIdInMessageId('chat$group.Abcdefgh-_12.u1@example.org')).toBe('Abcdefgh-_12');
    expect(groupIdInMessageId('Gr.abcdefghijk.u1@example.org')).toBe('abcdefghijk');
  });

  it.each([
    ['ten characters', 'chat$group.abcdefghij.u@e'],
    ['65 characters', `chat$group.${'a'.repeat(65)}.u@e`],
    ['no unique part', 'chat$group.abcdefghijkl@e'],
    ['another prefix', 'gr.abcdefghijkl.u@e'],
    ['a 1:1 message', 'chat$abcdefghijkl@e'],
    ['other characters', 'chat$group.abcdefgh+jkl.u@e'],
  ])('finds nothing with %s', (_, messageId) => {
    expect(groupIdInMessageId(messageId)).toBeUndefined();
  });

  it('takes 11 and 64 characters', () => {
    expect(groupIdInMessageId(id('a'.repeat(11)))).toHaveLength(11);
    expect(groupIdInMessageId(id('a'.repeat(64)))).toHaveLength(64);
  });
});

describe('findGroupId', () => {
  const header = headersOf(['Chat-Group-ID', 'fromHeader11']);
  const everywhere = {
    headers: header,
    messageId: id('fromMsgId111'),
    references: [id('fromFirstRef'), id('fromOtherRef')],
    inReplyTo: [id('fromReplyTo1')],
  };

  it('goes by header, Message-ID, first reference, In-Reply-To, other references', () => {
    expect(findGroupId(everywhere)).toBe('fromHeader11');
    const noHeader = { ...everywhere, headers: headersOf() };
    expect(findGroupId(noHeader)).toBe('fromMsgId111');
    const noId = { ...noHeader, messageId: 'x@y' };
    expect(findGroupId(noId)).toBe('fromFirstRef');
    const noFirst = { ...noId, references: ['x@y', id('fromOtherRef')] };
    expect(findGroupId(noFirst)).toBe('fromReplyTo1');
    expect(findGroupId({ ...noFirst, inReplyTo: [] })).toBe('fromOtherRef');
    expect(findGroupId(nothing)).toBeUndefined();
  });

  it('passes over a header that holds no group id', () => {
    expect(findGroupId({ ...everywhere, headers: headersOf(['Chat-Group-ID', 'short']) })).toBe('fromMsgId111');
  });
});

describe('isReadableGroupId', () => {
  it('is about length and characters, case kept', () => {
    expect(isReadableGroupId('ABCdef_-12345')).toBe(true);
    expect(isReadableGroupId('abc.def.ghijk')).toBe(false);
    expect(isReadableGroupId('tooshort12')).toBe(false);
  });
});
