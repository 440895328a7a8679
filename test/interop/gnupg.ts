import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** GnuPG with a home directory of its own. Needs `gpg` (Debian: gnupg). */
export class GnuPg {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static async create(): Promise<GnuPg> {
    return new GnuPg(await mkdtemp(join(tmpdir(), 'gpg-')));
  }

  /** Ends its agent and removes its keys. */
  async close(): Promise<void> {
    await run('gpgconf', ['--homedir', this.#home, '--kill', 'all']);
    await rm(this.#home, { recursive: true, force: true });
  }

  /** A file for `gpg` to read. */
  async file(name: string, content: Uint8Array | string): Promise<string> {
    const path = join(this.#home, name);
    await writeFile(path, content);
    return path;
  }

  /** Runs `gpg`; the result is what it wrote, and what it reported (`--status-fd`). */
  async gpg(...args: readonly string[]): Promise<{ readonly out: Uint8Array; readonly status: string }> {
    const common = [
      '--homedir',
      this.#home,
      '--batch',
      '--yes',
      '--trust-model',
      'always',
      '--pinentry-mode',
      'loopback',
    ];
    const { stdout, stderr } = await run('gpg', [...common, '--passphrase', '', '--status-fd', '2', ...args], {
      encoding: 'buffer',
      maxBuffer: 200 * 1024 * 1024,
    });
    return { out: new Uint8Array(stdout), status: stderr.toString() };
  }

  /** Makes a key: `default` (RSA in GnuPG 2.2), or `future-default` (Ed25519 and Curve25519). */
  async generate(address: string, algorithm: string): Promise<void> {
    await this.gpg('--quick-gen-key', `Grace <${address}>`, algorithm, 'default', '2y');
  }

  /** Imports the revocation certificate that was made with the key, made valid as its text says. */
  async revoke(fingerprint: string): Promise<void> {
    const certificate = await readFile(join(this.#home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
    await this.gpg('--import', await this.file('revoke.asc', certificate.replace(':-----BEGIN', '-----BEGIN')));
  }

  async exportKey(address: string): Promise<Uint8Array> {
    return (await this.gpg('--export', address)).out;
  }

  async exportPrivateKey(address: string): Promise<Uint8Array> {
    return (await this.gpg('--armor', '--export-secret-keys', address)).out;
  }
}
