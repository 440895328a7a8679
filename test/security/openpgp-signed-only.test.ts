import { beforeAll, expect, it } from 'vitest';
import { signDetached } from '../../src/openpgp/encrypt.js';
import { type Actor, actor, lines, NOW, open, utf8 } from '../unit/openpgp/support.js';

let ada: Actor;
let bob: Actor;
const PART = lines(
  'Content-Type: text/plain; charset=utf-8; hp="clear"',
  'Subject: signed subject',
  '',
  'I mean it. ',
  '-- ',
  'Ada',
  '',
);
const OUTER = ['From: ada@example.org', 'To: bob@example.org', 'Subject: outer subject'];

beforeAll(async () => {
  [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
});

async function signed(
  options: { part?: string; shown?: string; more?: readonly string[]; outer?: readonly string[] } = {},
) {
  const { part = PART, shown = part, more = [], outer = OUTER } = options;
  const signature = await signDetached(utf8(part), { signWith: ada.key, now: NOW });
  return lines(
    ...outer,
    'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary=s',
    '',
    'This is a signed message.',
    '--s',
    shown,
    '--s',
    'Content-Type: application/pgp-signature; name=signature.asc',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(signature).toString('base64'),
    ...more,
    '--s--',
    '',
  );
}

it('a signed mail is checked octet by octet, and is not encrypted', async () => {
  const opened = await open(await signed(), bob, [ada]);
  expect(opened.security).toEqual({ encrypted: false, signature: 'valid', signer: ada.key.fingerprint });
  expect(opened.mail.subject).toBe('signed subject');
  expect(opened.mail.root).toMatchObject({ path: '1', contentType: 'text/plain' });
  expect(opened.mail.root.text()).toContain('I mean it.');
  expect(opened.payloadHeaders).toBeUndefined();
});

it('line ends may have been changed on the way', async () => {
  const mail = await signed();
  const opened = await open(mail.replaceAll('\r\n', '\n'), bob, [ada]);
  expect(opened.security.signature).toBe('valid');
});

it('a signed multipart keeps its own last delimiter and epilogue', async () => {
  const part = lines(
    'Content-Type: multipart/mixed; boundary=in',
    '',
    'preamble',
    '--in',
    '',
    'one',
    '--in',
    'Content-Type: multipart/alternative; boundary=deep',
    '',
    '--deep',
    '',
    'two',
    '--deep--',
    '--in--',
    'epilogue',
  );
  const opened = await open(await signed({ part }), bob, [ada]);
  expect(opened.security.signature).toBe('valid');
  expect(opened.mail.root.children.map(({ path }) => path)).toEqual(['1.1', '1.2']);
});

it.each([
  ['text', PART.replace('I mean', 'I do not mean')],
  ['a header field', PART.replace('signed subject', 'another subject')],
  ['one blank at a line end', PART.replace('it. ', 'it.')],
])('is invalid if %s was changed, and its fields do not count', async (_, shown) => {
  const opened = await open(await signed({ shown }), bob, [ada]);
  expect(opened.security).toMatchObject({ encrypted: false, signature: 'invalid' });
  expect(opened.mail.subject).toBe('outer subject');
});

it('is by an unknown key if the sender has none, and its fields do not count', async () => {
  const opened = await open(await signed(), bob, []);
  expect(opened.security).toEqual({ encrypted: false, signature: 'unknown-key', signer: ada.key.fingerprint });
  expect(opened.mail.subject).toBe('outer subject');
});

it('does not vouch for what stands beside the signed part', async () => {
  const third = ['--s', 'Content-Type: text/html', '', 'Not signed'];
  expect((await open(await signed({ more: third }), bob, [ada])).security.signature).toBe('none');
  const inner = await signed({ outer: ['X: y'] });
  const beside = lines(
    ...OUTER,
    'Content-Type: multipart/mixed; boundary=o',
    '',
    '--o',
    inner,
    '--o',
    'Content-Type: text/html',
    '',
    'Not signed',
    '--o--',
  );
  const opened = await open(beside, bob, [ada]);
  expect(opened.security.signature).toBe('none');
});

it('the footer of a mailing list is left out of what counts as signed', async () => {
  const inner = await signed({ outer: ['X: y'] });
  const list = lines(
    ...OUTER,
    'Content-Type: multipart/mixed; boundary=o',
    '',
    '--o',
    inner,
    '--o',
    '',
    'Buy now',
    '--o--',
  );
  const opened = await open(list, bob, [ada]);
  expect(opened.security.signature).toBe('valid');
  expect(opened.warnings).toEqual(['list-footer']);
  expect(opened.mail.root).toMatchObject({ path: '1.1' });
  expect(opened.mail.root.text()).not.toContain('Buy now');
});

it('a signature that cannot be read is none, and a warning', async () => {
  const mail = (await signed()).replace(/(base64\r\n\r\n).{20}/, '$1AAAAAAAAAAAAAAAAAAAA');
  const opened = await open(mail, bob, [ada]);
  expect(opened.security).toEqual({ encrypted: false, signature: 'none' });
  expect(opened.warnings).toEqual(['signature-unreadable']);
});
