import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { authenticationOf, parseAuthenticationResults } from '../../../src/mail/authentication-results.js';
import { readMail } from '../../../src/mail/read-mail.js';

const pass = (domain: string) => ({ result: 'pass', domain });

async function outcome(...lines: string[]) {
  const raw = [...lines, 'Message-ID: <a@example.net>', '', 'Hello'].join('\r\n');
  return authenticationOf(await readMail(new TextEncoder().encode(raw)));
}

describe('Authentication-Results', () => {
  it.each([
    [
      'Gmail',
      'mx.google.com; dkim=pass header.i=@example.net header.s=20230601 header.b=Ab/c+d==; spf=pass (google.com: domain of bob@example.net designates 192.0.2.1 as permitted sender) smtp.mailfrom=bob@example.net; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.net',
      { server: 'mx.google.com', dkim: [pass('example.net')] },
    ],
    [
      'OpenDKIM',
      'mail.example.org;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=example.net header.i=@example.net header.b=x',
      { server: 'mail.example.org', dkim: [pass('example.net')] },
    ],
    [
      'two signatures',
      'MX.Example.org 1; dkim=fail reason="signature; dkim=pass header.d=bank.example" header.d=Example.NET; dkim = pass header.d = lists.example',
      { server: 'mx.example.org', dkim: [{ result: 'fail', domain: 'example.net' }, pass('lists.example')] },
    ],
    ['no signature', 'mx.example.org; dkim=none; spf=pass', { server: 'mx.example.org', dkim: [{ result: 'none' }] }],
    ['nothing checked', 'mx.example.org; none', { server: 'mx.example.org', dkim: [] }],
    ['nothing but a name', '"mx.example.org"', { server: 'mx.example.org', dkim: [] }],
    [
      'comments anywhere',
      '(hello (nested \\) (deep))) mx.example.org (v) 1 (x); (a) dkim (b) / 1 = (c) pass (d) header.d (e) = (f) example.net (g)',
      { server: 'mx.example.org', dkim: [pass('example.net')] },
    ],
    [
      'a version of the method',
      'mx.example.org; dkim/1=pass header.d=example.net',
      { server: 'mx.example.org', dkim: [pass('example.net')] },
    ],
    [
      'an international domain',
      'mx.example.org; dkim=pass header.d=xn--bcher-kva.example',
      { server: 'mx.example.org', dkim: [pass('xn--bcher-kva.example')] },
    ],
  ])('reads what servers write: %s', (_, value, expected) => {
    expect(parseAuthenticationResults(value)).toEqual(expected);
  });

  it.each([
    ['without server name, as Outlook writes it', 'spf=pass smtp.mailfrom=example.net; dkim=pass header.d=example.net'],
    ['empty', ''],
    ['only a semicolon', '; dkim=pass header.d=example.net'],
    ['several names', 'mx.example.org mx.evil.example; dkim=pass header.d=example.net'],
    ['a comment that does not end', 'mx.example.org; dkim=pass header.d=example.net (oops'],
    ['a quoted string that does not end', 'mx.example.org; dkim=pass reason="oops header.d=example.net'],
    ['a value without name', 'mx.example.org; =pass header.d=example.net'],
    ['two values', 'mx.example.org; dkim=pass =pass header.d=example.net'],
    ['too long', `mx.example.org; dkim=pass header.d=example.net ${'x'.repeat(limits.authenticationResultsChars)}`],
  ])('refuses what is malformed: %s', (_, value) => {
    expect(parseAuthenticationResults(value)).toBeUndefined();
  });

  it('does not look at what a sender can put into comments, quotes and other properties', () => {
    const value =
      'mx.example.org; spf=none smtp.mailfrom="x; dkim=pass header.d=bank.example"@evil.example (; dkim=pass header.d=bank.example); ' +
      'auth=pass smtp.auth="; dkim=pass header.d=bank.example"; dkim=pass header.d=evil.example header.i=@bank.example';
    expect(parseAuthenticationResults(value)?.dkim).toEqual([pass('evil.example')]);
  });

  it('takes no domain from a statement that names several', () => {
    const value = 'mx.example.org; dkim=pass header.d=evil.example header.d=bank.example';
    expect(parseAuthenticationResults(value)?.dkim).toEqual([{ result: 'pass' }]);
  });

  it('keeps a bounded number of results', () => {
    const value = `mx.example.org${'; dkim=fail header.d=a.example'.repeat(400)}`;
    expect(parseAuthenticationResults(value)?.dkim).toHaveLength(limits.dkimResults);
  });

  it('reads the topmost field only', async () => {
    const below = 'Authentication-Results: mx.example.org; dkim=pass header.d=bank.example';
    expect(await outcome('Authentication-Results: mx.example.org; dkim=none', below, 'From: a@bank.example')).toEqual({
      server: 'mx.example.org',
      dkim: [{ result: 'none' }],
    });
    expect(await outcome('Authentication-Results: (', below, 'From: a@bank.example')).toBeUndefined();
    expect(await outcome('From: a@bank.example')).toBeUndefined();
  });

  it.each([
    ['two From fields', ['From: bob@bank.example', 'From: alice@bank.example']],
    ['two authors', ['From: bob@bank.example, alice@bank.example']],
    ['no author', ['To: bob@bank.example']],
  ])('takes no signature for a proof of the author where there are %s', async (_, from) => {
    const field = 'Authentication-Results: mx.example.org; dkim=pass header.d=bank.example';
    expect((await outcome(field, ...from))?.dkim).toEqual([{ result: 'fail', domain: 'bank.example' }]);
  });
});
