import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { matchesWords, queryWords, searchWords } from '../../../src/store/search-text.js';

describe('words of a text', () => {
  it.each([
    ['Hello, World! hello', ['hello', 'world']],
    ['Crème BRÛLÉE', ['creme', 'brulee']],
    ['l’été 2024', ['l', 'ete', '2024']],
    ['ﬁne ＡＢＣ x²', ['fine', 'abc', 'x2']],
    ['東京tower大好き', ['東', '京', 'tower', '大', '好', 'き']],
    ['한국어 text', ['한', '국', '어', 'text']],
    ['ガ', ['カ']],
    ['', []],
    ['--- !? \u0000', []],
  ])('%j', (text, words) => {
    expect([...searchWords(text)]).toEqual(words);
  });

  it('are cut at the limit, without half characters', () => {
    const astral = '𐐨'.repeat(100);
    const [word] = searchWords(astral);
    expect(word).toBe('𐐨'.repeat(limits.searchWordChars));
    expect([...searchWords('x'.repeat(100))][0]).toHaveLength(limits.searchWordChars);
  });

  it('never hold what SQLite cannot keep', () => {
    // A radical, which is a symbol although its script is Han.
    expect(searchWords('\u2e80')).toEqual(new Set());
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const word of searchWords(text)) expect(word).toMatch(/^[\p{L}\p{N}]+$/u);
      }),
    );
  });

  it('are found by each beginning of each word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(), (text, cut) => {
        for (const word of searchWords(text)) {
          const characters = [...word];
          const beginning = characters.slice(0, 1 + (cut % characters.length)).join('');
          expect(matchesWords(text, queryWords(beginning))).toBe(true);
        }
      }),
    );
  });

  it('take time in proportion to the text, whatever it is', () => {
    const texts = [
      'a'.repeat(1e6),
      'a '.repeat(5e5),
      '中'.repeat(1e6),
      '\u0301'.repeat(1e6),
      'a\u0301'.repeat(5e5),
      '\uFDFA'.repeat(1e5),
    ];
    const start = performance.now();
    for (const text of texts) searchWords(text);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('words of a query', () => {
  it('are limited in number and length', () => {
    expect(queryWords('w1 w2 '.repeat(1e5))).toEqual(['w1', 'w2']);
    const many = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ');
    expect(queryWords(many)).toHaveLength(limits.searchQueryWords);
  });

  it('that are none match nothing', () => {
    expect(matchesWords('some text', queryWords('?!'))).toBe(false);
  });
});
