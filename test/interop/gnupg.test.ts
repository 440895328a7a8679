import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { composeMime } from '../../src/mail/compose/mime.js';
import { readMail } from '../../src/mail/read-mail.js';
import { withoutArmor } from '../../src/openpgp/armor.js';
import { decrypt } from '../../src/openpgp/decrypt.js';
import { encrypt, signDetached } from '../../src/openpgp/encrypt.js';
import type { PrivateKey, PublicKey } from '../../src/openpgp/key.js';
import { isUsable, keyProblem, minimizeKey } from '../../src/openpgp/key-use.js';
import { extendKey, generateKey, lockKey, parsePrivateKey, parsePublicKey, unlockKey } from '../../src/openpgp/keys.js';
import { openMail } from '../../src/openpgp/open-mail.js';
import { sealMail } from '../../src/openpgp/seal-mail.js';
import { readSignatures } from '../../src/openpgp/signatures.js';
import { GnuPg } from './gnupg.js';

let gnupg: GnuPg;
let ada: PrivateKey;
let adaPublic: PublicKey;

beforeAll(async () => {
  gnupg = await GnuPg.create();
  ada = await generateKey({ address: 'ada@example.org', name: 'Ada', now: Date.now() - 60_000 });
  adaPublic = await minimizeKey(ada);
  const { status } = await gnupg.gpg('--import', await gnupg.file('ada.key', adaPublic.bytes()));
  expect(status).toContain(`IMPORT_OK 1 ${ada.fingerprint.toUpperCase()}`);
});

afterAll(() => gnupg.close());

const text = new TextEncoder().encode('Grüße aus der Ferne\r\n');
const binary = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256);

