import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFlowed, encodeFlowed, fixedLines, flowedLines, linesToText } from '../../../src/mail/flowed.js';

describe('decoding format=flowed (RFC 3676)', () => {
  it('joins lines that end in a blank', () => {
    expect(decodeFlowed('one \r\ntwo\r\nthree')).toBe('one two\nthree');
  });

  it('drops the blank with delsp=yes', () => {
    expect(decodeFlowed('auf \r\nbruch', true)).toBe('aufbruch');
  });

  it('undoes space-stuffing', () => {
    expect(flowedLines(' > no quote\n From me\n  indented')).toEqual([
      { depth: 0, text: '> no quote' },
      { depth: 0, text: 'From me' },
      { depth: 0, text: ' indented' },
    ]);
  });

  it('ends a paragraph where the quote depth changes', () => {
    expect(flowedLines('> quoted \nown')).toEqual([
      { depth: 1, text: 'quoted ' },
      { depth: 0, text: 'own' },
    ]);
  });

  it('never joins the signature separator', () => {
    expect(decodeFlowed('text \n-- \nAda')).toBe('text \n-- \nAda');
  });
});

describe('fixed lines', () => {
  it('counts quote marks with and without blanks between them', () => {
    expect(fixedLines('> a\n>> b\n> > c\n>d\ne > f')).toEqual([
      { depth: 1, text: 'a' },
      { depth: 2, text: 'b' },
      { depth: 2, text: 'c' },
      { depth: 1, text: 'd' },
      { depth: 0, text: 'e > f' },
    ]);
  });
});

describe('encoding format=flowed', () => {
  const word = fc.string({ unit: fc.constantFrom('a', '>', '-', 'ä', '😀', '.', 'F'), minLength: 1, maxLength: 12 });
  const line = fc
    .array(fc.oneof(word, fc.constantFrom('From', '--', '>', '', '-- ')), { maxLength: 40 })
    .map((words) => words.join(' ').replace(/ +$/, ''));
  const text = fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => lines.join('\n'));

  it('gives the text back, but for blanks at the ends of lines', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(
          flowedLines(encodeFlowed(given))
            .map((line) => line.text)
            .join('\n'),
        ).toBe(given);
        expect(flowedLines(encodeFlowed(given)).every(({ depth }) => depth === 0)).toBe(true);
      }),
    );
  });

  it('gives quotes back in their depth', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3 }), (given, depth) => {
        const lines = flowedLines(encodeFlowed(given, depth));
        expect(lines.map((line) => line.text).join('\n')).toBe(given);
        expect(lines.every((line) => line.depth === depth)).toBe(true);
      }),
    );
  });

  it('keeps lines short where there are blanks to break at', () => {
    const lines = encodeFlowed('some words '.repeat(50)).split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(lines.length).toBeGreaterThan(5);
  });

  it('leaves words whole that are longer than a line', () => {
    expect(encodeFlowed('x'.repeat(200))).toBe('x'.repeat(200));
  });
});

it('linesToText marks quotes', () => {
  expect(
    linesToText([
      { depth: 2, text: 'a' },
      { depth: 0, text: 'b' },
    ]),
  ).toBe('>> a\nb');
});
