import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf, type FileDraft, loadFiles } from '../../../src/chat/draft.js';
import { limits } from '../../../src/core/limits.js';

describe('a draft', () => {
  it('may be a text', () => {
    expect(draftOf('chat.send', 'Hi')).toEqual({ text: 'Hi' });
  });

  it.each([
    ['a number', 5, 'INVALID_OPTION'],
    ['null', null, 'INVALID_OPTION'],
    ['an unknown key', { txt: 'Hi' }, 'UNKNOWN_OPTION'],
    ['a text that is none', { text: 5 }, 'INVALID_OPTION'],
  ])('is refused when it is %s', (_, draft, code) => {
    expect(() => draftOf('chat.send', draft as never)).toThrowError(expect.objectContaining({ code }));
  });

  it('of a reply answers the message it is called on, and no other', () => {
    const draft = { text: 'Hi', replyTo: 'other' };
    expect(() => draftOf('message.reply', draft)).toThrowError(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
    expect(draftOf('chat.send', draft)).toEqual(draft);
  });
});

describe('the files of a draft', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coi-draft-'));
    await writeFile(join(folder, 'photo.jpg'), 'jpeg');
    await writeFile(join(folder, 'big.bin'), new Uint8Array(limits.sendAttachmentBytes));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are read from the disk, named by their paths, or taken from memory', async () => {
    const loaded = await loadFiles(
      [
        { path: join(folder, 'photo.jpg') },
        { path: join(folder, 'photo.jpg'), filename: 'other.jpg', voice: true },
        { content: new Uint8Array([1]), contentId: 'logo' },
      ],
      undefined,
    );
    expect(loaded.map(({ filename, voice, inline }) => ({ filename, voice, inline }))).toEqual([
      { filename: 'photo.jpg' },
      { filename: 'other.jpg', voice: true },
      { inline: true },
    ]);
    expect(Buffer.from(loaded[0]?.content ?? []).toString()).toBe('jpeg');
  });

  it.each([
    ['a missing file', { path: '/no/such/file' }, 'FILE_NOT_FOUND'],
    ['a folder', { path: tmpdir() }, 'FILE_NOT_FOUND'],
    ['an empty path', { path: '' }, 'INVALID_OPTION'],
    ['a path with NUL', { path: 'a\0b' }, 'INVALID_OPTION'],
    ['neither path nor content', { filename: 'a.txt' }, 'INVALID_OPTION'],
    ['both', { path: 'a', content: new Uint8Array() }, 'INVALID_OPTION'],
    ['content as text', { content: 'text' }, 'INVALID_OPTION'],
    ['an unknown key', { path: 'a', name: 'b' }, 'UNKNOWN_OPTION'],
  ])('are refused: %s', async (_, file, code) => {
    await expect(loadFiles([file as FileDraft], undefined)).rejects.toMatchObject({ code });
  });

  it('are refused when they are too large, alone or together', async () => {
    const big = { path: join(folder, 'big.bin') };
    await expect(loadFiles([{ content: new Uint8Array(1) }, big], undefined)).rejects.toMatchObject({
      code: 'ATTACHMENT_TOO_LARGE',
    });
    await expect(
      loadFiles([{ content: new Uint8Array(limits.sendAttachmentBytes + 1) }], undefined),
    ).rejects.toMatchObject({ code: 'ATTACHMENT_TOO_LARGE' });
    await expect(loadFiles([big], undefined)).resolves.toHaveLength(1);
  });

  it('are not read once the signal has fired', async () => {
    await expect(loadFiles([{ path: join(folder, 'photo.jpg') }], AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
