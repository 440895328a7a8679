import { describe, expect, it } from 'vitest';
import {
  formatFingerprint,
  formatVerificationCode,
  parseFingerprint,
  parseVerificationCode,
  sameFingerprint,
} from '../../../src/autocrypt/verification.js';

const HEX = '0123456789abcdef0123456789abcdef01234567';
const invalid = expect.objectContaining({ code: 'INVALID_OPTION' });

describe('fingerprints', () => {
  it('are shown in groups of four', () => {
    expect(formatFingerprint(HEX)).toBe('0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567');
    expect(formatFingerprint(HEX + HEX.slice(0, 24)).split(' ')).toHaveLength(16);
  });

  it.each([formatFingerprint(HEX), HEX.toUpperCase(), `0x${HEX}`, ` ${HEX}\n`, HEX.replace(/(..)/g, '$1:')])(
    'are read from %j',
    (text) => {
      expect(parseFingerprint(text)).toBe(HEX);
      expect(sameFingerprint(text, HEX)).toBe(true);
    },
  );

  it('differ in one digit', () => {
    expect(sameFingerprint(HEX, `${HEX.slice(0, -1)}8`)).toBe(false);
  });

  it.each(['', HEX.slice(1), `${HEX}0`, HEX.replace('0', 'g'), HEX.slice(24)])('are not %j', (text) => {
    expect(() => parseFingerprint(text)).toThrow(invalid);
    expect(() => formatFingerprint(text)).toThrow(invalid);
  });
});

describe('QR content', () => {
  it.each([
    { fingerprint: HEX },
    { fingerprint: HEX, address: 'ada+chat@example.org' },
    { fingerprint: HEX, address: 'ada@example.org', name: 'Ada & Bob #1 = 100 % +' },
    { fingerprint: HEX, address: 'ada@example.org', name: 'Jörn 花' },
  ])('of %o is read back', (code) => {
    expect(parseVerificationCode(formatVerificationCode(code))).toEqual(code);
  });

  it('has the form that chatmail programs read', () => {
    expect(formatVerificationCode({ fingerprint: HEX, address: 'Ada@Example.org', name: 'Ada L.' })).toBe(
      `OPENPGP4FPR:${HEX.toUpperCase()}#a=ada%40example.org&n=Ada%20L.`,
    );
  });

  it.each([
    [
      `openpgp4fpr:${HEX}#a=ada%40example.org&n=J%C3%B6rn%20P.+P.&i=TbnwJ6lSvD5&s=0ejvbdFSQxB`,
      'ada@example.org',
      'Jörn P. P.',
    ],
    [`OPENPGP4FPR:${HEX}%23a=ada@example.org&g=A+group&x=id`, 'ada@example.org', undefined],
    [`OPENPGP4FPR:${HEX}`, undefined, undefined],
    [`OPENPGP4FPR:${HEX}#a=nonsense&n=%zz`, undefined, '%zz'],
    [`OPENPGP4FPR:${HEX}#a=ada+chat@example.org&n=&x`, 'ada+chat@example.org', undefined],
    [`OPENPGP4FPR:${HEX}#n=%E2%80%AEevil%0D%0A`, undefined, 'evil'],
  ])('%s', (text, address, name) => {
    expect(parseVerificationCode(text)).toEqual({
      fingerprint: HEX,
      ...(address && { address }),
      ...(name && { name }),
    });
  });

  it.each(['', 'https://example.org', `OPENPGP4FPR:${HEX.slice(1)}#a=x@y.z`, 'OPENPGP4FPR:', HEX])(
    'is not %j',
    (text) => {
      expect(() => parseVerificationCode(text)).toThrow(invalid);
    },
  );
});
