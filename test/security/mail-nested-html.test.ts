import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { htmlToText, splitHtml } from '../../src/mail/html-to-text.js';
import { within } from './mail-support.js';

it.each([
  ['elements', '<div>'.repeat(100_000)],
  ['elements with end tags that fit none', '<b>'.repeat(300_000) + '</i>'.repeat(300_000)],
  ['quotes', `${'<blockquote>'.repeat(100_000)}${'x<br>'.repeat(100_000)}`],
  ['cited quotes', `${'<blockquote type=cite>'.repeat(80_000)}${'x<br>'.repeat(50_000)}`],
  ['lists', '<ol><li>'.repeat(200_000)],
  ['tables', '<table><tr><td>'.repeat(100_000)],
  ['links', '<a href="https://x.example">'.repeat(70_000)],
  ['hidden elements', '<div hidden>'.repeat(100_000)],
  ['attributes', `<a ${'x=1 '.repeat(500_000)}>`],
  ['classes', `<div class="${'a '.repeat(1_000_000)}">`],
  ['comments', '<!--'.repeat(500_000)],
  ['open brackets', '<'.repeat(2_000_000)],
  ['ampersands', '&'.repeat(2_000_000)],
  ['entities', '&#x1F600;'.repeat(200_000)],
])('reads 100,000 and more nested %s', async (_, html) => {
  const text = await within(() => htmlToText(`<p>Hello</p>${html}`));
  expect(text.startsWith('Hello')).toBe(true);
  expect(text.length).toBeLessThanOrEqual(limits.textChars * 1.1);
  const split = await within(() => splitHtml(`<p>Hello</p>${html}`));
  expect(split.text.startsWith('Hello')).toBe(true);
});

it('looks at no more HTML than the limit', async () => {
  const text = await within(() => htmlToText(`${'<i></i>'.repeat(limits.htmlChars / 7 + 10)}beyond`));
  expect(text).not.toContain('beyond');
});
