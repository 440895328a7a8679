import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatSubject, isPlaceholderSubject, oneLine, stripReplyPrefixes } from '../../../src/protocol/subject.js';

describe('stripReplyPrefixes', () => {
  it.each([
    ['Re: Crew', 'Crew'],
    ['AW: Re: WG: Crew', 'Crew'],
    ['SV:Antw: fwd : Crew', 'Crew'],
    ['Re[2]: Re(3): RE^4: Crew', 'Crew'],
    ['回复：Crew', 'Crew'],
    ['Отв: Пересл: Экипаж', 'Экипаж'],
    ['Ynt: İlt: Crew', 'Crew'],
    ['Rebecca: hi', 'Rebecca: hi'],
    ['Review: hi', 'Review: hi'],
    ['Chat: hello', 'Chat: hello'],
    ['Re:', ''],
    ['  Crew ', 'Crew'],
  ])('%j is %j', (subject, bare) => {
    expect(stripReplyPrefixes(subject)).toBe(bare);
  });

  it('is linear', () => {
    expect(stripReplyPrefixes('Re: '.repeat(250_000))).toBe('');
    expect(stripReplyPrefixes(`Re[${' '.repeat(500_000)}`)).toHaveLength(3);
  });
});

describe('chatSubject', () => {
  it('takes the first 40 characters of the text, in one line', () => {
    expect(chatSubject('Hello\r\n  world', undefined)).toBe('Chat: Hello world');
    expect(chatSubject('x'.repeat(100), undefined)).toBe(`Chat: ${'x'.repeat(40)}`);
  });

  it('counts an emoji made of several code points as one', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(chatSubject(family.repeat(50), undefined)).toBe(`Chat: ${family.repeat(14)}`);
    expect(chatSubject('👍🏽'.repeat(50), undefined)).toBe(`Chat: ${'👍🏽'.repeat(40)}`);
  });

  it('falls back to the file name, then to nothing', () => {
    expect(chatSubject(undefined, 'photo.jpg')).toBe('Chat: photo.jpg');
    expect(chatSubject(' \n ', undefined)).toBe('Chat:');
  });

  it('never has a line break or half a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const subject = chatSubject(text, undefined);
        expect(subject).not.toMatch(/[\r\n\0]/);
        expect(subject).not.toMatch(/\p{Cs}/u);
        expect(subject.length).toBeLessThanOrEqual(6 + 160);
      }),
    );
  });
});

describe('isPlaceholderSubject', () => {
  it('knows what programs write when they must not tell', () => {
    expect(['...', '[...]', 'Encrypted Message', '', ' … '].every(isPlaceholderSubject)).toBe(true);
    expect(isPlaceholderSubject('Crew')).toBe(false);
  });
});

describe('oneLine', () => {
  it('turns runs of blanks and controls into one blank', () => {
    expect(oneLine('\ta \r\n b\0\u0085c\ud800 ')).toBe('a b c');
  });
});