describe.each([
  ['RSA', 'default', 'rsa@example.org'],
  ['Curve25519', 'future-default', 'ecc@example.org'],
])('with a GnuPG key: %s', (_, algorithm, address) => {
  let theirs: PublicKey;
  let theirsPrivate: PrivateKey;

  beforeAll(async () => {
    await gnupg.generate(address, algorithm);
    theirs = await parsePublicKey(await gnupg.exportKey(address));
    theirsPrivate = await parsePrivateKey(await gnupg.exportPrivateKey(address));
  });

  it('its key is read, can be used, and be minimised', async () => {
    expect(await isUsable(theirs, Date.now())).toBe(true);
    expect(theirsPrivate.fingerprint).toBe(theirs.fingerprint);
    const minimal = await minimizeKey(theirs, { address });
    expect(minimal.bytes().length).toBeLessThanOrEqual(limits.pgpHeaderKeyBytes);
    const { status } = await gnupg.gpg('--show-keys', await gnupg.file('minimal.key', minimal.bytes()));
    expect(status).not.toMatch(/error|invalid/i);
  });

  it.each([
    ['a text', text],
    ['a file', binary],
  ])('GnuPG decrypts and verifies %s of ours', async (__, data) => {
    const message = await encrypt(data, { to: [theirs], signWith: ada });
    const { out, status } = await gnupg.gpg('--decrypt', await gnupg.file('ours.pgp', message));
    expect(Buffer.compare(out, data)).toBe(0);
    expect(status).toContain('DECRYPTION_OKAY');
    expect(status).toContain(`VALIDSIG ${ada.fingerprint.toUpperCase()}`);
  });

  it('GnuPG decrypts what goes to hidden recipients', async () => {
    const message = await encrypt(text, { to: [theirs], signWith: ada, hideRecipients: true });
    const { out } = await gnupg.gpg('--decrypt', await gnupg.file('hidden.pgp', message));
    expect(Buffer.compare(out, text)).toBe(0);
  });

  it.each([
    ['a text', text, []],
    ['a file', binary, []],
    ['a compressed file', binary, ['-z', '9']],
    ['something uncompressed, armored', binary, ['-z', '0', '--armor']],
    ['something for a hidden recipient', text, ['--throw-keyids']],
  ])('we decrypt and verify %s of GnuPG', async (__, data, more) => {
    const path = await gnupg.file('plain', data);
    const { out } = await gnupg.gpg(
      '--sign',
      '--encrypt',
      ...more,
      '-u',
      address,
      '-r',
      'ada@example.org',
      '-o',
      '-',
      path,
    );
    const opened = await decrypt(withoutArmor(out), { keys: [ada], verifyWith: [adaPublic, theirs] });
    expect(Buffer.compare(opened.data, data)).toBe(0);
    expect(opened.signatures).toMatchObject([{ state: 'valid', fingerprint: theirs.fingerprint }]);
  });

  it('we decrypt with its private key', async () => {
    const { out } = await gnupg.gpg('--encrypt', '-r', address, '-o', '-', await gnupg.file('plain', text));
    const opened = await decrypt(out, { keys: [ada, theirsPrivate], verifyWith: [] });
    expect(Buffer.compare(opened.data, text)).toBe(0);
    expect(opened.signatures).toEqual([]);
  });

  it('detached signatures are checked both ways', async () => {
    const file = await gnupg.file('signed', binary);
    const ours = await gnupg.file('ours.sig', await signDetached(binary, { signWith: ada }));
    const { status } = await gnupg.gpg('--verify', ours, file);
    expect(status).toContain(`VALIDSIG ${ada.fingerprint.toUpperCase()}`);
    for (const form of [[], ['--armor'], ['--textmode']]) {
      const { out } = await gnupg.gpg('--detach-sign', ...form, '-u', address, '-o', '-', file);
      const signatures = await readSignatures(binary, withoutArmor(out));
      expect(await signatures.verify([theirs])).toMatchObject([{ state: 'valid', fingerprint: theirs.fingerprint }]);
    }
  });

  it('a whole mail with an attachment goes both ways', async () => {
    const mail = await composeMime({
      contentType: 'multipart/mixed',
      headers: [
        ['From', [{ address: 'ada@example.org', name: 'Ada' }]],
        ['To', [{ address }]],
        ['Date', { date: Date.now() }],
        ['Message-ID', '<one@example.org>'],
        ['Subject', 'Geheim'],
      ],
      children: [
        { contentType: 'text/plain; charset=utf-8', content: 'Grüße' },
        { contentType: 'image/png', content: binary, filename: 'x.png', disposition: 'attachment' },
      ],
    });
    const sealed = await readMail(await sealMail(mail, { to: [theirs], signWith: ada }));
    const armored = sealed.root.children[1]?.content() ?? new Uint8Array();
    const { out, status } = await gnupg.gpg('--decrypt', await gnupg.file('mail.asc', armored));
    expect(status).toContain(`VALIDSIG ${ada.fingerprint.toUpperCase()}`);
    const payload = await readMail(out);
    expect(payload.subject).toBe('Geheim');
    expect(payload.root.params.get('hp')).toBe('cipher');
    expect(Buffer.compare(payload.root.children[1]?.content() ?? new Uint8Array(), binary)).toBe(0);

    const plain = await gnupg.file('payload', out);
    const back = await gnupg.gpg(
      '--sign',
      '--encrypt',
      '--armor',
      '-u',
      address,
      '-r',
      'ada@example.org',
      '-o',
      '-',
      plain,
    );
    const answer = Buffer.concat([
      Buffer.from(
        [
          'From: ada@example.org',
          'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
          '',
          '--b',
          'Content-Type: application/pgp-encrypted',
          '',
          'Version: 1',
          '--b',
          'Content-Type: application/octet-stream',
          '',
          '',
        ].join('\r\n'),
      ),
      back.out,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const opened = await openMail(await readMail(answer), { keys: [ada], keysOf: async () => [theirs] });
    expect(opened.security).toEqual({ encrypted: true, signature: 'valid', signer: theirs.fingerprint });
    expect(opened.mail.subject).toBe('Geheim');
    expect(Buffer.compare(opened.mail.root.children[1]?.content() ?? new Uint8Array(), binary)).toBe(0);
  });

  it('its expired and revoked keys are not used', async () => {
    const spare = `spare-${address}`;
    await gnupg.generate(spare, algorithm);
    const key = await parsePublicKey(await gnupg.exportKey(spare));
    expect(await keyProblem(key, Date.now())).toBeUndefined();
    expect(await keyProblem(key, Date.now() + 3 * 365 * 24 * 3600_000)).toBe('expired');
    await gnupg.revoke(key.fingerprint.toUpperCase());
    expect(await keyProblem(await parsePublicKey(await gnupg.exportKey(spare)), Date.now())).toBe('revoked');
  });
});

it('GnuPG imports our private key, locked with a passphrase, and a renewed public one', async () => {
  const other = await GnuPg.create();
  try {
    const locked = await lockKey(ada, 'secret');
    const path = await other.file('locked.asc', locked.armored());
    const { status } = await other.gpg('--passphrase', 'secret', '--import', path);
    expect(status).toContain(`IMPORT_OK 17 ${ada.fingerprint.toUpperCase()}`);
    const message = await encrypt(text, { to: [], signWith: ada });
    const { out } = await other.gpg('--passphrase', 'secret', '--decrypt', await other.file('m.pgp', message));
    expect(Buffer.compare(out, text)).toBe(0);
    const renewed = await minimizeKey(await extendKey(ada, { expires: Date.now() + 1e10 }));
    const update = await other.gpg('--import', await other.file('renewed.key', renewed.bytes()));
    expect(update.status).toMatch(/IMPORT_OK \d+ /);
    const { out: list } = await other.gpg('--with-colons', '--list-keys', 'ada@example.org');
    expect(Buffer.from(list).toString()).toMatch(/^pub:u?[^:]*:255:22:/m);
    const exported = await other.gpg('--passphrase', 'secret', '--armor', '--export-secret-keys', 'ada@example.org');
    const back = await parsePrivateKey(exported.out);
    expect((await unlockKey(back, 'secret')).locked).toBe(false);
  } finally {
    await other.close();
  }
});
