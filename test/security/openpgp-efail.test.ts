import { beforeAll, describe, expect, it } from 'vitest';
import { encrypt } from '../../src/openpgp/encrypt.js';
import { type Actor, actor, lines, NOW, open, pgpMime, utf8 } from '../unit/openpgp/support.js';
import { packet } from './openpgp-support.js';

let ada: Actor;
let bob: Actor;
let secret: string;

beforeAll(async () => {
  [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
  const payload = utf8('Content-Type: text/html\r\n\r\nthe secret');
  const message = await encrypt(payload, { to: [bob.publicKey], signWith: ada.key, now: NOW });
  secret = pgpMime(message, ['X: y']).replace('X: y\r\n', '');
});

const EVE = ['From: eve@example.org', 'To: bob@example.org', 'Subject: look'];
const html = (text: string) => lines('Content-Type: text/html', '', text);
const multipart = (type: string, ...parts: readonly string[]) =>
  lines(
    ...EVE,
    `Content-Type: multipart/${type}; boundary=outer`,
    '',
    ...parts.flatMap((part) => ['--outer', part]),
    '--outer--',
  );

describe('decrypted text is never joined with other parts', () => {
  it.each([
    [
      'between two HTML parts',
      (part: string) => multipart('mixed', html('<img src="https://eve.example/'), part, html('">')),
    ],
    ['behind one HTML part', (part: string) => multipart('mixed', html('<img src="https://eve.example/'), part)],
    ['in front of one', (part: string) => multipart('mixed', part, html('<style>'))],
    ['as an alternative', (part: string) => multipart('alternative', html('x'), part)],
    ['as a related part', (part: string) => multipart('related', html('<iframe src="cid:x">'), part)],
    [
      'in front of an attachment',
      (part: string) =>
        multipart('mixed', part, lines('Content-Type: text/plain', 'Content-Disposition: attachment', '', 'x')),
    ],
    ['in front of two footers', (part: string) => multipart('mixed', part, lines('', 'one'), lines('', 'two'))],
    [
      'in a mail within the mail',
      (part: string) =>
        multipart('mixed', lines('Content-Type: multipart/mixed; boundary=inner', '', '--inner', part, '--inner--')),
    ],
  ])('%s: the encrypted part stays closed', async (_, mailWith) => {
    const opened = await open(mailWith(secret), bob, [ada]);
    expect(opened.security).toEqual({ encrypted: false, signature: 'none' });
    expect(opened.warnings).toContain('encrypted-part-ignored');
    expect(opened.payload).toBeUndefined();
    expect(JSON.stringify(texts(opened.mail.root))).not.toContain('the secret');
  });

  it('with parts added within multipart/encrypted: the encrypted part stays closed', async () => {
    const extended = `${lines(...EVE)}\r\n${secret.replace(/--b--/, '--b\r\nContent-Type: text/html\r\n\r\n<img src="https://eve.example/\r\n--b--')}`;
    const opened = await open(extended, bob, [ada]);
    expect(opened.security.encrypted).toBe(false);
    expect(opened.warnings).toContain('encrypted-part-ignored');
  });
});

describe('what can be changed unnoticed is not opened', () => {
  it('data without integrity protection', async () => {
    const message = await encrypt(utf8('x'), { to: [bob.publicKey], signWith: ada.key, now: NOW });
    const { readMessage } = await import('openpgp');
    const [first] = (await readMessage({ binaryMessage: message })).packets;
    if (!first) throw new Error('a session key expected');
    const unprotected = Buffer.concat([packet(1, first.write()), packet(9, Buffer.alloc(200, 5))]);
    await expect(open(pgpMime(unprotected), bob, [ada])).rejects.toMatchObject({ name: 'EncryptionError' });
  });

  it('data that lost its end', async () => {
    const message = await encrypt(utf8('x'.repeat(1000)), { to: [bob.publicKey], signWith: ada.key, now: NOW });
    for (const octets of [1, 20, 22, 500]) {
      const cut = pgpMime(message.subarray(0, message.length - octets));
      await expect(open(cut, bob, [ada])).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    }
  });
});

function texts(part: import('../../src/mail/parsed-mail.js').MailPart): unknown[] {
  return part.children.length > 0 ? part.children.map(texts) : [part.text()];
}
