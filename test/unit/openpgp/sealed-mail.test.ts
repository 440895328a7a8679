import { beforeAll, describe, expect, it } from 'vitest';
import type { MailPart } from '../../../src/mail/parsed-mail.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { withoutArmor } from '../../../src/openpgp/armor.js';
import { openMessage } from '../../../src/openpgp/decrypt.js';
import { encrypt, encryptArmored, signDetached } from '../../../src/openpgp/encrypt.js';
import { openMail } from '../../../src/openpgp/open-mail.js';
import { type Actor, actor, latin1, lines, NOW, open, pgpMime, plainMail, seal, utf8 } from './support.js';

let ada: Actor;
let bob: Actor;

beforeAll(async () => {
  [ada, bob] = await Promise.all([actor('ada'), actor('bob')]);
});

async function payloadOf(mail: Uint8Array): Promise<string> {
  const { root } = await readMail(mail);
  const content = root.children[1]?.content() ?? new Uint8Array();
  return latin1((await openMessage(withoutArmor(content), { keys: [bob.key] })).data);
}

async function encrypted(payload: string): Promise<Uint8Array> {
  return encrypt(utf8(payload), { to: [bob.publicKey], signWith: ada.key, now: NOW });
}

describe('writing', () => {
  it('leaves outside only what servers and programs need', async () => {
    const mail = await plainMail({
      Cc: [{ address: 'carol@example.org', name: 'Carol' }],
      References: '<first@example.org>',
      'Chat-Group-ID': 'secretsecret',
      'COI-MySToken': '1-created:1',
      Autocrypt: { structured: 'addr=ada@example.org; keydata=AAAA BBBB' },
      'Autocrypt-Gossip': { structured: 'addr=carol@example.org; keydata=CCCC' },
      'Auto-Submitted': 'auto-generated',
      Expires: { structured: 'Fri, 01 May 2026 12:00:30 +0000' },
    });
    const sealed = await readMail(await seal(mail, ada, [bob]));
    const outer = [...sealed.headers.entries()].map(([name, value]) => `${name}: ${value}`);
    expect(outer).toEqual([
      'From: ada@example.org',
      'To: bob@example.org',
      'Date: Fri, 01 May 2026 12:00:00 +0000',
      'Message-ID: <inner@example.org>',
      'Chat-Version: 1.0',
      'Autocrypt: addr=ada@example.org; keydata=AAAA BBBB',
      'Auto-Submitted: auto-generated',
      'Expires: Fri, 01 May 2026 12:00:30 +0000',
      'Subject: ...',
      'MIME-Version: 1.0',
      expect.stringMatching(/^Content-Type: multipart\/encrypted; protocol="application\/pgp-encrypted"; boundary=/),
    ]);
    expect(sealed.root.children.map(({ contentType }) => contentType)).toEqual([
      'application/pgp-encrypted',
      'application/octet-stream',
    ]);
    expect(sealed.root.children[0]?.text()?.trim()).toBe('Version: 1');
  });

  it('puts the whole mail inside, with a copy of the outer fields', async () => {
    const mail = await plainMail({ 'Chat-Group-ID': 'secretsecret' });
    const sealed = await seal(mail, ada, [bob]);
    expect(latin1(sealed)).not.toMatch(/secret|nine|Ada|Bob/);
    const payload = await payloadOf(sealed);
    const header = payload.slice(0, payload.indexOf('\r\n\r\n'));
    expect(header.split('\r\n').filter((line) => !line.startsWith(' '))).toEqual([
      'From: Ada <ada@example.org>',
      'To: Bob <bob@example.org>',
      'Date: Fri, 01 May 2026 12:00:00 +0000',
      'Message-ID: <inner@example.org>',
      'Subject: A secret plan',
      'Chat-Version: 1.0',
      'Chat-Group-ID: secretsecret',
      'Content-Transfer-Encoding: 7bit',
      'HP-Outer: From: <ada@example.org>',
      'HP-Outer: To: <bob@example.org>',
      'HP-Outer: Date: Fri, 01 May 2026 12:00:00 +0000',
      'HP-Outer: Message-ID: <inner@example.org>',
      'HP-Outer: Chat-Version: 1.0',
      'HP-Outer: Subject: ...',
      'Content-Type: text/plain; charset=utf-8;',
    ]);
    expect(header).toContain('Content-Type: text/plain; charset=utf-8;\r\n hp="cipher"');
  });

  it('keeps lines short and CRLF everywhere', async () => {
    const to = Array.from({ length: 40 }, (_, i) => ({ address: `person${i}@example.org`, name: `Person ${i}` }));
    const sealed = await seal(await plainMail({ To: to }), ada, [bob]);
    for (const text of [latin1(sealed), await payloadOf(sealed)]) {
      expect(/[^\r]\n/.test(text)).toBe(false);
      expect(Math.max(...text.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(78);
    }
  });

  it.each([
    ['no From', { From: undefined }, /without From/],
    ['no header', undefined, /whole mail/],
  ])('refuses a mail with %s', async (_, headers, message) => {
    const mail = headers === undefined ? utf8('hello') : await plainMail(headers);
    const sealing = seal(mail, ada, [bob]);
    await expect(sealing).rejects.toMatchObject({ code: 'INVALID_HEADER' });
    await expect(sealing).rejects.toThrow(message);
  });
});

describe('reading', () => {
  it('gives the mail back with everything in it', async () => {
    const mail = await plainMail(
      { Subject: 'Grüße' },
      {
        contentType: 'multipart/mixed',
        children: [
          { contentType: 'text/plain; charset=utf-8', content: 'Ähm\n' },
          {
            contentType: 'image/png',
            content: new Uint8Array([1, 2, 3]),
            filename: 'ä.png',
            disposition: 'attachment',
          },
        ],
      },
    );
    const opened = await open(await seal(mail, ada, [bob]), bob, [ada]);
    expect(opened.security).toEqual({ encrypted: true, signature: 'valid', signer: ada.key.fingerprint });
    expect(opened.warnings).toEqual([]);
    expect(opened.mail).toMatchObject({
      subject: 'Grüße',
      from: [{ address: 'ada@example.org', name: 'Ada' }],
      to: [{ address: 'bob@example.org', name: 'Bob' }],
      messageId: 'inner@example.org',
      date: NOW,
    });
    expect(opened.outerMessageId).toBeUndefined();
    const [text, file] = opened.mail.root.children;
    expect(text?.text()).toBe('Ähm\n');
    expect(file?.dispositionParams.get('filename')).toBe('ä.png');
    expect(Array.from(file?.content() ?? [])).toEqual([1, 2, 3]);
    expect(opened.payload).toBeDefined();
  });

  it('asks for keys with what stands inside, so that they may come with the mail', async () => {
    const mail = await plainMail({ Autocrypt: { structured: 'addr=ada@example.org; keydata=AAAA' } });
    const asked: unknown[] = [];
    const opened = await open(await seal(mail, ada, [bob]), bob, [], {
      keysOf: async ({ from, issuers, payloadHeaders }) => {
        asked.push(from, issuers, payloadHeaders?.get('Autocrypt'));
        return [ada.publicKey];
      },
    });
    expect(asked).toEqual([
      'ada@example.org',
      [{ keyId: ada.key.keyIds[0], fingerprint: ada.key.fingerprint }],
      'addr=ada@example.org; keydata=AAAA',
    ]);
    expect(opened.security.signature).toBe('valid');
  });

  it('leaves a plain mail as it is', async () => {
    const mail = await readMail(await plainMail());
    const opened = await openMail(mail, { keys: [], keysOf: () => Promise.reject(new Error('not asked')) });
    expect(opened.mail).toBe(mail);
    expect(opened.security).toEqual({ encrypted: false, signature: 'none' });
  });

  it('takes every field from inside where the payload says hp=, even those that it lacks', async () => {
    const payload = lines(
      'From: Ada <ada@example.org>',
      'Date: Fri, 01 May 2026 12:00:00 +0000',
      'Message-ID: <inner@example.org>',
      'To: carol@example.org',
      'Content-Type: text/plain; hp="cipher"',
      '',
      'Hi',
    );
    const mail = pgpMime(await encrypted(payload), [
      'Received: from a by b',
      'Authentication-Results: mx.example.org; dkim=pass',
      'From: ada@example.org',
      'To: bob@example.org',
      'Cc: eve@example.org',
      'Reply-To: eve@example.org',
      'Subject: Pay at once',
      'In-Reply-To: <other@example.org>',
      'References: <other@example.org>',
      'Chat-Group-ID: fakefakefake',
      'List-Id: <list.example.org>',
      'Message-ID: <outer@example.org>',
      'Date: Thu, 30 Apr 2026 12:00:00 +0000',
    ]);
    const { mail: read, outerMessageId } = await open(mail, bob, [ada]);
    expect(read).toMatchObject({
      messageId: 'inner@example.org',
      date: NOW,
      to: [{ address: 'carol@example.org' }],
      cc: [],
      replyTo: [],
      inReplyTo: [],
      references: [],
    });
    expect(read.subject).toBeUndefined();
    expect(outerMessageId).toBe('outer@example.org');
    for (const name of ['Subject', 'Chat-Group-ID', 'List-Id', 'Cc']) expect(read.headers.get(name)).toBeUndefined();
    expect(read.headers.get('Authentication-Results')).toBe('mx.example.org; dkim=pass');
    expect([...read.headers.entries()].map(([name]) => name)).toEqual([
      'Received',
      'Authentication-Results',
      'From',
      'Date',
      'Message-ID',
      'To',
      'Content-Type',
    ]);
  });

  it('lets older payloads replace single fields, and those without a mark none', async () => {
    const payload = (mark: string) =>
      lines('Subject: inside', 'From: Ada <ada@example.org>', `Content-Type: text/plain${mark}`, '', 'Hi');
    const headers = ['From: ada@example.org', 'Subject: ...', 'To: bob@example.org', 'Message-ID: <outer@example.org>'];
    const older = await open(pgpMime(await encrypted(payload('; protected-headers="v1"')), headers), bob, [ada]);
    expect(older.mail).toMatchObject({
      subject: 'inside',
      from: [{ address: 'ada@example.org', name: 'Ada' }],
      to: [{ address: 'bob@example.org' }],
      messageId: 'outer@example.org',
    });
    expect(older.mail.headers.get('To')).toBe('bob@example.org');
    expect(older.mail.headers.text('Subject')).toBe('inside');
    const unmarked = await open(pgpMime(await encrypted(payload('')), headers), bob, [ada]);
    expect(unmarked.mail).toMatchObject({ subject: '...', from: [{ address: 'ada@example.org' }] });
    expect(unmarked.mail.root.text()).toBe('Hi');
    expect(unmarked.payloadHeaders?.get('Subject')).toBe('inside');
  });

  it('reads binary and armored parts, and what Exchange makes of them', async () => {
    const message = await encrypted('Content-Type: text/plain\r\n\r\nHi');
    expect((await open(pgpMime(message), bob, [ada])).mail.root.text()).toBe('Hi');
    const armored = await encryptArmored([utf8('Content-Type: text/plain\r\n'), utf8('\r\nHi')], {
      to: [bob.publicKey],
      signWith: ada.key,
      now: NOW,
    });
    expect((await open(pgpMime(armored), bob, [ada])).security.signature).toBe('valid');
    const rearranged = pgpMime(message)
      .replace('multipart/encrypted; protocol="application/pgp-encrypted"', 'multipart/mixed')
      .replace('--b\r\n', '--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b\r\n');
    expect((await open(rearranged, bob, [ada])).mail.root.text()).toBe('Hi');
  });

  it('reads a text that is wholly an armored message', async () => {
    const how = { to: [bob.publicKey], signWith: ada.key, now: NOW };
    const armored = Buffer.from(await encryptArmored([utf8('Grüße')], how)).toString();
    const inline = (text: string) =>
      lines('From: Ada <ada@example.org>', 'Subject: hello', 'Content-Type: text/plain', '', text);
    const opened = await open(inline(`\r\n${armored}\r\n`), bob, [ada]);
    expect(opened.security).toMatchObject({ encrypted: true, signature: 'valid' });
    expect(opened.mail.root.text()).toBe('Grüße');
    expect(opened.mail.subject).toBe('hello');
    for (const text of [`Read this:\r\n${armored}`, `${armored}\r\nbye`, armored + armored]) {
      const mixed = await open(inline(text), bob, [ada]);
      expect(mixed.security.encrypted).toBe(false);
      expect(mixed.mail.root.text()).toContain('BEGIN PGP MESSAGE');
    }
  });

  it('reads what was signed first and then encrypted', async () => {
    const signed = lines('Content-Type: text/plain; protected-headers="v1"', 'Subject: inside', '', 'Signed first');
    const signature = await signDetached(utf8(signed), { signWith: ada.key, now: NOW });
    const payload = lines(
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s',
      '',
      '--s',
      signed,
      '--s',
      'Content-Type: application/pgp-signature',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(signature).toString('base64'),
      '--s--',
    );
    const { createMessage, encrypt: only } = await import('openpgp');
    const message = await only({
      message: await createMessage({ binary: utf8(payload) }),
      encryptionKeys: bob.publicKey.inner,
      date: new Date(NOW),
      format: 'binary',
    });
    const opened = await open(pgpMime(message), bob, [ada]);
    expect(opened.security).toMatchObject({ encrypted: true, signature: 'valid' });
    expect(opened.mail.subject).toBe('inside');
    expect(opened.mail.root.text()).toBe('Signed first');
  });

  it.each(['behind', 'in front'])('leaves out what a mailing list put %s, and says so', async (place) => {
    const message = await encrypted('Content-Type: text/plain\r\n\r\nHi');
    const parts = [
      pgpMime(message, ['X: y']).replace('X: y\r\n', ''),
      lines('Content-Type: text/plain', '', 'To unsubscribe, send us your key.'),
    ];
    if (place === 'in front') parts.reverse();
    const wrapped = lines(
      'From: ada@example.org',
      'Content-Type: multipart/mixed; boundary=list',
      '',
      ...parts.flatMap((part) => ['--list', part]),
      '--list--',
    );
    const opened = await open(wrapped, bob, [ada]);
    expect(opened.warnings).toEqual(['list-footer']);
    expect(opened.mail.root.text()).toBe('Hi');
    expect(opened.security.signature).toBe('valid');
  });

  it('cannot decrypt what was not fetched', async () => {
    const mail = await readMail(await seal(await plainMail(), ada, [bob]));
    const [version, message] = mail.root.children;
    if (!version || !message) throw new Error('two parts expected');
    const unfetched = { ...copy(message), content: () => undefined };
    const opening = openMail(
      { ...mail, root: { ...copy(mail.root), children: [version, unfetched] } },
      { keys: [bob.key], keysOf: async () => [] },
    );
    await expect(opening).rejects.toThrow(/fetched whole/);
  });
});

function copy(part: MailPart) {
  return { ...part, content: () => part.content(), text: () => part.text() };
}
