import { describe, expect, it } from 'vitest';
import { headOf } from '../../../src/model/message-facts.js';
import { chatKindOf, chatOf, graphFactsOf, joinClaims, routeOf } from '../../../src/model/placement.js';
import type { ThreadRecord } from '../../../src/store/records.js';
import { type MailValues, textMail } from '../../support/mail-values.js';

const ME = 'me@example.org';
const OWN = new Set([ME, 'alias@example.org']);
const GROUP = 'Group0000001';

function mail(values: MailValues) {
  return headOf(textMail({ id: 'm@example.net', from: 'bob@example.net', to: [ME], ...values }), OWN);
}

function placed(values: MailValues, nodes: readonly ThreadRecord[] = []) {
  return chatOf(mail(values), OWN, (id) => nodes.find(({ messageId }) => messageId === id));
}

describe('the chat of a mail', () => {
  it.each<[string, MailValues, string]>([
    ['from somebody to me', {}, 'single:bob@example.net'],
    ['to an alias of mine', { to: ['alias@example.org'] }, 'single:bob@example.net'],
    ['to me twice under two addresses', { to: [ME], cc: ['alias@example.org'] }, 'single:bob@example.net'],
    ['from me to somebody', { from: ME, to: ['carol@example.com'] }, 'single:carol@example.com'],
    ['from an alias of mine', { from: 'alias@example.org', to: ['carol@example.com'] }, 'single:carol@example.com'],
    ['from me to myself', { from: ME, to: ['alias@example.org'] }, 'self'],
    ['from me to hidden recipients', { from: ME, to: [] }, 'self'],
    ['a blind copy to me, visible recipient somebody else', { to: ['carol@example.com'] }, 'single:bob@example.net'],
    ['a blind copy to me, no visible recipient', { to: [] }, 'single:bob@example.net'],
    ['the sender among the recipients', { to: ['bob@example.net', ME] }, 'single:bob@example.net'],
    ['without a readable sender', { from: undefined }, 'single:unknown@invalid'],
    ['list mail', { listId: 'Dev.Lists.Example', to: ['dev@lists.example', ME] }, 'list:dev.lists.example'],
    ['list mail before a group id', { listId: 'dev', groupId: GROUP, chat: true }, 'list:dev'],
    ['a chat program with group id', { groupId: GROUP, chat: true }, `group:${GROUP}`],
    ['an answer to all with the group id in its ids', { groupId: GROUP, cc: ['carol@example.com'] }, `group:${GROUP}`],
    ['a plain answer in a group of two', { groupId: GROUP, inReplyTo: 'unknown@x' }, `group:${GROUP}`],
    ['a plain mail with a group id but without ids of others', { groupId: GROUP }, `group:${GROUP}`],
  ])('%s', (_, values, chat) => {
    expect(placed(values)).toBe(chat);
  });

  it('is an ad-hoc one for several people without group id', () => {
    const chatId = placed({ cc: ['carol@example.com'] });
    expect(chatKindOf(chatId)).toBe('adhoc');
    expect(placed({ cc: ['carol@example.com'] }, [{ messageId: 'm@example.net', chatId: 'adhoc:x' }])).toBe('adhoc:x');
  });

  it('is the 1:1 chat for a private answer of a plain program, whatever group its ids name', () => {
    const wide = { messageId: 'g1@x', chatId: 'adhoc:g1', group: GROUP, wide: true };
    expect(placed({ groupId: GROUP, inReplyTo: 'g1@x' }, [wide])).toBe('single:bob@example.net');
    expect(placed({ groupId: GROUP, inReplyTo: 'g1@x' }, [{ ...wide, wide: false }])).toBe(`group:${GROUP}`);
    // An answer to a private answer: only the first of the references is a mail of the group.
    expect(placed({ groupId: GROUP, inReplyTo: 'p1@x', references: ['g1@x', 'p1@x'] }, [wide])).toBe(
      'single:bob@example.net',
    );
    // Our own private answer from a plain program.
    expect(placed({ from: ME, to: ['bob@example.net'], groupId: GROUP, inReplyTo: 'g1@x' }, [wide])).toBe(
      'single:bob@example.net',
    );
  });

  it('is the group for a plain answer that is found through a known mail only', () => {
    const node = { messageId: 'g1@x', chatId: 'adhoc:g1', group: GROUP, wide: false };
    expect(placed({ inReplyTo: 'g1@x' }, [node])).toBe(`group:${GROUP}`);
    expect(placed({ inReplyTo: 'g1@x', chat: true }, [node])).toBe('single:bob@example.net');
    expect(placed({ inReplyTo: 'g1@x' }, [{ ...node, group: '' }])).toBe('single:bob@example.net');
  });

  it('is the claiming group for a thread that exactly one group claims', () => {
    const node = { messageId: 'm@example.net', chatId: 'adhoc:x', group: GROUP };
    expect(placed({ cc: ['carol@example.com'] }, [node])).toBe(`group:${GROUP}`);
    expect(placed({ cc: ['carol@example.com'] }, [{ ...node, group: '' }])).toBe('adhoc:x');
  });
});

describe('what a mail tells about the graph of ids', () => {
  it('depends on the kind of mail', () => {
    expect(graphFactsOf(mail({ chat: true }), OWN)).toEqual({ linked: [], answers: [] });
    expect(graphFactsOf(mail({ listId: 'l', inReplyTo: 'a@x' }), OWN)).toEqual({ linked: [], answers: [] });
    expect(graphFactsOf(mail({ inReplyTo: 'b@x', references: ['a@x', 'b@x'] }), OWN)).toEqual({
      linked: [],
      answers: ['b@x', 'a@x'],
    });
    expect(graphFactsOf(mail({ chat: true, groupId: GROUP, references: ['a@x'] }), OWN)).toEqual({
      node: { group: GROUP, wide: false },
      linked: [],
      answers: [],
    });
    expect(graphFactsOf(mail({ cc: ['c@x'], inReplyTo: 'b@x', references: ['a@x', 'm@example.net'] }), OWN)).toEqual({
      node: { wide: true },
      linked: ['a@x', 'b@x'],
      answers: [],
    });
  });

  it('takes the first and the last of many references', () => {
    const references = Array.from({ length: 200 }, (_, i) => `r${i}@x`);
    const { linked } = graphFactsOf(mail({ cc: ['c@x'], references }), OWN);
    expect(linked).toHaveLength(32);
    expect(linked[0]).toBe('r0@x');
    expect(linked.at(-1)).toBe('r199@x');
  });

  it('lets one group claim a thread, never two', () => {
    expect(joinClaims(undefined, undefined)).toBeUndefined();
    expect(joinClaims('a', undefined)).toBe('a');
    expect(joinClaims('a', 'a')).toBe('a');
    expect(joinClaims('a', 'b')).toBe('');
    expect(joinClaims('', 'a')).toBe('');
  });

  it('takes two people as the smallest number of several', () => {
    expect(routeOf(mail({ cc: ['alias@example.org'] }), OWN).by).toBe('fixed');
    expect(routeOf(mail({ cc: ['carol@example.com'] }), OWN).by).toBe('thread');
  });
});
