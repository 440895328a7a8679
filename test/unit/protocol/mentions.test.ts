import { readChatMail, writeChatMail } from 'coi-sdk/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { htmlToText } from '../../../src/mail/html-to-text.js';
import type { ChatMailDraft, ChatTextMail } from '../../../src/protocol/chat-mail.js';
import { readMentions, writeMentions } from '../../../src/protocol/mentions.js';

const gabe = { name: 'Gabe', address: 'gabe+private@example.com' };

async function carried(draft: Partial<ChatMailDraft>): Promise<ChatTextMail> {
  const written = await writeChatMail({
    from: { address: 'ada@example.org' },
    to: [{ address: 'bob@example.net' }],
    ...draft,
  });
  const mail = await readChatMail(written.bytes);
  if (mail.kind !== 'message') throw new Error(`read as ${mail.kind}`);
  return mail;
}

async function found(text: string, html?: string) {
  const read = await readMentions(text, html);
  return {
    text: read.text,
    who: read.mentions.map(({ name, address }) => (address === undefined ? name : `${name} ${address}`)),
  };
}

describe('mentions in text', () => {
  it('reads a bare and a quoted name, and takes the addresses out of the text', async () => {
    const { text, mentions } = await readMentions(
      'Hi @Gabe:gabe+private@example.com, is @"Ada Byron":Ada@Example.ORG with you?',
      undefined,
    );
    expect(text).toBe('Hi @Gabe, is @Ada Byron with you?');
    expect(mentions).toEqual([
      { ...gabe, start: 3, length: 5 },
      { name: 'Ada Byron', address: 'ada@example.org', start: 13, length: 10 },
    ]);
    for (const { start, length, name } of mentions) expect(text.slice(start, start + length)).toBe(`@${name}`);
  });

  it('reads @all, but no word that only begins so', async () => {
    expect((await readMentions('@all: come, (@All) or @allison, not @all.example', undefined)).mentions).toEqual([
      { name: 'all', start: 0, length: 4 },
      { name: 'All', start: 13, length: 4 },
    ]);
  });

  it.each([
    'write to bob@example.com: today',
    'bob:bob@example.com',
    'scp file me@host:dir@example.com',
    'user@all',
    '@bob said: see you@example.com',
    '@bob:not-an-address',
    '@"":bob@example.com',
    '@bob: bob@example.com',
  ])('takes %j for running text', async (text) => {
    expect(await readMentions(text, undefined)).toEqual({ text, mentions: [] });
  });

  it('leaves punctuation behind the address in the text', async () => {
    expect(await found('(see @bob:bob@example.com). @ann:ann@example.com! @eve:eve@example.com...')).toEqual({
      text: '(see @bob). @ann! @eve...',
      who: ['bob bob@example.com', 'ann ann@example.com', 'eve eve@example.com'],
    });
  });

  it('stops at a bounded number of mentions, and is quick with hostile text', async () => {
    const many = '@bob:bob@example.com '.repeat(limits.mentions + 5);
    const { text, mentions } = await readMentions(many, undefined);
    expect(mentions).toHaveLength(limits.mentions);
    expect(text.endsWith('@bob:bob@example.com ')).toBe(true);
    for (const piece of ['@"', '@a:', '@a:b@c.', '@"a":', `@"${'a'.repeat(250)}`, '@a:b@-', '@@', '@all']) {
      const started = performance.now();
      await readMentions(piece.repeat(Math.ceil(200_000 / piece.length)), undefined);
      expect(performance.now() - started).toBeLessThan(3000);
    }
  });
});

