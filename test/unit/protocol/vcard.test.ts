import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanName } from '../../../src/mail/text-clean.js';
import { readVCards, type VCardDraft, writeVCard } from '../../../src/protocol/vcard.js';

const read = (...lines: string[]) => [...readVCards(lines.join('\r\n'))];
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);

describe('a vCard', () => {
  it('of version 4.0 is read', () => {
    const [card] = read(
      'BEGIN:VCARD',
      'VERSION:4.0',
      'FN:Simon Perreault',
      'NICKNAME:Si\\, the one,Perro',
      'item1.EMAIL;TYPE=work:simon@Work.example',
      'EMAIL;PREF=1;X-A="b:c;d":Simon@Home.example',
      'EMAIL:no address',
      'BDAY:--0203',
      'CATEGORIES:friend,work',
      'KEY:data:application/pgp-keys;base64,AQID',
      'PHOTO:data:image/png;base64,iVBORwEC',
      ' Aw==',
      'END:VCARD',
    );
    expect(card).toEqual({
      name: 'Simon Perreault',
      nickname: 'Si, the one',
      emails: ['simon@home.example', 'simon@work.example'],
      birthday: '--02-03',
      categories: ['friend', 'work'],
      key: Uint8Array.of(1, 2, 3),
      photo: { contentType: 'image/png', content: PNG },
    });
  });

  it('of version 3.0 and 2.1 is read', () => {
    const cards = read(
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:Doe;Jane;Q.;Dr.;',
      'EMAIL;TYPE=INTERNET,PREF:jane@example.org',
      'BDAY:1990-12-09T00:00:00Z',
      'PHOTO;ENCODING=b;TYPE=PNG:iVBORwECAw==',
      'END:VCARD',
      'junk',
      'BEGIN:VCARD',
      'VERSION:2.1',
      'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg=20=',
      'M=C3=BCller',
      'EMAIL;INTERNET:joerg@example.org',
      'PHOTO;VALUE=URI:http://tracker.example/pixel.png',
      'END:VCARD',
    );
    expect(cards).toEqual([
      {
        name: 'Dr. Jane Q. Doe',
        emails: ['jane@example.org'],
        birthday: '1990-12-09',
        categories: [],
        photo: { contentType: 'image/png', content: PNG },
      },
      { name: 'Jörg Müller', emails: ['joerg@example.org'], categories: [] },
    ]);
  });

  it('says what it said when it is written and read again', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
      .map((value) => cleanName(value))
      .filter((value) => value !== '');
    const drafts = fc.record({
      name: text,
      nickname: text,
      emails: fc.uniqueArray(fc.constantFrom('a@example.org', 'b@example.org', 'x@bücher.example'), { minLength: 1 }),
      birthday: fc.constantFrom('1990-12-09', '--12-09'),
      categories: fc.uniqueArray(fc.constantFrom('friend', 'père', 'a;b')),
      key: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((key) => Uint8Array.from(key)),
      photo: fc.constant({ contentType: 'image/png', content: PNG }),
    });
    fc.assert(
      fc.property(drafts, fc.constantFrom('3.0' as const, '4.0' as const), (draft: VCardDraft, version) => {
        const written = writeVCard(draft, version);
        for (const line of written.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        const [card, more] = [...readVCards(written)];
        expect(more).toBeUndefined();
        const emails = draft.emails.map((email) => email.replace('bücher', 'xn--bcher-kva'));
        expect(card).toEqual({ ...draft, emails });
      }),
    );
  });
});
