import { createMessage, encrypt as libraryEncrypt } from 'openpgp';
import { beforeAll, expect, it } from 'vitest';
import { encrypt } from '../../src/openpgp/encrypt.js';
import { type Actor, actor, lines, NOW, open, pgpMime, utf8 } from '../unit/openpgp/support.js';
import { encryptPackets } from './openpgp-support.js';

let ada: Actor;
let bob: Actor;
let eve: Actor;
const PAYLOAD = utf8(lines('From: ada@example.org', 'Content-Type: text/plain; hp="cipher"', '', 'It is me, Ada'));

beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([actor('ada'), actor('bob'), actor('eve')]);
});

it('an encrypted mail that nobody signed is encrypted, and not signed', async () => {
  const message = await libraryEncrypt({
    message: await createMessage({ binary: PAYLOAD }),
    encryptionKeys: bob.publicKey.inner,
    date: new Date(NOW),
    format: 'binary',
  });
  const opened = await open(pgpMime(message), bob, [ada], {
    keysOf: () => Promise.reject(new Error('there is nothing to check')),
  });
  expect(opened.security).toEqual({ encrypted: true, signature: 'none' });
  expect(opened.signatures).toEqual([]);
});

it('a signature by somebody else counts as one by an unknown key', async () => {
  const message = await encrypt(PAYLOAD, { to: [bob.publicKey], signWith: eve.key, now: NOW });
  const { security } = await open(pgpMime(message), bob, [ada]);
  expect(security).toEqual({ encrypted: true, signature: 'unknown-key', signer: eve.key.fingerprint });
});

it('a signature that names a known key but is not by it is invalid', async () => {
  const { sign } = await import('openpgp');
  const signed = await sign({
    message: await createMessage({ binary: PAYLOAD }),
    signingKeys: eve.key.inner,
    date: new Date(NOW),
    format: 'binary',
  });
  const forged = Buffer.from(signed);
  for (const [from, to] of [
    [eve.key.fingerprint, ada.key.fingerprint],
    [eve.key.fingerprint.slice(-16), ada.key.fingerprint.slice(-16)],
  ] as const) {
    const issuer = Buffer.from(from, 'hex');
    for (let at = forged.indexOf(issuer); at >= 0; at = forged.indexOf(issuer)) forged.write(to, at, 'hex');
  }
  const message = await encryptPackets(forged, bob);
  const { security } = await open(pgpMime(message), bob, [ada]);
  expect(security).toEqual({ encrypted: true, signature: 'invalid', signer: ada.key.fingerprint });
});

it('one valid signature among several is enough, and is the one that is named', async () => {
  const { sign } = await import('openpgp');
  const signed = await sign({
    message: await createMessage({ binary: PAYLOAD }),
    signingKeys: [eve.key.inner, ada.key.inner],
    date: new Date(NOW),
    format: 'object',
  });
  const message = await libraryEncrypt({
    message: signed,
    encryptionKeys: bob.publicKey.inner,
    date: new Date(NOW),
    format: 'binary',
  });
  const { security, signatures } = await open(pgpMime(message), bob, [ada]);
  expect(security).toEqual({ encrypted: true, signature: 'valid', signer: ada.key.fingerprint });
  expect(signatures.map(({ state }) => state).sort()).toEqual(['unknown-key', 'valid']);
});
