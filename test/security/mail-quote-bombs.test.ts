import { expect, it } from 'vitest';
import { flowedLines } from '../../src/mail/flowed.js';
import { splitText } from '../../src/mail/split-text.js';
import { within } from './mail-support.js';

it.each([
  '>',
  '> ',
  '>\n',
  '> a\nb\n',
  'a:\n',
  '> a\n\n\nb:\n\n\n',
  'On 1 wrote a@b 2020:\n',
  'From: x\n',
  'From: x\nSent: y\n',
  '-- \n',
  '-',
  '_',
  '-----Original Message-----\n',
  '\n',
  ' ',
  'a \n',
])('takes half a megabyte of %j apart', async (unit) => {
  const text = unit.repeat(500_000 / unit.length);
  const result = await within(() => splitText(text));
  const kept = (result.text + (result.quote ?? '') + (result.signature ?? '') + (result.attribution ?? '')).replace(
    /[\s>-]/g,
    '',
  );
  expect(kept.length).toBe(text.replace(/[\s>-]/g, '').length);
  await within(() => flowedLines(text));
});
