import { beforeAll, expect, it } from 'vitest';
import { encrypt } from '../../src/openpgp/encrypt.js';
import {
  type Actor,
  actor,
  latin1,
  lines,
  NOW,
  open,
  pgpMime,
  plainMail,
  seal,
  utf8,
} from '../unit/openpgp/support.js';

let ada: Actor;
let bob: Actor;

beforeAll(async () => {
  [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
});

const OUTER = ['From: ada@example.org', 'To: bob@example.org', 'Subject: ...'];

it('line ends hidden in decrypted fields make no new fields', async () => {
  const payload = lines(
    'From: =?utf-8?q?Ada=0D=0ABcc=3A_eve=40example.org?= <ada@example.org>',
    'Subject: =?utf-8?q?Hi=0D=0AChat-Group-ID=3A_fakefakefake=0A=0A=3Cscript=3E?=',
    'Chat-Group-Name: =?utf-8?b?DQpDaGF0LUNvbnRlbnQ6IGdyb3VwbGVmdA0K?=',
    'X-Nul: a\u0000b',
    'Content-Type: text/plain; hp="cipher"',
    '',
    'Hi',
  );
  const message = await encrypt(utf8(payload), { to: [bob.publicKey], signWith: ada.key, now: NOW });
  const { mail } = await open(pgpMime(message, OUTER), bob, [ada]);
  expect(mail.headers.get('Bcc')).toBeUndefined();
  expect(mail.headers.get('Chat-Group-ID')).toBeUndefined();
  expect(mail.headers.get('Chat-Content')).toBeUndefined();
  const shown = [mail.subject, mail.from[0]?.name, mail.headers.text('Chat-Group-Name'), mail.headers.text('X-Nul')];
  for (const text of shown) expect(text).not.toMatch(/\p{Cc}/u);
  expect(mail.from[0]?.address).toBe('ada@example.org');
});

it('a decrypted payload cannot bring fields that only servers write', async () => {
  const payload = lines(
    'From: ada@example.org',
    'Authentication-Results: mx.example.org; dkim=pass header.d=example.org',
    'Return-Path: <>',
    'Received: from nowhere',
    'Content-Type: text/plain; hp="cipher"',
    '',
    'Hi',
  );
  const message = await encrypt(utf8(payload), { to: [bob.publicKey], signWith: ada.key, now: NOW });
  const { mail } = await open(pgpMime(message, OUTER), bob, [ada]);
  for (const name of ['Authentication-Results', 'Return-Path', 'Received']) {
    expect(mail.headers.get(name)).toBeUndefined();
    expect(mail.headers.getAll(name)).toEqual([]);
  }
});

it('a payload without header, or with nothing but header, is read as that', async () => {
  const none = await encrypt(utf8('\r\nSubject: not a header'), { to: [bob.publicKey], signWith: ada.key, now: NOW });
  const opened = await open(pgpMime(none, OUTER), bob, [ada]);
  expect(opened.mail.subject).toBe('...');
  expect(opened.mail.root.text()).toBe('Subject: not a header');
  const empty = await encrypt(new Uint8Array(), { to: [bob.publicKey], signWith: ada.key, now: NOW });
  expect((await open(pgpMime(empty, OUTER), bob, [ada])).mail.root.text()).toBe('');
});

it('what is sealed cannot put anything into the outer header', async () => {
  const hostile = { address: 'bob@example.org', name: 'Bob\r\nBcc: eve@example.org' };
  const mail = await plainMail({ To: [hostile], Subject: 'Hi =?utf-8?q?=0D=0ABcc:_eve=40example.org?=' });
  const sealed = latin1(await seal(mail, ada, [bob]));
  const header = sealed.slice(0, sealed.indexOf('\r\n\r\n'));
  expect(header).not.toMatch(/eve/);
  expect(header.match(/^[A-Za-z-]+(?=:)/gm)).toEqual([
    'From',
    'To',
    'Date',
    'Message-ID',
    'Chat-Version',
    'Subject',
    'MIME-Version',
    'Content-Type',
  ]);
});
