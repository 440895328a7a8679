import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import {
  domainOf,
  firstAddress,
  formatAddress,
  normalizeAddress,
  parseAddress,
  parseMailbox,
  readAddress,
  sameAddress,
} from '../../../src/mail/address.js';

describe('normalizeAddress', () => {
  it.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    [' ada@example.org ', 'ada@example.org'],
    ['"john.doe"@example.com', 'john.doe@example.com'],
    ['"john doe"@example.com', '"john doe"@example.com'],
    ['"a@b"@c.example', '"a@b"@c.example'],
    ['ada@Bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['u\u0308ber@example.org', 'über@example.org'],
    ['ÄDA@example.org', 'äda@example.org'],
    ['ada@example.org.', 'ada@example.org'],
    ['ada@[192.0.2.1]', 'ada@[192.0.2.1]'],
    ['ada@example.org:80', 'ada@example.org:80'],
    ['ada@exa%6dple.org', 'ada@exa%6dple.org'],
    ['nobody', 'nobody'],
  ])('%s → %s', (input, expected) => {
    expect(normalizeAddress(input)).toBe(expected);
  });

  it('is idempotent for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.emailAddress(),
          fc.tuple(fc.string(), fc.domain()).map((p) => p.join('@')),
        ),
        (input) => {
          const once = normalizeAddress(input);
          expect(normalizeAddress(once)).toBe(once);
        },
      ),
    );
  });
});

describe('parseAddress', () => {
  it.each([
    ['', 'empty'],
    ['ada', 'no @'],
    ['@example.org', 'before the @'],
    ['ada@', 'domain'],
    ['ada lovelace@example.org', 'without name'],
    ['Ada <ada@example.org>', 'without name'],
    ['ada@example.org, bob@example.org', 'without name'],
    ['ada@example..org', 'domain'],
    ['ada@-example.org', 'domain'],
    ['ada@exam ple.org', 'domain'],
    ['ada@example.org/path', 'domain'],
    ['ada@example.org\r\nBcc: eve@example.org', 'control'],
    ['ada\0@example.org', 'control'],
    [`${'a'.repeat(400)}@example.org`, 'too long'],
  ])('refuses %j', (input, why) => {
    const parse = () => parseAddress(input);
    expect(parse).toThrowError(InputError);
    expect(parse).toThrowError(
      expect.objectContaining({ code: 'INVALID_ADDRESS', message: expect.stringContaining(why) }),
    );
  });

  it('gives the normal form of a good one', () => {
    expect(parseAddress(' Ada@Example.org ')).toBe('ada@example.org');
    expect(parseAddress('ada@bücher.example')).toBe('ada@xn--bcher-kva.example');
    expect(parseAddress('root@localhost')).toBe('root@localhost');
  });

  it('takes every ordinary address', () => {
    fc.assert(fc.property(fc.emailAddress(), (address) => parseAddress(address) === address.toLowerCase()));
  });
});

describe('helpers', () => {
  it('parseMailbox reads name and address', () => {
    expect(parseMailbox('"Lovelace, Ada" <Ada@Example.org>')).toEqual({
      name: 'Lovelace, Ada',
      address: 'ada@example.org',
    });
    expect(parseMailbox('ada@example.org')).toEqual({ address: 'ada@example.org' });
    expect(() => parseMailbox('Ada\n<ada@example.org>')).toThrowError(/control/);
  });

  it('sameAddress compares normal forms', () => {
    expect(sameAddress('Ada@bücher.example', 'ada@xn--bcher-kva.EXAMPLE')).toBe(true);
    expect(sameAddress('ada@example.org', 'ada@example.com')).toBe(false);
  });

  it('domainOf takes what is behind the last @', () => {
    expect(domainOf('"a@evil.example"@Good.example')).toBe('good.example');
    expect(domainOf('nobody')).toBe('');
  });

  it('formatAddress cleans the name', () => {
    expect(formatAddress({ address: 'ada@example.org', name: 'Ada\u202e evil' })).toBe('Ada evil <ada@example.org>');
    expect(formatAddress({ address: 'ada@example.org' })).toBe('ada@example.org');
  });

  it('firstAddress finds the address in a header value', () => {
    expect(firstAddress('Ada <Ada@Example.org>, Bob <bob@example.org>')).toBe('ada@example.org');
    expect(firstAddress('ada@example.org (Ada)')).toBe('ada@example.org');
    expect(firstAddress('nobody')).toBeUndefined();
  });

  it('readAddress drops what cannot be one', () => {
    expect(readAddress('a\u0000da@example.org')).toBe('ada@example.org');
    expect(readAddress('ada')).toBeUndefined();
    expect(readAddress('@example.org')).toBeUndefined();
    expect(readAddress(`${'a'.repeat(5000)}@example.org`)).toBeUndefined();
  });
});
