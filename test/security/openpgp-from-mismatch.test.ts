import { beforeAll, expect, it } from 'vitest';
import { encrypt, signDetached } from '../../src/openpgp/encrypt.js';
import { type Actor, actor, lines, NOW, open, pgpMime, utf8 } from '../unit/openpgp/support.js';

let ada: Actor;
let bob: Actor;
let eve: Actor;

beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([actor('ada'), actor('bob'), actor('eve')]);
});

const OUTER = ['From: Eve <eve@example.org>', 'To: bob@example.org', 'Subject: ...', 'Message-ID: <x@example.org>'];

it.each([
  ['hp="cipher"', 'From: Ada <ada@example.org>'],
  ['hp="clear"', 'From: Ada <ada@example.org>'],
  ['protected-headers="v1"', 'From: Ada <ada@example.org>'],
  ['hp="cipher"', 'From: Ada <ada@example.org>, eve@example.org'],
  ['hp="cipher"', 'From: Eve <eve@example.org>, ada@example.org'],
  ['hp="cipher"', 'From: undisclosed'],
  ['hp="cipher"', 'From: eve@example.org.attacker.example'],
])('an inner sender who is not the outer one never counts: %s, %s', async (mark, from) => {
  const payload = lines(from, 'Subject: inside', `Content-Type: text/plain; ${mark}`, '', 'It is me, Ada');
  const message = await encrypt(utf8(payload), { to: [bob.publicKey], signWith: eve.key, now: NOW });
  const asked: unknown[] = [];
  const opened = await open(pgpMime(message, OUTER), bob, [], {
    keysOf: async ({ from: sender }) => {
      asked.push(sender);
      return sender === 'eve@example.org' ? [eve.publicKey] : [ada.publicKey];
    },
  });
  expect(asked).toEqual(['eve@example.org']);
  expect(opened.warnings).toEqual(['from-mismatch']);
  expect(opened.mail.from).toEqual([{ address: 'eve@example.org', name: 'Eve' }]);
  expect(opened.mail.headers.getAll('From')).toEqual(['Eve <eve@example.org>']);
  expect([...opened.mail.headers.entries()].filter(([name]) => name === 'From')).toHaveLength(1);
  expect(opened.mail.subject).toBe('inside');
});

it('the same address in another spelling is the same sender', async () => {
  const payload = lines('From: Eve E. <EVE@Example.ORG>', 'Content-Type: text/plain; hp="cipher"', '', 'Hi');
  const message = await encrypt(utf8(payload), { to: [bob.publicKey], signWith: eve.key, now: NOW });
  const opened = await open(pgpMime(message, OUTER), bob, [eve]);
  expect(opened.warnings).toEqual([]);
  expect(opened.mail.from).toEqual([{ address: 'eve@example.org', name: 'Eve E.' }]);
});

it('a mail without outer sender does not get one from inside', async () => {
  const payload = lines('From: Ada <ada@example.org>', 'Content-Type: text/plain; hp="cipher"', '', 'Hi');
  const message = await encrypt(utf8(payload), { to: [bob.publicKey], signWith: eve.key, now: NOW });
  const opened = await open(pgpMime(message, ['To: bob@example.org']), bob, [eve]);
  expect(opened.mail.from).toEqual([]);
  expect(opened.warnings).toEqual(['from-mismatch']);
});

it('the same holds for signed mail', async () => {
  const part = lines('Content-Type: text/plain; hp="clear"', 'From: Ada <ada@example.org>', '', 'Hi');
  const signature = await signDetached(utf8(part), { signWith: eve.key, now: NOW });
  const mail = lines(
    ...OUTER,
    'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s',
    '',
    '--s',
    part,
    '--s',
    'Content-Type: application/pgp-signature',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(signature).toString('base64'),
    '--s--',
  );
  const opened = await open(mail, bob, [eve]);
  expect(opened.security).toEqual({ encrypted: false, signature: 'valid', signer: eve.key.fingerprint });
  expect(opened.warnings).toEqual(['from-mismatch']);
  expect(opened.mail.from).toEqual([{ address: 'eve@example.org', name: 'Eve' }]);
});
