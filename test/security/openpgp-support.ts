import { generateSessionKey, type Message, PacketList, SymEncryptedIntegrityProtectedDataPacket } from 'openpgp';
import type { Actor } from '../unit/openpgp/support.js';
import { NOW } from '../unit/openpgp/support.js';

/** Encrypts packets that no honest program would write. */
export async function encryptPackets(raw: Uint8Array, to: Pick<Actor, 'publicKey'>): Promise<Uint8Array> {
  const encryptionKeys = to.publicKey.inner;
  const { encryptSessionKey, config, enums } = await import('openpgp');
  const date = new Date(NOW);
  const sessionKey = { ...(await generateSessionKey({ encryptionKeys, date })), algorithm: 'aes256' as const };
  const head: Message<Uint8Array> = await encryptSessionKey({ ...sessionKey, encryptionKeys, date, format: 'object' });
  const data = Object.assign(new SymEncryptedIntegrityProtectedDataPacket(), {
    version: 1,
    packets: Object.assign(new PacketList(), { write: () => raw }),
  });
  if (!('encrypt' in data) || typeof data.encrypt !== 'function') throw new Error('the library has changed');
  await data.encrypt(enums.symmetric.aes256, sessionKey.data, config);
  const packets = new PacketList();
  packets.push(...head.packets, data);
  return packets.write();
}

/** A packet with a length of four octets. */
export function packet(tag: number, ...body: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(body);
  const header = Buffer.from([0xc0 | tag, 0xff, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 2);
  return Buffer.concat([header, content]);
}
