import fc from 'fast-check';
import { createMessage, encrypt as libraryEncrypt, readMessage } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { withoutArmor } from '../../../src/openpgp/armor.js';
import { decrypt, openMessage } from '../../../src/openpgp/decrypt.js';
import { encrypt, encryptArmored, signDetached } from '../../../src/openpgp/encrypt.js';
import { PrivateKey } from '../../../src/openpgp/key.js';
import { minimizeKey } from '../../../src/openpgp/key-use.js';
import { extendKey, generateKey, lockKey } from '../../../src/openpgp/keys.js';
import { checkPacketCount, packetSpans } from '../../../src/openpgp/packets.js';
import { decryptWithPassphrase, encryptWithPassphrase } from '../../../src/openpgp/passphrase.js';
import { readSignatures } from '../../../src/openpgp/signatures.js';
import { type Actor, actor, DAY, NOW, utf8 } from './support.js';

let ada: Actor;
let bob: Actor;
let carol: Actor;
const DATA = utf8('Meet me at nine.\r\n');

beforeAll(async () => {
  [ada, bob, carol] = await Promise.all([actor('ada'), actor('bob'), actor('carol')]);
});

/** A key of the newer kind, which announces that it reads data of version 2. */
async function modern(name: string): Promise<Actor> {
  const { generateKey: make } = await import('openpgp');
  const address = `${name}@example.org`;
  const { privateKey } = await make({
    type: 'curve25519',
    userIDs: { email: address },
    date: new Date(NOW),
    format: 'object',
    config: { v6Keys: true, aeadProtect: true },
  });
  const key = new PrivateKey(privateKey);
  return { address, key, publicKey: key.toPublic() };
}

function version(message: Uint8Array): number | undefined {
  const data = [...packetSpans(message)].find(({ tag }) => tag === 18);
  return data && message[data.bodyStart];
}

