import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../src/sync/backup/backup-header.js';
import { openStream } from '../../src/sync/backup/sealed-stream.js';

/** A header whose checksum is right, and which asks for this cost. */
function hostile(logN: number, r: number, p: number): Uint8Array {
  const covered = Buffer.concat([Buffer.from('coi-sdk backup\n'), Buffer.from([1, logN, r, p]), Buffer.alloc(16)]);
  const header = Buffer.concat([covered, sha256(covered).subarray(0, 4)]);
  return Buffer.concat([header, Buffer.alloc(HEADER_BYTES - header.length + 100)]);
}

describe('a backup whose passphrase would cost any amount of time or memory', () => {
  it.each([
    [31, 8, 1],
    [255, 255, 255],
    [22, 8, 1],
    [17, 8, 255],
    [1, 255, 0],
    [0, 8, 1],
  ])('is refused before any is spent (N = 2^%i, r = %i, p = %i)', async (logN, r, p) => {
    async function* file(): AsyncGenerator<Uint8Array> {
      yield hostile(logN, r, p);
    }
    const began = process.memoryUsage().rss;
    await expect(openStream(file(), 'secret').next()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(process.memoryUsage().rss - began).toBeLessThan(64 * 1024 * 1024);
  });
});
