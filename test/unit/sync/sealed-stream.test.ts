import { beforeAll, describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../src/sync/backup/backup-header.js';
import { openStream, sealStream } from '../../../src/sync/backup/sealed-stream.js';

const PIECE = 64 * 1024;
const SEALED_PIECE = PIECE + 16;
const CHEAP = { logN: 4, r: 1, p: 1 };

async function* chunks(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const seal = (bytes: Uint8Array, passphrase = 'secret') =>
  collect(sealStream(chunks(bytes), passphrase, { cost: CHEAP }));
const open = (sealed: Uint8Array, passphrase = 'secret') => collect(openStream(chunks(sealed, 7_001), passphrase));

function content(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
}

/** The same octets with one bit turned over. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('a sealed stream', () => {
  it.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])('opens again (%i octets)', async (size) => {
    const sealed = await seal(content(size));
    expect(sealed.length).toBe(HEADER_BYTES + size + 16 * Math.max(1, Math.ceil(size / PIECE)));
    expect((await open(sealed)).equals(content(size))).toBe(true);
  });

  it('is another one each time', async () => {
    const [a, b] = [await seal(content(100)), await seal(content(100))];
    expect(a.subarray(HEADER_BYTES).equals(b.subarray(HEADER_BYTES))).toBe(false);
  });

  it('takes a passphrase as it was typed, whatever the system made of its accents', async () => {
    expect((await open(await seal(content(5), 'cafe\u0301'), 'caf\u00e9')).length).toBe(5);
  });

  it('tells a wrong passphrase from a file that is damaged, newer, or something else', async () => {
    const sealed = await seal(content(1000));
    await expect(open(sealed, 'Secret')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    await expect(open(flipped(sealed, 20))).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    const later = Uint8Array.from(sealed);
    later[15] = 2;
    await expect(open(later)).rejects.toMatchObject({ code: 'BACKUP_NEWER' });
    await expect(open(content(1000))).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
    await expect(open(new Uint8Array())).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  });

  describe('of three pieces', () => {
    let sealed: Buffer;
    beforeAll(async () => {
      sealed = await seal(content(2 * PIECE + 500));
    });

    it('fails wherever an octet was changed', { timeout: 30_000 }, async () => {
      const places = [
        ...Array.from({ length: HEADER_BYTES + 40 }, (_, i) => i),
        ...[HEADER_BYTES + PIECE - 1, HEADER_BYTES + PIECE, HEADER_BYTES + SEALED_PIECE],
        ...[HEADER_BYTES + 2 * SEALED_PIECE + 10, sealed.length - 17, sealed.length - 1],
      ];
      for (const at of places) {
        await expect(open(flipped(sealed, at)), `octet ${at}`).rejects.toMatchObject({
          code: expect.stringMatching(/^(BACKUP_(INVALID|DAMAGED|NEWER)|WRONG_PASSPHRASE)$/),
        });
      }
    });

    it.each([10, HEADER_BYTES - 1, HEADER_BYTES])('fails when it ends in its header (%i)', async (size) => {
      await expect(open(sealed.subarray(0, size))).rejects.toMatchObject({
        code: expect.stringMatching(/^BACKUP_(INVALID|DAMAGED)$/),
      });
    });

    it.each([1, 2])('fails when it is cut off at the border behind piece %i, and beside it', async (number) => {
      const border = HEADER_BYTES + number * SEALED_PIECE;
      for (const size of [border - 1, border, border + 1, border + 16]) {
        await expect(open(sealed.subarray(0, size))).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
      }
    });

    it('fails when pieces are exchanged, repeated, left out, or something follows', async () => {
      const [header, first, second, third] = [
        sealed.subarray(0, HEADER_BYTES),
        sealed.subarray(HEADER_BYTES, HEADER_BYTES + SEALED_PIECE),
        sealed.subarray(HEADER_BYTES + SEALED_PIECE, HEADER_BYTES + 2 * SEALED_PIECE),
        sealed.subarray(HEADER_BYTES + 2 * SEALED_PIECE),
      ];
      for (const parts of [
        [header, second, first, third],
        [header, first, first, second, third],
        [header, first, third],
        [header, first, second, third, third],
        [sealed, Buffer.from('x')],
      ]) {
        await expect(open(Buffer.concat(parts))).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
      }
    });

    it('does not take pieces of another file of the same passphrase', async () => {
      const other = await seal(content(2 * PIECE + 500));
      const mixed = Buffer.concat([
        sealed.subarray(0, HEADER_BYTES + SEALED_PIECE),
        other.subarray(HEADER_BYTES + SEALED_PIECE),
      ]);
      await expect(open(mixed)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    });
  });

  it('leaves a stalled source at once when the signal fires', async () => {
    const sealed = await seal(content(1000));
    const controller = new AbortController();
    async function* stalled(): AsyncGenerator<Uint8Array> {
      yield sealed.subarray(0, 100);
      queueMicrotask(() => controller.abort());
      await new Promise(() => {});
    }
    await expect(collect(openStream(stalled(), 'secret', { signal: controller.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
