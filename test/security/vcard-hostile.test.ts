import { describe, expect, it } from 'vitest';
import { readVCards } from '../../src/protocol/vcard.js';

const read = (text: string) => [...readVCards(text)];
const card = (...lines: string[]) => ['BEGIN:VCARD', ...lines, 'EMAIL:a@example.org', 'END:VCARD', ''].join('\r\n');
const good = card('FN:Good');

/** An address book comes from anywhere: a card must neither stop the others nor cost more than its length. */
describe('hostile vCards', () => {
  it.each([
    ['nested cards', 'BEGIN:VCARD\r\n'.repeat(200_000)],
    ['a card without end', `BEGIN:VCARD\r\n${'NOTE:x\r\n'.repeat(300_000)}`],
    ['one endless folded line', `BEGIN:VCARD\r\nNOTE:\r\n${' x\r\n'.repeat(1_000_000)}`],
    ['one endless soft line', `BEGIN:VCARD\r\nNOTE;QUOTED-PRINTABLE:=\r\n${'=41=\r\n'.repeat(500_000)}`],
    ['a line without colon', `BEGIN:VCARD\r\nX${';a="'.repeat(500_000)}`],
    ['escapes', card(`NICKNAME:${'\\'.repeat(1_000_000)}`)],
    ['pieces', card(`CATEGORIES:${','.repeat(1_000_000)}`)],
    ['parameters', card(`FN${';TYPE=a'.repeat(500)}:x`)],
    ['octets that are no text', '\u0000\ufffe\r\r\n\n'.repeat(100_000)],
  ])('%s', (_, text) => {
    const started = performance.now();
    const cards = read(`${good}${text}`);
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(cards[0]?.name).toBe('Good');
  });

  it('show no control characters, no bidi marks and nothing endless', () => {
    const [found] = read(card(`FN:evil\u202etxt.exe\u0000${'x'.repeat(10_000)}`));
    expect(found?.name).toMatch(/^evil ?txt\.exe ?x+$/);
    expect(found?.name?.length).toBeLessThanOrEqual(255);
  });

  it('bring no pictures that are none, none that are too large, and fetch nothing', () => {
    const svg = Buffer.from('<svg onload="alert(1)"/>').toString('base64');
    const large = Buffer.alloc(300 * 1024, 0xff)
      .fill(0xd8, 1, 2)
      .toString('base64');
    for (const photo of [
      `PHOTO:data:image/png;base64,${svg}`,
      `PHOTO:data:image/jpeg;base64,${large}`,
      'PHOTO:https://tracker.example/1.png',
      'PHOTO;VALUE=uri:file:///etc/passwd',
    ]) {
      expect(read(card(photo))[0]?.photo).toBeUndefined();
    }
  });

  it('name at most as many addresses as a contact may have', () => {
    const emails = Array.from({ length: 10_000 }, (_, i) => `EMAIL:p${i}@example.org`);
    const [found] = read(['BEGIN:VCARD', ...emails.slice(0, 900), 'END:VCARD'].join('\n'));
    expect(found?.emails).toHaveLength(32);
    expect(read(['BEGIN:VCARD', ...emails, 'END:VCARD'].join('\n'))).toEqual([]);
  });
});