describe('an encrypted message', () => {
  it('is read by each recipient and the sender, with a valid signature', async () => {
    const message = await encrypt(DATA, { to: [bob.publicKey, carol.publicKey], signWith: ada.key, now: NOW });
    for (const reader of [ada, bob, carol]) {
      const opened = await decrypt(message, { keys: [reader.key], verifyWith: [bob.publicKey, ada.publicKey] });
      expect(Buffer.from(opened.data)).toEqual(Buffer.from(DATA));
      expect(opened.signatures).toEqual([
        { state: 'valid', keyId: ada.key.keyIds[0], fingerprint: ada.key.fingerprint, created: NOW },
      ]);
    }
  });

  it('is opened with any of several own keys, in any order', async () => {
    const message = await encrypt(DATA, { to: [carol.publicKey], signWith: ada.key, now: NOW });
    for (const keys of [
      [bob.key, carol.key],
      [carol.key, bob.key],
    ]) {
      expect((await openMessage(message, { keys })).data).toHaveLength(DATA.length);
    }
  });

  it('has version 1 and no compression unless everybody announces version 2', async () => {
    const [dora, emil] = [await modern('dora'), await modern('emil')];
    const old = await encrypt(DATA, { to: [dora.publicKey], signWith: ada.key, now: NOW });
    expect(version(old)).toBe(1);
    const text = new Uint8Array(100_000);
    expect((await encrypt(text, { to: [bob.publicKey], signWith: ada.key, now: NOW })).length).toBeGreaterThan(100_000);
    const fresh = await encrypt(DATA, { to: [emil.publicKey], signWith: dora.key, now: NOW });
    expect(version(fresh)).toBe(2);
    const opened = await decrypt(fresh, { keys: [emil.key], verifyWith: [dora.publicKey] });
    expect(opened.signatures).toMatchObject([{ state: 'valid', fingerprint: dora.key.fingerprint }]);
    expect((await openMessage(old, { keys: [dora.key] })).data).toHaveLength(DATA.length);
  });

  it('can hide its recipients', async () => {
    const message = await encrypt(DATA, {
      to: [bob.publicKey, carol.publicKey],
      signWith: ada.key,
      now: NOW,
      hideRecipients: true,
    });
    const ids = (await readMessage({ binaryMessage: message })).getEncryptionKeyIDs();
    expect(ids.map((id) => id.toHex())).toEqual(Array(3).fill('0000000000000000'));
    const dora = await actor('dora');
    expect((await openMessage(message, { keys: [dora.key, carol.key] })).data).toHaveLength(DATA.length);
    await expect(openMessage(message, { keys: [dora.key] })).rejects.toMatchObject({ code: 'MISSING_KEY' });
  });

  it('is armored with CRLF line ends, the same whether small or in pieces', async () => {
    for (const size of [0, 1, 57, 5000, limits.pgpSmallMailBytes + 12_345]) {
      const data = new Uint8Array(size).map((_, i) => i % 251);
      const armored = Buffer.from(await encryptArmored([data], { to: [bob.publicKey], signWith: ada.key, now: NOW }));
      expect(armored.indexOf('-----BEGIN PGP MESSAGE-----\r\n\r\n')).toBe(0);
      expect(/[^\r]\n/.test(armored.toString('latin1'))).toBe(false);
      const opened = await decrypt(withoutArmor(armored), { keys: [bob.key], verifyWith: [ada.publicKey] });
      expect(Buffer.compare(opened.data, data)).toBe(0);
      expect(opened.signatures).toMatchObject([{ state: 'valid' }]);
    }
  });

  it('goes to keys dated a little ahead of our clock, and not to expired ones', async () => {
    const early = await actor('early', NOW + 3600_000);
    const message = await encrypt(DATA, { to: [early.publicKey], signWith: ada.key, now: NOW });
    const { signatures } = await decrypt(message, { keys: [early.key], verifyWith: [ada.publicKey] });
    expect(signatures).toMatchObject([{ state: 'valid', created: NOW }]);
    const late = await generateKey({ address: 'late@example.org', now: NOW - 2 * DAY, expires: NOW - DAY });
    const sending = encrypt(DATA, { to: [bob.publicKey, late.toPublic()], signWith: ada.key, now: NOW });
    await expect(sending).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    await expect(sending).rejects.toThrow(`${late.fingerprint} (expired)`);
  });

  it('that was signed before a renewal stays valid for those who only know the renewed key', async () => {
    const message = await encrypt(DATA, { to: [bob.publicKey], signWith: ada.key, now: NOW + DAY });
    const renewed = await extendKey(ada.key, { now: NOW + 10 * DAY, expires: Date.now() + 1000 * DAY });
    const known = await minimizeKey(renewed, { at: Math.max(Date.now(), NOW + 11 * DAY) });
    const { signatures } = await decrypt(message, { keys: [bob.key], verifyWith: [known] });
    expect(signatures).toMatchObject([{ state: 'valid' }]);
  });

  it('needs unlocked keys', async () => {
    const locked = await lockKey(bob.key, 'secret');
    await expect(encrypt(DATA, { to: [ada.publicKey], signWith: locked })).rejects.toMatchObject({
      code: 'KEY_LOCKED',
    });
    await expect(signDetached(DATA, { signWith: locked })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
    const message = await encrypt(DATA, { to: [bob.publicKey], signWith: ada.key, now: NOW });
    await expect(openMessage(message, { keys: [locked] })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
    expect((await openMessage(message, { keys: [locked, ada.key] })).data).toHaveLength(DATA.length);
  });

  it('is refused when it was changed anywhere behind its session keys', async () => {
    const message = await encrypt(DATA, { to: [bob.publicKey], signWith: ada.key, now: NOW });
    const data = [...packetSpans(message)].find(({ tag }) => tag === 18);
    for (let at = (data?.bodyStart ?? 0) + 1; at < message.length; at += 7) {
      const changed = Uint8Array.from(message);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      await expect(openMessage(changed, { keys: [bob.key] })).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    }
  });

  it('may be compressed by others', async () => {
    const text = new Uint8Array(50_000).fill(0x20);
    const message = await libraryEncrypt({
      message: await createMessage({ binary: text }),
      encryptionKeys: bob.publicKey.inner,
      signingKeys: ada.key.inner,
      date: new Date(NOW),
      format: 'binary',
      config: { preferredCompressionAlgorithm: 2 },
    });
    expect(message.length).toBeLessThan(5000);
    const opened = await decrypt(message, { keys: [bob.key], verifyWith: [ada.publicKey] });
    expect(opened.data).toHaveLength(50_000);
    expect(opened.signatures).toMatchObject([{ state: 'valid' }]);
  });

  it('unpacks to more than usual only alone, and still is read', async () => {
    const text = new Uint8Array(limits.pgpPlainSmallBytes + 1);
    const message = await libraryEncrypt({
      message: await createMessage({ binary: text }),
      encryptionKeys: bob.publicKey.inner,
      date: new Date(NOW),
      format: 'binary',
      config: { preferredCompressionAlgorithm: 2 },
    });
    expect((await openMessage(message, { keys: [bob.key] })).data).toHaveLength(text.length);
  });

  it('is given up when the signal fires', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const options = { to: [bob.publicKey], signWith: ada.key, now: NOW, signal };
    await expect(encrypt(DATA, options)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(openMessage(DATA, { keys: [bob.key], signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('never fails with anything but a typed error, whatever the octets are', async () => {
    const message = await encrypt(DATA, { to: [bob.publicKey], signWith: ada.key, now: NOW });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: message.length - 1 }), async (noise, at) => {
        const mixed = Buffer.concat([message.subarray(0, at), noise]);
        await expect(openMessage(mixed, { keys: [bob.key] })).rejects.toHaveProperty('name', 'EncryptionError');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a detached signature', () => {
  it('is checked against the keys that are known', async () => {
    const signature = await signDetached(DATA, { signWith: ada.key, now: NOW });
    const signatures = await readSignatures(DATA, signature);
    expect(signatures.issuers).toEqual([{ keyId: ada.key.keyIds[0], fingerprint: ada.key.fingerprint }]);
    expect(await signatures.verify([bob.publicKey])).toMatchObject([{ state: 'unknown-key' }]);
    expect(await signatures.verify([bob.publicKey, ada.publicKey])).toMatchObject([{ state: 'valid' }]);
    const other = await readSignatures(utf8('something else'), signature);
    expect(await other.verify([ada.publicKey])).toMatchObject([{ state: 'invalid', fingerprint: ada.key.fingerprint }]);
  });

  it('does not count from after the key expired', async () => {
    const short = await generateKey({ address: 'ada@example.org', now: NOW, expires: NOW + DAY });
    const verify = async (bytes: Uint8Array) => (await readSignatures(DATA, bytes)).verify([short.toPublic()]);
    expect(await verify(await signDetached(DATA, { signWith: short, now: NOW + 1000 }))).toMatchObject([
      { state: 'valid' },
    ]);
    await expect(signDetached(DATA, { signWith: short, now: NOW + 2 * DAY })).rejects.toMatchObject({
      code: 'ENCRYPTION_FAILED',
    });
    const renewed = await extendKey(short, { now: NOW + 2 * DAY });
    expect(await verify(await signDetached(DATA, { signWith: renewed, now: NOW + 2 * DAY }))).toMatchObject([
      { state: 'invalid' },
    ]);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['no signature', utf8('hello')],
    ['another packet', new Uint8Array([0xcb, 1, 0])],
  ])('is refused if it is %s', async (_, bytes) => {
    await expect(readSignatures(DATA, bytes)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
  });
});

describe('a passphrase', () => {
  it('opens what it closed', async () => {
    const armored = await encryptWithPassphrase('Grüße\n', 'open sesame');
    expect(armored).toContain('-----BEGIN PGP MESSAGE-----');
    expect(await decryptWithPassphrase(armored, 'open sesame')).toBe('Grüße\n');
    await expect(decryptWithPassphrase(armored, 'open barley')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    await expect(decryptWithPassphrase(armored.slice(0, 100), 'x')).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
    await expect(encryptWithPassphrase('x', '')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const toKey = await encryptArmored([DATA], { to: [bob.publicKey], signWith: ada.key, now: NOW });
    await expect(decryptWithPassphrase(Buffer.from(toKey).toString(), 'x')).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
  });
});

describe('packets', () => {
  it('are found in whatever order and form of length', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            tag: fc.integer({ min: 1, max: 15 }),
            body: fc.uint8Array({ maxLength: 9000 }),
            form: fc.nat(3),
          }),
        ),
        (packets) => {
          const bytes = Buffer.concat(packets.map(({ tag, body, form }) => written(tag, body, form)));
          const found = [...packetSpans(bytes)];
          expect(found.map(({ tag }) => tag)).toEqual(packets.map(({ tag }) => tag));
          expect(found.at(-1)?.end ?? 0).toBe(bytes.length);
          for (const [i, { body, form }] of packets.entries()) {
            const span = found[i];
            if (form !== 3) expect((span?.end ?? 0) - (span?.bodyStart ?? 0)).toBe(body.length);
          }
        },
      ),
    );
  });

  it('end, whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        let last = 0;
        for (const { end } of packetSpans(bytes)) {
          expect(end).toBeGreaterThan(last);
          last = end;
        }
        expect(last).toBe(bytes.length);
      }),
    );
  });

  it('are counted with their chunks', () => {
    const tiny = Buffer.concat([
      Buffer.from([0xcb]),
      Buffer.alloc(2 * 5000, Buffer.from([0xe0, 0x41])),
      Buffer.from([0]),
    ]);
    expect(() => checkPacketCount(tiny)).toThrow(/too many pieces/);
    expect(() => checkPacketCount(Buffer.alloc(2 * 2001, Buffer.from([0xca, 0])))).toThrow(/too many pieces/);
    expect(() => checkPacketCount(Buffer.alloc(2 * 2000, Buffer.from([0xca, 0])))).not.toThrow();
  });
});

function written(tag: number, body: Uint8Array, form: number): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  if (form === 0) return Buffer.concat([Buffer.from([0x80 | (tag << 2) | 2]), length, body]);
  if (form === 1) return Buffer.concat([Buffer.from([0xc0 | tag, 0xff]), length, body]);
  if (form === 2 && body.length < 192) return Buffer.concat([Buffer.from([0xc0 | tag, body.length]), body]);
  if (form === 2 && body.length < 8384) {
    const rest = body.length - 192;
    return Buffer.concat([Buffer.from([0xc0 | tag, (rest >> 8) + 192, rest & 0xff]), body]);
  }
  if (form === 2) return Buffer.concat([Buffer.from([0x80 | (tag << 2) | 1]), length.subarray(2), body]);
  // One chunk of 512 octets, if there are so many, then the rest.
  const chunk = body.length >= 512 ? Buffer.concat([Buffer.from([0xe9]), body.subarray(0, 512)]) : Buffer.alloc(0);
  const rest = body.subarray(chunk.length === 0 ? 0 : 512);
  const restLength = Buffer.alloc(4);
  restLength.writeUInt32BE(rest.length);
  return Buffer.concat([Buffer.from([0xc0 | tag]), chunk, Buffer.from([0xff]), restLength, rest]);
}
