import { expect, it } from 'vitest';
import { contentTypeOfFile } from '../../../src/mail/compose/content-type.js';

it.each([
  ['photo.JPG', 'image/jpeg'],
  ['voice.aac', 'audio/aac'],
  ['voice.m4a', 'audio/mp4'],
  ['clip.webm', 'video/webm'],
  ['notes.md', 'text/markdown'],
  ['archive.tar.gz', 'application/gzip'],
  ['slides.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['README', 'application/octet-stream'],
  ['x.constructor', 'application/octet-stream'],
  ['x.', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('%s is %s', async (filename, type) => {
  expect(await contentTypeOfFile(filename)).toBe(type);
});
