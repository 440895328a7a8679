import type { Config, PacketList } from 'openpgp';
import { concatBytes } from '../mail/bytes.js';
import { checkPacketCount } from './packets.js';

/** Marks the settings of those calls that are to be guarded. */
const guarded = Symbol('coi-sdk: count packets first');

type Read = PacketList<never>['read'];

/**
 * Makes OpenPGP.js count the packets of everything it reads with these settings, before it reads them.
 *
 * The content of an encrypted message is read by the library the moment it is decrypted, with some 5 µs for each packet
 * and quadratic time for unknown ones: a mail of 1 MB, or of a few KB if compressed, would stop the process for half
 * a minute. There is no setting against it, hence this wrapper around the one method that all reading goes
 * through. Calls with other settings, such as those of an application that uses the library as well, are not touched.
 */
export function countingPackets(config: Config): Config {
  return Object.assign({ ...config }, { [guarded]: true });
}

/** Puts the guard in place; to be called once. */
export function installPacketGuard(pgp: typeof import('openpgp')): void {
  const { prototype } = pgp.PacketList;
  const original: Read = prototype.read;
  const read = async function (this: PacketList<never>, ...[bytes, ...rest]: Parameters<Read>): Promise<void> {
    const [, config] = rest;
    if (config === undefined || !(guarded in config)) return original.call(this, bytes, ...rest);
    const whole = bytes instanceof Uint8Array ? bytes : await readAll(bytes);
    checkPacketCount(whole);
    return original.call(this, whole, ...rest);
  };
  prototype.read = read;
}

/** The library has streams of its own kind, which only have a reader in common with the platform's. */
async function readAll(stream: Exclude<Parameters<Read>[0], Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  if (!('getReader' in stream)) throw new TypeError('Unexpected kind of stream from OpenPGP.js.');
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(pieces);
    pieces.push(value);
  }
}
