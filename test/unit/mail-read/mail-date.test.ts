import { expect, it } from 'vitest';
import { parseMailDate } from '../../../src/mail/mail-date.js';

const noon = Date.UTC(2026, 10, 20, 12, 30, 15);

it.each([
  'Fri, 20 Nov 2026 12:30:15 +0000',
  '20 Nov 2026 12:30:15 +0000',
  'Fri, 20 Nov 2026 13:30:15 +0100',
  'Fri, 20 Nov 2026 13:30:15 +01:00',
  'Fri, 20 Nov 2026 07:30:15 EST',
  'Fri, 20 Nov 2026 07:30:15 -0500 (EST)',
  'Fri, 20 Nov 2026 12:30:15 GMT',
  'Fri, 20 Nov 2026 12:30:15 Z',
  'Fri, 20 Nov 2026 12:30:15',
  'Fri,  20  Nov  26 12:30:15 +0000',
  'Friday, 20-Nov-26 12:30:15 GMT',
  'Fri, 20 November 2026 12.30.15 +0000',
  'Fri Nov 20 12:30:15 2026',
  'Fri Nov 20 12:30:15 GMT 2026',
  '2026-11-20T12:30:15Z',
  '2026-11-20 12:30:15 +0000',
  '2026/11/20 14:30:15 +0200',
])('reads %s', (value) => {
  expect(parseMailDate(value)).toBe(noon);
});

it('reads a date without seconds or time', () => {
  expect(parseMailDate('20 Nov 2026 12:30 +0000')).toBe(Date.UTC(2026, 10, 20, 12, 30));
  expect(parseMailDate('20 Nov 2026')).toBe(Date.UTC(2026, 10, 20));
});

it('takes two digits below 50 for this century', () => {
  expect(parseMailDate('1 Jan 99 00:00:00 +0000')).toBe(Date.UTC(1999, 0));
  expect(parseMailDate('1 Jan 01 00:00:00 +0000')).toBe(Date.UTC(2001, 0));
});

it.each([
  '',
  'yesterday',
  '32 Nov 2026 12:00:00 +0000',
  '20 Foo 2026 12:00:00 +0000',
  '20 Nov 2026 77:00:00',
  '1 Jan 1900 00:00:00 +0000',
])('does not read %j', (value) => {
  expect(parseMailDate(value)).toBeUndefined();
});
