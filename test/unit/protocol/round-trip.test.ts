import { readChatMail, writeChatMail } from 'coi-sdk/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMailDraft, ChatTextMail } from '../../../src/protocol/chat-mail.js';

const from = { address: 'ada@example.org' };
const to = [{ address: 'bob@example.net' }];

/** Writes, reads, and checks that it is an ordinary message. */
async function carried(draft: Partial<ChatMailDraft>): Promise<ChatTextMail> {
  const { bytes } = await writeChatMail({ from, to, ...draft });
  const mail = await readChatMail(bytes);
  if (mail.kind !== 'message') throw new Error(`read as ${mail.kind}`);
  expect(mail.problems).toEqual([]);
  return mail;
}

/** Everything that happens to a text on its way: line ends, control characters, blanks at the ends of lines, empty lines at both ends. */
function normalised(text: string): string {
  const lines = withoutControls(text.replace(/\r\n?/g, '\n'))
    .split('\n')
    .map((line) => line.replace(/ +$/, ''));
  while (lines[0]?.trim() === '') lines.shift();
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines.join('\n');
}

/** Tabs and line ends stay. */
function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\t\r\n\u0080-\u009f]/gu, '');
}

const unusual = fc.constantFrom(
  '> quoted?',
  '>> twice',
  '>',
  ' one blank',
  '   three blanks',
  '\ttab',
  'From here',
  'From: me',
  '-- ',
  '--',
  '-- no signature',
  '---',
  '.',
  '..',
  '=20',
  '=?utf-8?Q?x?=',
  '\u2028',
  'trailing   ',
  'soft ',
  'x'.repeat(200),
  `${'word '.repeat(40)}end`,
  `${'x'.repeat(77)} y`,
  '👩‍👩‍👧 '.repeat(30),
  'שלום עולם',
  '--boundary',
  'begin 644 file',
  'On Monday, Bob wrote:',
  '-----Original Message-----',
  '________________________________',
  '<b>&amp;</b>',
);
const anyLine = fc.oneof(
  unusual,
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
);
const anyText = fc
  .array(fc.tuple(anyLine, fc.constantFrom('\n', '\r\n', '\r', '\n\n')), { minLength: 1, maxLength: 12 })
  .map((lines) => lines.flat().join(''))
  .filter((text) => normalised(text) !== '' && !/\p{Cs}/u.test(text));

describe('what is written is read back', () => {
  it('text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const mail = await carried({ text });
        expect(mail.text).toBe(normalised(text));
        expect(mail).not.toHaveProperty('quote');
        expect(mail).not.toHaveProperty('signature');
        expect(mail.attachments).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('text with a quote and a forwarding banner', async () => {
    const name = fc.stringMatching(/^[A-Za-zäöü]{1,20}( [A-Za-zäöü]{1,20})?$/);
    await fc.assert(
      fc.asyncProperty(anyText, anyText, fc.option(name, { nil: undefined }), async (text, quote, by) => {
        const forwarded = by === undefined ? {} : { from: by };
        const mail = await carried({ text, quote, forwarded });
        expect(mail.text).toBe(normalised(text));
        expect(mail.quote).toBe(normalised(quote));
        expect(mail.forwarded).toEqual(forwarded);
      }),
      { numRuns: 200 },
    );
  });

  it('HTML and markdown, with line ends as \\n and without blanks at the end', async () => {
    const source = anyText.map((text) => withoutControls(text).trimStart());
    await fc.assert(
      fc.asyncProperty(anyText, source, source, anyText, async (text, html, markdown, quote) => {
        fc.pre(html.trim() !== '' && markdown.trim() !== '');
        const mail = await carried({ text, html, markdown, quote });
        expect(mail.text).toBe(normalised(text));
        expect(mail.html).toBe(html.replace(/\r\n?/g, '\n').trimEnd());
        expect(mail.markdown).toBe(markdown.replace(/\r\n?/g, '\n').trimEnd());
      }),
    );
  });

  it('names and subjects, runs of blanks as one, names without what looks encoded', async () => {
    const encoded = fc.constantFrom('=?utf-8?Q?x?=', 'a =?utf-8?B?eA==?= b', '=?', '?=', '=?utf-8?Q?a b?=');
    const line = fc
      .oneof({ weight: 9, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) }, encoded)
      .map((value) =>
        value
          .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '')
          .replace(/\s+/g, ' ')
          .trim(),
      );
    const name = line.map((value) => value.replaceAll('=?', '= ?'));
    await fc.assert(
      fc.asyncProperty(name, name, line, async (own, other, subject) => {
        const mail = await carried({
          from: { ...from, name: own },
          to: [{ address: 'bob@example.net', name: other }, { address: 'carol@example.com' }],
          cc: [{ address: '"dora d"@example.org', name: own }],
          subject,
          text: 'x',
        });
        expect(mail.from).toEqual(own === '' ? from : { ...from, name: own });
        expect(mail.to.map(({ name }) => name ?? '')).toEqual([other, '']);
        expect(mail.cc).toEqual([{ address: '"dora d"@example.org', ...(own === '' ? {} : { name: own }) }]);
        expect(mail.subject ?? '').toBe(subject);
      }),
      { numRuns: 200 },
    );
  });

  it('recipients, in order, each once in the envelope', async () => {
    const local = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}$/);
    const address = fc.tuple(local, fc.constantFrom('example.org', 'bücher.example', 'a-b.example.com'));
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 1, maxLength: 60 }), async (list) => {
        const given = list.map(([user, domain]) => ({ address: `${user}@${domain}` }));
        const written = await writeChatMail({ from, to: given, text: 'x' });
        const mail = await readChatMail(written.bytes);
        expect(new TextDecoder().decode(written.bytes).match(/^To:/gm)).toHaveLength(1);
        const normal = list.map(([user, domain]) => `${user}@${domain.replace('bücher', 'xn--bcher-kva')}`);
        expect(mail.to.map((entry) => entry.address)).toEqual(normal);
        expect(written.recipients).toEqual([...new Set(normal)]);
      }),
    );
  });

  it('files: octets, names and marks', async () => {
    const stem = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .map((value) =>
        value
          .replace(/[\p{Cc}\p{Cf}\p{Cs}<>:"|?*/\\.]/gu, '')
          .replace(/\s+/g, ' ')
          .trim(),
      )
      .filter((value) => value !== '' && !/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(value));
    const file = fc.record({
      filename: fc.tuple(stem, fc.constantFrom('png', 'txt', 'eml', 'pdf', 'html')).map((parts) => parts.join('.')),
      content: fc.uint8Array({ maxLength: 2000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 5 }), fc.boolean(), async (attachments, withText) => {
        const mail = await carried({ attachments, ...(withText ? { text: 'see' } : {}) });
        expect(mail.attachments.map(({ filename }) => filename)).toEqual(attachments.map(({ filename }) => filename));
        expect(mail.attachments.map(({ content }) => content && [...content])).toEqual(
          attachments.map(({ content }) => [...content]),
        );
        expect(mail.attachments.map(({ size }) => size)).toEqual(attachments.map(({ content }) => content.length));
        expect(mail.text).toBe(withText ? 'see' : '');
      }),
      { numRuns: 200 },
    );
  });

  it('own header fields', async () => {
    const { bytes } = await writeChatMail({ from, to, text: 'x', headers: { 'X-Priority': '1', 'X-Name': 'Ä "b"' } });
    const source = new TextDecoder().decode(bytes);
    expect(source).toContain('\r\nX-Priority: 1\r\n');
    expect(source).toMatch(/\r\nX-Name: =\?UTF-8\?/);
  });
});