describe('mentions in HTML', () => {
  it('become text with the address, which is then read like any', async () => {
    const html =
      '<p>Hi <a class="mention" href="mailto:gabe+private@example.com">@Gabe</a>, hi <a href="mailto:ann@example.com?subject=x" class="x mention"><b>@Ann</b> Lee</a>!</p>';
    expect(await htmlToText(html)).toBe('Hi @Gabe:gabe+private@example.com, hi @"Ann Lee":ann@example.com!');
    const mail = await carried({ html });
    expect(mail.text).toBe('Hi @Gabe, hi @Ann Lee!');
    expect(mail.html).toContain('class="mention"');
    expect(mail.mentions).toMatchObject([gabe, { name: 'Ann Lee', address: 'ann@example.com' }]);
  });

  it('count beside a plain text that has only the names', async () => {
    const html =
      '<a class=mention href="mailto:gabe%2Bprivate@example.com">@Gabe</a> and <a class="mention" href="mailto:ann@example.com">Ann</a>';
    expect(await found('@Gabe and @Ann', html)).toEqual({
      text: '@Gabe and @Ann',
      who: ['Gabe gabe+private@example.com', 'Ann ann@example.com'],
    });
  });

  it('do not count where the text does not show them, or twice', async () => {
    const html =
      '<a class="mention" href="mailto:eve@example.com" style="display:none">@Eve</a><a class="mention" href="mailto:gabe+private@example.com">@Gabe</a>';
    expect((await found('@Gabe:gabe+private@example.com', html)).who).toEqual(['Gabe gabe+private@example.com']);
  });

  it('lead only to mail addresses', async () => {
    const html =
      '<a class="mention" href="javascript:alert(1)">@Eve</a> <a class="mention" href="mailto:%">@Bob</a> <a class="mention">@Ann</a>';
    expect((await found('@Eve @Bob @Ann', html)).who).toEqual([]);
    expect(await htmlToText(html)).toBe('@Eve @Bob @Ann'.replace('@Bob', '@Bob:%'));
  });
});

describe('writing mentions', () => {
  it('writes the address behind every place of the name, and reads it back', async () => {
    const text = '@Gabe! @Gabe Lee, ask @Gabe, not @Gabel or me@Gabe';
    const mentions = [gabe, { name: 'Gabe Lee', address: 'lee@example.com' }];
    expect(writeMentions(text, mentions)).toBe(
      '@Gabe:gabe+private@example.com! @"Gabe Lee":lee@example.com, ask @Gabe:gabe+private@example.com, not @Gabel or me@Gabe',
    );
    const mail = await carried({ text, mentions });
    expect(mail.text).toBe(text);
    expect(mail.mentions).toMatchObject([gabe, mentions[1], gabe]);
    expect(mail.subject).toBe('Chat: @Gabe! @Gabe Lee, ask @Gabe, not @Gabel');
  });

  it('takes the address for the name where there is none', async () => {
    const mail = await carried({ text: 'Thanks @bob@example.com.', mentions: [{ address: 'bob@example.com' }] });
    expect(mail.text).toBe('Thanks @bob@example.com.');
    expect(mail.mentions).toMatchObject([{ name: 'bob@example.com', address: 'bob@example.com' }]);
  });

  it('refuses what the text does not have, and what cannot be written', async () => {
    const refused = (draft: Partial<ChatMailDraft>) =>
      expect(carried(draft)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await refused({ text: 'Hi Gabe', mentions: [gabe] });
    await refused({ html: '@Gabe', mentions: [gabe] });
    await refused({ text: '@a"b', mentions: [{ name: 'a"b', address: 'a@example.com' }] });
    await refused({ text: '@Gabe', mentions: new Array(limits.mentions + 1).fill(gabe) });
    await expect(carried({ text: '@x', mentions: [{ name: 'x', address: 'x' }] })).rejects.toMatchObject({
      code: 'INVALID_ADDRESS',
    });
  });

  it('is undone by reading, whatever name and text', async () => {
    const name = fc
      .stringMatching(/^[A-Za-zÄöß0-9][A-Za-zÄöß0-9 .'-]{0,20}[A-Za-zÄöß0-9]$/)
      .filter((text) => !/ {2}/.test(text));
    const words = fc.stringMatching(/^[A-Za-z0-9 ,.()!?]{0,30}$/);
    await fc.assert(
      fc.asyncProperty(words, name, words, async (before, person, after) => {
        const text = `${before} @${person} ${after}`;
        const written = writeMentions(text, [{ name: person, address: 'x.y@example.com' }]);
        const read = await readMentions(written, undefined);
        expect(read.text).toBe(text);
        expect(read.mentions).toEqual([
          { name: person, address: 'x.y@example.com', start: before.length + 1, length: person.length + 1 },
        ]);
      }),
    );
  });
});
