import { beforeAll, describe, expect, it } from 'vitest';
import { formatDraftState, parseDraftState } from '../../../src/autocrypt/draft-state.js';
import {
  foldField,
  formatAutocryptHeader,
  formatGossipHeader,
  parseAutocryptHeader,
  validAutocryptHeaders,
} from '../../../src/autocrypt/header.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { parsePublicKey } from '../../../src/openpgp/keys.js';
import { encodeBase64, type Person, person } from './people.js';

let ada: Person;
let data: string;
beforeAll(async () => {
  ada = await person('ada@example.org');
  data = encodeBase64(ada.keyData);
});

const invalid = expect.objectContaining({ code: 'AUTOCRYPT_INVALID' });

describe('parseAutocryptHeader', () => {
  it('reads address, preference and key', () => {
    expect(parseAutocryptHeader(`addr=Ada@Example.ORG; prefer-encrypt=mutual; keydata=${data}`)).toEqual({
      address: 'ada@example.org',
      preferEncrypt: 'mutual',
      keyData: ada.keyData,
    });
  });

  it.each([
    ['no preference', 'addr=ada@example.org; keydata=$'],
    ['a preference of another time', 'addr=ada@example.org; prefer-encrypt=always; keydata=$'],
    ['attributes that may be ignored', 'addr=ada@example.org; _monkey=1; _x=; keydata=$'],
    ['another order, blanks and a semicolon at the end', ' _a=b ;addr = ada@example.org ;keydata= $ ; '],
  ])('takes %s', (_, value) => {
    const header = parseAutocryptHeader(value.replace('$', data));
    expect(header).toEqual({ address: 'ada@example.org', preferEncrypt: 'nopreference', keyData: ada.keyData });
  });

  it.each([
    ['an unknown critical attribute', 'addr=ada@example.org; type=1; keydata=$'],
    ['no address', 'prefer-encrypt=mutual; keydata=$'],
    ['an address that is none', 'addr=ada; keydata=$'],
    ['no key', 'addr=ada@example.org'],
    ['an empty key', 'addr=ada@example.org; keydata='],
    ['a key that is not base64', 'addr=ada@example.org; keydata=#$'],
    ['a key cut within an octet', 'addr=ada@example.org; keydata=AAAAA'],
    ['an attribute behind the key', 'addr=ada@example.org; keydata=$; prefer-encrypt=mutual'],
    ['an attribute twice', 'addr=ada@example.org; addr=ada@example.org; keydata=$'],
    ['a piece without a name', 'addr=ada@example.org; mutual; keydata=$'],
    ['nothing', ''],
  ])('refuses %s', (_, value) => {
    expect(() => parseAutocryptHeader(value.replace('$', data))).toThrow(invalid);
  });

  it('takes up to 10 KiB', () => {
    const start = 'addr=ada@example.org; keydata=';
    const full = start + 'A'.repeat(10 * 1024 - start.length - ((10 * 1024 - start.length) % 4));
    expect(parseAutocryptHeader(full).keyData.length).toBeGreaterThan(7000);
    expect(() => parseAutocryptHeader(`${full}AAAA`)).toThrow(invalid);
  });

  it('keeps the valid ones of several', () => {
    const values = ['rubbish', ada.header, 'addr=ada@example.org; v2=yes; keydata=AAAA'];
    expect(validAutocryptHeaders(values).map(({ address }) => address)).toEqual(['ada@example.org']);
  });
});

describe('formatAutocryptHeader', () => {
  it('is read back from a mail, folded', async () => {
    const field = foldField('Autocrypt', ada.mutual);
    const lines = field.split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.slice(1, -1).every((line) => line.startsWith(' '))).toBe(true);
    const mail = await readMail(new TextEncoder().encode(`From: ada@example.org\r\n${field}\r\nHi`));
    const header = parseAutocryptHeader(mail.headers.get('Autocrypt') ?? '');
    expect(header).toEqual({ address: ada.address, preferEncrypt: 'mutual', keyData: ada.keyData });
    expect((await parsePublicKey(header.keyData)).fingerprint).toBe(ada.fingerprint);
  });

  it('says nothing about no preference, and never about others', () => {
    expect(ada.header).not.toContain('prefer-encrypt');
    const given = { address: ada.address, keyData: ada.keyData, preferEncrypt: 'mutual' as const };
    expect(formatGossipHeader(given)).toBe(ada.gossip);
    expect(ada.gossip).toMatch(/^addr=ada@example\.org; keydata= /);
  });

  it('refuses what would be read by nobody', () => {
    const large = { address: ada.address, preferEncrypt: 'mutual', keyData: new Uint8Array(8000) } as const;
    expect(() => formatAutocryptHeader(large)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
    expect(() => formatAutocryptHeader({ ...large, keyData: new Uint8Array(7300) })).not.toThrow();
    for (const address of ['"a;b"@example.org', 'ada', 'a b@example.org', 'ada@example.org\r\nBcc: x@y.z']) {
      expect(() => formatGossipHeader({ address, keyData: ada.keyData })).toThrow(
        expect.objectContaining({ code: 'INVALID_ADDRESS' }),
      );
    }
  });
});

describe('draft state', () => {
  it.each([
    { encrypt: true, isReplyToEncrypted: false, byChoice: true },
    { encrypt: false, isReplyToEncrypted: true, byChoice: false },
    { encrypt: true, isReplyToEncrypted: true, byChoice: true },
    { encrypt: false, isReplyToEncrypted: false, byChoice: false },
  ])('is written and read back: %o', (state) => {
    expect(parseDraftState(formatDraftState(state))).toEqual(state);
  });

  it('has the form of the standard', () => {
    expect(formatDraftState({ encrypt: true, isReplyToEncrypted: false, byChoice: true })).toBe(
      'encrypt=yes; _by-choice=yes;',
    );
  });

  it.each([
    '',
    '_by-choice=yes',
    'encrypt=maybe',
    'encrypt=yes; sign=yes',
    'encrypt=yes; _by-choice=1',
    `_x=${'a'.repeat(11_000)}`,
  ])('refuses %j', (value) => {
    expect(() => parseDraftState(value)).toThrow(invalid);
  });
});
