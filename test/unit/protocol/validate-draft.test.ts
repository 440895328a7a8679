import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import type { ChatMailDraft } from '../../../src/protocol/chat-mail.js';
import { validateDraft } from '../../../src/protocol/validate-draft.js';

const fine: ChatMailDraft = { from: { address: 'ada@example.org' }, to: [{ address: 'bob@example.net' }], text: 'hi' };
const file = { filename: 'a.png', content: new Uint8Array([1]) };

/** Drafts as plain JavaScript would pass them: with anything in them. */
async function failure(change: object): Promise<InputError> {
  const error = await validateDraft({ ...fine, ...change }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw new Error(`was not refused: ${String(error)}`);
  return error;
}

describe('validateDraft', () => {
  it('normalises addresses, line ends and blanks in header lines', async () => {
    const draft = await validateDraft({
      from: { address: 'Ada@Example.ORG', name: '  Ada   Lovelace ' },
      to: [{ address: 'bob@BÜCHER.example' }],
      text: 'a\r\nb\rc\0\u001b\td',
      subject: ' a \t b ',
    });
    expect(draft.from).toEqual({ address: 'ada@example.org', name: 'Ada Lovelace' });
    expect(draft.to).toEqual([{ address: 'bob@xn--bcher-kva.example' }]);
    expect(draft.text).toBe('a\nb\nc\td');
    expect(draft.subject).toBe('a b');
  });

  it('finds the type of a file by its name, and a name by its type', async () => {
    const draft = await validateDraft({
      ...fine,
      attachments: [
        { filename: 'a.jpg', content: new Uint8Array() },
        { contentType: 'Image/PNG', content: new Uint8Array() },
        { filename: '../../etc/pass?wd', content: new Uint8Array() },
      ],
    });
    expect(draft.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ['a.jpg', 'image/jpeg'],
      ['image.png', 'image/png'],
      ['pass_wd.bin', 'application/octet-stream'],
    ]);
  });

  it.each<[string, object, string, RegExp]>([
    ['an unknown option', { subjekt: 'x' }, 'UNKNOWN_OPTION', /"subjekt".*"subject"/],
    ['an unknown option of an address', { to: [{ adress: 'x@y.example' }] }, 'UNKNOWN_OPTION', /to\[0\].*"address"/],
    ['an unknown option of a file', { attachments: [{ ...file, path: '/x' }] }, 'UNKNOWN_OPTION', /attachments\[0\]/],
    ['no sender', { from: undefined }, 'INVALID_ADDRESS', /from/],
    ['a string as sender', { from: 'ada@example.org' }, 'INVALID_ADDRESS', /\{ address, name\? \}/],
    ['an address without domain', { to: [{ address: 'bob' }] }, 'INVALID_ADDRESS', /bob/],
    ['a line break in an address', { to: [{ address: 'b@x.example\r\nBcc: c@x.example' }] }, 'INVALID_ADDRESS', /line/],
    ['no recipients', { to: [] }, 'INVALID_ADDRESS', /recipient/],
    ['one recipient that is no list', { to: { address: 'b@x.example' } }, 'INVALID_ADDRESS', /array/],
    ['a line break in a name', { from: { address: 'a@b.example', name: 'A\nX: y' } }, 'INVALID_HEADER', /from\.name/],
    ['a NUL in the subject', { subject: 'a\0b' }, 'INVALID_HEADER', /subject/],
    ['a line break in the subject', { subject: 'a\r\nBcc: x' }, 'INVALID_HEADER', /subject/],
    ['a Unicode line break in the subject', { subject: 'a\u2028b' }, 'INVALID_HEADER', /subject/],
    ['an endless subject', { subject: 'a'.repeat(5000) }, 'INVALID_HEADER', /longer/],
    ['a line break in a file name', { attachments: [{ ...file, filename: 'a\r\nb' }] }, 'INVALID_HEADER', /filename/],
    ['a line break in an own header', { headers: { 'X-A': 'a\nb' } }, 'INVALID_HEADER', /X-A/],
    ['a line break in the name of an own header', { headers: { 'X-A: b\r\nX-C': 'a' } }, 'INVALID_HEADER', /name/],
    ['an own Subject', { headers: { subject: 'a' } }, 'INVALID_HEADER', /subject/],
    ['an own Bcc', { headers: { BCC: 'a@b.example' } }, 'INVALID_HEADER', /BCC/],
    ['an own group id', { headers: { 'chat-group-id': 'abcdefghijkl' } }, 'INVALID_HEADER', /chat-group-id/],
    ['an own Content-Type', { headers: { 'Content-type': 'text/html' } }, 'INVALID_HEADER', /Content-type/],
    ['the same own header twice', { headers: { 'X-A': 'a', 'x-a': 'b' } }, 'INVALID_HEADER', /twice/],
    ['half a surrogate pair in a name', { to: [{ address: 'a@b.example', name: '\ud83d' }] }, 'INVALID_HEADER', /surr/],
    ['half a surrogate pair in the text', { text: 'a\udc00' }, 'INVALID_OPTION', /surrogate/],
    ['text that is none', { text: 42 }, 'INVALID_OPTION', /text/],
    ['nothing', { text: undefined }, 'EMPTY_MESSAGE', /empty/],
    ['controls alone', { text: '\0\u001b' }, 'EMPTY_MESSAGE', /empty/],
    ['blanks', { text: ' \n\t' }, 'EMPTY_MESSAGE', /empty/],
    ['a quote alone', { text: '', quote: 'x' }, 'EMPTY_MESSAGE', /empty/],
    ['too much text', { text: 'x'.repeat(limits.sendTextChars + 1) }, 'TEXT_TOO_LONG', /file/],
    ['too much HTML', { html: 'x'.repeat(limits.sendTextChars + 1) }, 'TEXT_TOO_LONG', /html/],
    ['a path as content', { attachments: [{ content: 'photo.jpg' }] }, 'INVALID_OPTION', /TextEncoder/],
    ['an ArrayBuffer as content', { attachments: [{ content: new ArrayBuffer(1) }] }, 'INVALID_OPTION', /Wrap/],
    ['no content', { attachments: [{ filename: 'x' }] }, 'INVALID_OPTION', /Uint8Array/],
    ['attachments that are no list', { attachments: file }, 'INVALID_OPTION', /array/],
    ['too many files', { attachments: Array(limits.sendAttachments + 1).fill(file) }, 'INVALID_OPTION', /at most/],
    ['a type that is none', { attachments: [{ ...file, contentType: 'png' }] }, 'INVALID_OPTION', /media type/],
    ['more header in a type', { attachments: [{ ...file, contentType: 'a/b\r\nX: y' }] }, 'INVALID_HEADER', /line/],
    ['a voice that is an image', { attachments: [{ ...file, voice: true }] }, 'INVALID_OPTION', /audio/],
    [
      'a sticker that is no image',
      { attachments: [{ ...file, filename: 'a.pdf', sticker: true }] },
      'INVALID_OPTION',
      /image/,
    ],
    ['inline without HTML', { attachments: [{ ...file, inline: true, contentId: 'x' }] }, 'INVALID_OPTION', /html/],
    ['a content id with brackets', { attachments: [{ ...file, contentId: '<x>' }] }, 'INVALID_HEADER', /contentId/],
    ['a negative duration', { attachments: [{ ...file, durationMs: -1 }] }, 'INVALID_OPTION', /duration/],
    [
      'a preview that is no image',
      { attachments: [{ ...file, preview: { content: new Uint8Array(), contentType: 'a/b' } }] },
      'INVALID_OPTION',
      /image/,
    ],
    ['a message-id in brackets', { messageId: '<a@b>' }, 'INVALID_HEADER', /messageId/],
    ['a line break in a reference', { references: ['a@b\r\nX: y'] }, 'INVALID_HEADER', /references\[0\]/],
    ['a group without a name', { groupId: 'abcdefghijkl' }, 'INVALID_OPTION', /subject/],
    ['a short group id', { groupId: 'abc', subject: 'x' }, 'INVALID_OPTION', /groupId/],
    ['an unknown kind of message', { chatContent: { value: 'hologram' } }, 'INVALID_OPTION', /reverse domain/],
    ['a reaction by Chat-Content', { chatContent: { value: 'reaction' } }, 'INVALID_OPTION', /reverse domain/],
    [
      'a line break in a parameter',
      { chatContent: { value: 'status', params: { a: 'b\nc' } } },
      'INVALID_HEADER',
      /params/,
    ],
    [
      'an extension without words',
      { text: '', attachments: [file], chatContent: { value: 'com.example.X' } },
      'EMPTY_MESSAGE',
      /extension/,
    ],
    ['a date that is none', { date: Number.NaN }, 'INVALID_OPTION', /Date\.now/],
    ['a Date object', { date: new Date() }, 'INVALID_OPTION', /Date\.now/],
    ['a year that mail cannot write', { date: Date.UTC(10_000, 0) }, 'INVALID_OPTION', /date/],
    ['a receipt that is no boolean', { requestReceipt: 'yes' }, 'INVALID_OPTION', /requestReceipt/],
    ['another Auto-Submitted', { autoSubmitted: 'no' }, 'INVALID_OPTION', /auto-generated/],
    ['a banner with a line break', { forwarded: { from: 'a\nb' } }, 'INVALID_HEADER', /forwarded/],
  ])('refuses %s', async (_, change, code, message) => {
    const error = await failure(change);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('refuses too many recipients, To and Cc together', async () => {
    const to = Array.from({ length: limits.sendRecipients }, (_, i) => ({ address: `a${i}@example.org` }));
    await expect(validateDraft({ ...fine, to })).resolves.toBeDefined();
    expect((await failure({ to, cc: [{ address: 'one@example.org' }] })).code).toBe('TOO_MANY_RECIPIENTS');
  });

  it('refuses files that are too large together, previews included', async () => {
    const half = new Uint8Array(limits.sendAttachmentBytes / 2);
    const preview = { content: new Uint8Array(1), contentType: 'image/png' };
    await expect(
      validateDraft({ ...fine, attachments: [{ content: half }, { content: half }] }),
    ).resolves.toBeDefined();
    expect((await failure({ attachments: [{ content: half }, { content: half, preview }] })).code).toBe(
      'ATTACHMENT_TOO_LARGE',
    );
  });

  it('refuses what is no draft at all', async () => {
    for (const nothing of [null, 'text', []]) {
      await expect(validateDraft(nothing as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('lets a broken text be quoted', async () => {
    expect((await validateDraft({ ...fine, quote: 'a\ud800b\0' })).quote).toBe('a\ufffdb');
  });

  it('lets a mail with an odd id be answered, without the id', async () => {
    const draft = await validateDraft({ ...fine, inReplyTo: 'ä@b', references: ['c d@e', 'f@g'] });
    expect(draft.inReplyTo).toBeUndefined();
    expect(draft.references).toEqual(['f@g']);
  });
});
