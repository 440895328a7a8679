import { describe, expect, it } from 'vitest';
import { type AccountOptions, checkOptions } from '../../../src/chat/options.js';
import { CoiError } from '../../../src/core/errors.js';

const good = { email: 'Ada@Example.org', password: 'secret' };

function refusal(change: Record<string, unknown>): { code: string; message: string } {
  try {
    checkOptions('Account.open', { ...good, ...change } as AccountOptions);
  } catch (thrown) {
    if (thrown instanceof CoiError) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
  return { code: 'none', message: 'was taken' };
}

describe('the options of an account', () => {
  it('have defaults', () => {
    const checked = checkOptions('Account.open', good);
    expect(checked).toMatchObject({
      identity: { email: 'ada@example.org' },
      credentials: { user: 'ada@example.org', password: 'secret' },
      imap: { kind: 'discover' },
      smtp: { kind: 'discover' },
      filing: 'active',
      mailboxRoot: 'COI',
      sentCopies: 'auto',
      requestReceipts: true,
      undoMs: 0,
    });
    expect([...checked.identity.addresses]).toEqual(['ada@example.org']);
  });

  it('are refused by name when they are unknown, with the one that was meant', () => {
    const { code, message } = refusal({ pasword: 'x' });
    expect(code).toBe('UNKNOWN_OPTION');
    expect(message).toContain('"pasword"');
    expect(message).toContain('"password"');
    expect(refusal({ imap: { host: 'a', prot: 1 } })).toMatchObject({ code: 'UNKNOWN_OPTION' });
    expect(refusal({ tls: { cert: '' } })).toMatchObject({ code: 'UNKNOWN_OPTION' });
    expect(refusal({ smtp: { host: 'a', auth: { user: 'u', pass: 'p' } } })).toMatchObject({ code: 'UNKNOWN_OPTION' });
  });

  it.each([
    ['email', { email: 'nobody' }, 'INVALID_ADDRESS'],
    ['email', { email: 'a@b.org\r\nBcc: x@y.org' }, 'INVALID_ADDRESS'],
    ['email', { email: undefined }, 'INVALID_OPTION'],
    ['aliases', { aliases: 'a@b.org' }, 'INVALID_OPTION'],
    ['aliases', { aliases: ['nobody'] }, 'INVALID_ADDRESS'],
    ['password', { password: undefined }, 'INVALID_OPTION'],
    ['password', { password: '' }, 'INVALID_OPTION'],
    ['accessToken', { accessToken: 'too' }, 'INVALID_OPTION'],
    ['accessToken', { password: undefined, accessToken: 5 }, 'INVALID_OPTION'],
    ['name', { name: 'Ada\r\nBcc: x@y.org' }, 'INVALID_OPTION'],
    ['mailboxRoot', { mailboxRoot: '' }, 'INVALID_OPTION'],
    ['keyPassphrase', { keyPassphrase: '' }, 'INVALID_OPTION'],
    ['keyPassphrase', { keyPassphrase: 7 }, 'INVALID_OPTION'],
    ['filing', { filing: 'always' }, 'INVALID_OPTION'],
    ['sentCopies', { sentCopies: true }, 'INVALID_OPTION'],
    ['sendRate', { sendRate: 0 }, 'INVALID_OPTION'],
    ['undoMs', { undoMs: -1 }, 'INVALID_OPTION'],
    ['undoMs', { undoMs: Number.NaN }, 'INVALID_OPTION'],
    ['logger', { logger: () => {} }, 'INVALID_OPTION'],
    ['clock', { clock: {} }, 'INVALID_OPTION'],
    ['random', { random: 4 }, 'INVALID_OPTION'],
    ['tls.ca', { tls: { ca: 5 } }, 'INVALID_OPTION'],
    ['tls.minVersion', { tls: { minVersion: 'SSLv3' } }, 'INVALID_OPTION'],
    ['imap.host', { imap: {} }, 'INVALID_OPTION'],
    ['imap.host', { imap: { host: 'https://mail.example.org' } }, 'INVALID_OPTION'],
    ['imap.port', { imap: { host: 'a', port: '993' } }, 'INVALID_OPTION'],
    ['imap.port', { imap: { host: 'a', port: 70_000 } }, 'INVALID_OPTION'],
    ['smtp.secure', { smtp: { host: 'a', secure: 'yes' } }, 'INVALID_OPTION'],
    ['smtp.proxy', { smtp: { host: 'a', proxy: 'ftp://x' } }, 'INVALID_OPTION'],
    ['smtp', { smtp: 'smtp.example.org' }, 'INVALID_OPTION'],
  ])('refuse a wrong %s: %j', (name, change, code) => {
    const refused = refusal(change);
    expect(refused.code).toBe(code);
    if (code === 'INVALID_OPTION') expect(refused.message).toContain(name);
  });

  it('never show a secret in what they complain about', () => {
    expect(refusal({ password: 'hunter2', accessToken: 'hunter3' }).message).not.toMatch(/hunter/);
  });

  it('need no credentials where both servers have their own, or belong to the caller', () => {
    const auth = { user: 'u', password: 'p' };
    const { credentials } = checkOptions('Account.open', {
      email: 'ada@example.org',
      imap: { host: 'imap.example.org', auth },
      smtp: { sendMail: async () => ({}) },
    });
    expect(credentials).toBeUndefined();
    expect(refusal({ password: undefined, imap: { host: 'a', auth } }).code).toBe('INVALID_OPTION');
  });

  it('tell servers, factories and lent connections apart', () => {
    const factory = () => {
      throw new Error('not called');
    };
    expect(checkOptions('x', { ...good, imap: factory }).imap).toEqual({ kind: 'factory', factory });
    const server = { host: 'imap.example.org', port: 143, secure: false, allowInsecure: true };
    expect(checkOptions('x', { ...good, imap: server }).imap).toEqual({ kind: 'server', server });
  });
});
