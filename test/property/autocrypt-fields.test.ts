import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDraftState, parseDraftState } from '../../src/autocrypt/draft-state.js';
import { foldField, formatAutocryptHeader, parseAutocryptHeader } from '../../src/autocrypt/header.js';
import { newSetupCode, normalizeSetupCode } from '../../src/autocrypt/setup-code.js';
import { formatVerificationCode, parseVerificationCode } from '../../src/autocrypt/verification.js';
import { MailError } from '../../src/core/errors.js';
import { readMail } from '../../src/mail/read-mail.js';

const preference = fc.constantFrom('mutual' as const, 'nopreference' as const);

it('Autocrypt fields survive folding and mail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.emailAddress(),
      preference,
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      async (...given) => {
        const [address, preferEncrypt, keyData] = given;
        const field = foldField('Autocrypt', formatAutocryptHeader({ address, preferEncrypt, keyData }));
        const mail = await readMail(new TextEncoder().encode(`${field}\r\n`));
        expect(parseAutocryptHeader(mail.headers.get('Autocrypt') ?? '')).toEqual({
          ...{ address: address.toLowerCase(), preferEncrypt, keyData },
        });
      },
    ),
  );
});

const piece = fc.oneof(
  fc.constantFrom('addr=a@b.c', 'keydata=AAAA', 'prefer-encrypt=mutual', '_x=1', 'encrypt=yes', ';', '=', ' '),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

it.each([parseAutocryptHeader, parseDraftState])('whatever stands there is read or refused: %o', (parse) => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(';', '', '; '), (pieces, separator) => {
      try {
        parse(pieces.join(separator));
      } catch (error) {
        expect(error).toBeInstanceOf(MailError);
        expect(error).toMatchObject({ code: 'AUTOCRYPT_INVALID' });
      }
    }),
    { numRuns: 1000 },
  );
});

it('draft states are read back', () => {
  const state = fc.record({ encrypt: fc.boolean(), isReplyToEncrypted: fc.boolean(), byChoice: fc.boolean() });
  fc.assert(
    fc.property(state, (given) => {
      expect(parseDraftState(formatDraftState(given))).toEqual(given);
    }),
  );
});

it('setup codes may be typed with any separators', () => {
  const separator = fc.constantFrom('', ' ', '-', '\n', '–', '. ', ' - ');
  fc.assert(
    fc.property(fc.array(separator, { minLength: 36, maxLength: 36 }), (separators) => {
      const code = newSetupCode();
      const typed = code.replaceAll('-', '').replace(/\d/g, (digit, at: number) => digit + (separators[at] ?? ''));
      expect(normalizeSetupCode(typed)).toBe(code);
    }),
  );
});

it('verification codes keep address and name', () => {
  const fingerprint = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });
  const name = fc.string({ unit: fc.constantFrom(...'aZ09 &=#%+?/Ü花'), maxLength: 30 });
  fc.assert(
    fc.property(fingerprint, fc.emailAddress(), name, (...[hex, address, shown]) => {
      const code = parseVerificationCode(formatVerificationCode({ fingerprint: hex, address, name: shown }));
      expect(code).toMatchObject({ fingerprint: hex, address: address.toLowerCase() });
      expect(code.name ?? '').toBe(shown.trim().replace(/ +/g, ' '));
    }),
  );
});
