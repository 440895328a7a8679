import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SplitText, splitText } from '../../../src/mail/split-text.js';

const split = (...lines: string[]): SplitText => splitText(lines.join('\n'));

describe('chat programs', () => {
  it('quote above the answer', () => {
    expect(split('> question', '> of two lines', '', 'answer')).toEqual({
      text: 'answer',
      quote: 'question\nof two lines',
    });
  });

  it('forward with a banner', () => {
    expect(split('---------- Forwarded message ----------', 'From: Ada', '', 'Hello')).toEqual({
      text: 'Hello',
      forwarded: { from: 'Ada' },
    });
    expect(split('---------- Forwarded message ----------', '', 'Hello')).toEqual({ text: 'Hello', forwarded: {} });
    expect(split('---------- Forwarded message ----------', 'No banner').forwarded).toBeUndefined();
  });
});

describe('signatures', () => {
  it('are split off', () => {
    expect(split('text', '-- ', 'Ada', 'Inc')).toEqual({ text: 'text', signature: 'Ada\nInc' });
  });

  it('are found above and below a quote', () => {
    expect(split('text', '-- ', 'Ada', '', '> quote')).toEqual({ text: 'text', signature: 'Ada', quote: 'quote' });
    expect(split('text', '', '> quote', '-- ', 'Ada')).toEqual({ text: 'text', signature: 'Ada', quote: 'quote' });
  });

  it('need the exact line', () => {
    expect(split('text', '--', 'more')).toEqual({ text: 'text\n--\nmore' });
  });
});

describe('replies above the quote', () => {
  it.each([
    'On Fri, 20 Nov 2026 at 13:37, Ada <ada@example.org> wrote:',
    'Am 20.11.2026 um 13:37 schrieb Ada:',
    'Ada <ada@example.org> schrieb am Fr., 20. Nov. 2026, 13:37:',
    'Le ven. 20 nov. 2026 à 13:37, Ada <ada@example.org> a écrit :',
    'El vie, 20 nov 2026 a las 13:37, Ada (<ada@example.org>) escribió:',
    'Il giorno ven 20 nov 2026 alle ore 13:37 Ada <ada@example.org> ha scritto:',
    'Op vr 20 nov 2026 om 13:37 schreef Ada <ada@example.org>:',
    'Em sex., 20 de nov. de 2026 às 13:37, Ada <ada@example.org> escreveu:',
    'pt., 20 lis 2026 o 13:37 Ada <ada@example.org> napisał(a):',
    'Den fre 20 nov. 2026 kl 13:37 skrev Ada <ada@example.org>:',
    'пт, 20 нояб. 2026 г. в 13:37, Ada <ada@example.org>:',
    '20 ноября 2026 г., в 13:37, Ada <ada@example.org> написал(а):',
    '2026年11月20日(金) 13:37 Ada <ada@example.org>:',
    'Ada <ada@example.org> 于2026年11月20日周五 13:37写道：',
  ])('%s', (line) => {
    expect(split('answer', '', line, '> question')).toEqual({ text: 'answer', quote: 'question', attribution: line });
  });

  it('take an introduction of two or three lines', () => {
    expect(
      split('answer', '', 'On Friday, 20 November', '2026 at 13:37, Ada', '<ada@example.org> wrote:', '', '> question'),
    ).toEqual({
      text: 'answer',
      quote: 'question',
      attribution: 'On Friday, 20 November\n2026 at 13:37, Ada\n<ada@example.org> wrote:',
    });
  });

  it('take unmarked quotes only with proof', () => {
    const line = 'On Fri, 20 Nov 2026 at 13:37, Ada <ada@example.org> wrote:';
    expect(split('answer', '', line, '', 'question')).toEqual({ text: 'answer', quote: 'question', attribution: line });
    expect(split('As Ada wrote:', 'simple is hard')).toEqual({ text: 'As Ada wrote:\nsimple is hard' });
  });

  it.each([
    '-----Original Message-----',
    '-----Ursprüngliche Nachricht-----',
    '-------- Message original --------',
    '----- Исходное сообщение -----',
  ])('take everything behind %s', (divider) => {
    expect(
      split('answer', '', divider, 'From: Ada', 'Sent: Friday', 'To: Bob', 'Subject: x', '', 'question'),
    ).toMatchObject({
      text: 'answer',
      quote: 'question',
    });
  });

  it('take everything behind the header block of Outlook', () => {
    expect(
      split(
        'answer',
        '',
        '________________________________',
        'From: Ada <ada@example.org>',
        'Sent: Friday, 20 November 2026',
        'To: Bob',
        'Subject: x',
        '',
        'question',
      ),
    ).toEqual({
      text: 'answer',
      quote: 'question',
      attribution:
        '________________________________\nFrom: Ada <ada@example.org>\nSent: Friday, 20 November 2026\nTo: Bob\nSubject: x',
    });
  });

  it('strip one level of marks', () => {
    expect(split('answer', '> one', '>> two', '> > also two')).toEqual({
      text: 'answer',
      quote: 'one\n> two\n> also two',
    });
  });
});

describe('everything else stays readable', () => {
  it('keeps quotes between answers', () => {
    expect(split('Hi', '', '> one?', '', 'yes', '', '> two?', '', 'no', '', '> rest')).toEqual({
      text: 'Hi\n\n> one?\n\nyes\n\n> two?\n\nno',
      quote: 'rest',
    });
  });

  it('keeps what is forwarded by plain programs', () => {
    const lines = [
      'FYI',
      '',
      '---------- Forwarded message ---------',
      'From: Ada <ada@example.org>',
      'Date: Fri',
      'Subject: x',
      'To: Bob',
      '',
      'news',
      '> quoted',
      '-- ',
      'Ada',
    ];
    expect(split(...lines)).toEqual({ text: lines.join('\n') });
    const apple = ['See below', '', 'Begin forwarded message:', '', '> From: Ada', '> news'];
    expect(split(...apple)).toEqual({ text: apple.join('\n') });
    const outlook = ['From: Ada', 'Sent: Friday', 'To: Bob', '', 'news'];
    expect(split(...outlook)).toEqual({ text: outlook.join('\n') });
  });

  it('has a quote and no words, if that is all there is', () => {
    expect(split('> only', '> quoted')).toEqual({ text: '', quote: 'only\nquoted' });
  });

  it('loses no line, whatever the text', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '-- ',
        '> quote',
        '>> deeper',
        '>',
        'On 20 Nov 2026 Ada <ada@example.org> wrote:',
        '2026 wrote:',
        '-----Original Message-----',
        '---------- Forwarded message ---------',
        'From: Ada',
        'Sent: Friday',
        'To: Bob',
        'Subject: x',
        '__________',
        'own words',
        'more own words:',
      ),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '')),
    );
    const words = (text: string) => text.replace(/[>\s]/g, '').split('').sort().join('');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
        const { text, quote = '', attribution = '', signature = '', forwarded } = splitText(lines.join('\n'));
        expect(forwarded).toBeUndefined();
        // Only the separators of signatures go.
        const separators = lines.filter((given) => given === '-- ').length;
        const given = words(lines.join('\n'));
        const kept = words(text + quote + attribution + signature);
        const missing = given.length - kept.length;
        expect(missing % 2).toBe(0);
        expect(missing).toBeLessThanOrEqual(separators * 2);
        expect(words(kept + '-'.repeat(missing))).toBe(given);
      }),
      { numRuns: 1000 },
    );
  });
});
