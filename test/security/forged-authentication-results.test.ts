import { expect, it } from 'vitest';
import { dkimOutcome } from '../../src/model/authentication.js';
import { readCopies } from '../../src/sync/ingest/arrival.js';
import { ME, testState } from '../support/state.js';

const servers = new Set(['mx.example.org']);

/** What the account thinks of a mail that claims to come from a bank, with these fields on top. */
async function outcome(...fields: string[]) {
  const lines = [
    ...fields,
    'From: Bank <service@bank.example>',
    `To: ${ME}`,
    'Message-ID: <a@bank.example>',
    '',
    'Pay',
  ];
  const source = new TextEncoder().encode(lines.join('\r\n'));
  const mail = { uid: 1, flags: [], internalDate: 1_000_000, size: source.length, source };
  const copy = { folder: 'INBOX', role: 'inbox', uidValidity: '1', mail, history: false } as const;
  const state = await testState();
  const keys = await state.keys();
  const [message] = await state.join(...(await readCopies({ store: state.store, keys }, [copy])));
  return message && dkimOutcome(message, servers);
}

const forged = 'Authentication-Results: mx.example.org; dkim=pass header.d=bank.example';
const honest = 'Authentication-Results: mx.example.org; dkim=none';

it('is not read where our own server wrote another one above it', async () => {
  expect(await outcome(honest, forged)).toBe('none');
  expect(await outcome(honest, forged, forged)).toBe('none');
});

it('does not count in the name of another server', async () => {
  expect(await outcome('Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example')).toBe('unknown');
  expect(await outcome('Authentication-Results: mx.example.org.evil.example; dkim=pass header.d=bank.example')).toBe(
    'unknown',
  );
  expect(await outcome('ARC-Authentication-Results: i=1; mx.example.org; dkim=pass header.d=bank.example')).toBe(
    'unknown',
  );
});

it('cannot be slipped into what our own server repeats of the mail', async () => {
  const smtp = 'smtp.mailfrom="x; dkim=pass header.d=bank.example"@evil.example';
  expect(await outcome(`Authentication-Results: mx.example.org; dkim=none; spf=pass ${smtp}`)).toBe('none');
  expect(
    await outcome('Authentication-Results: mx.example.org; dkim=none (x\\) ; dkim=pass header.d=bank.example)'),
  ).toBe('none');
  const signature =
    'dkim=pass header.d=evil.example header.i="@bank.example" header.s="; dkim=pass header.d=bank.example"';
  expect(await outcome(`Authentication-Results: mx.example.org; ${signature}`)).toBe('none');
});

it('does not count where our server signs for a domain below or beside', async () => {
  const pass = (domain: string) => outcome(`Authentication-Results: mx.example.org; dkim=pass header.d=${domain}`);
  expect(await pass('bank.example')).toBe('pass');
  expect(await pass('evil.bank.example')).toBe('none');
  expect(await pass('notbank.example')).toBe('none');
  expect(await pass('example')).toBe('none');
});

it.each([
  ['nested comments', `Authentication-Results: mx.example.org; ${'('.repeat(8000)}${')'.repeat(8000)} dkim=pass`],
  ['comments that never end', `Authentication-Results: ${'('.repeat(15_000)}`],
  ['quotes that never end', `Authentication-Results: mx.example.org; ${'"\\'.repeat(7000)}`],
  ['statements', `Authentication-Results: mx.example.org${';dkim=pass header.d=x.example'.repeat(550)}`],
  ['a field of a megabyte', `Authentication-Results: mx.example.org; ${'dkim=pass '.repeat(100_000)}`],
  ['ten thousand fields', Array.from({ length: 9000 }, () => forged).join('\r\n')],
])('costs nothing to speak of as %s', async (_, field) => {
  const start = performance.now();
  expect(['unknown', 'none', 'pass']).toContain(await outcome(field));
  expect(performance.now() - start).toBeLessThan(2000);
});
