import type { KeyManager } from '../../autocrypt/key-manager.js';
import { composeMime } from '../../mail/compose/mime.js';
import { readMail } from '../../mail/read-mail.js';

/** A key that somebody handed over otherwise than by mail. */
export interface HandedKey {
  readonly address: string;
  /** Octets of an OpenPGP public key; what is none is passed over. */
  readonly key: Uint8Array;
}

/**
 * Learns keys that the user was handed, in a vCard say. They count like gossip: enough to write encrypted to somebody who uses a chat
 * program, until a mail of theirs brings their own.
 */
export async function learnHandedKeys(manager: KeyManager, keys: readonly HandedKey[], now: number): Promise<void> {
  const [from] = manager.addresses;
  if (keys.length === 0 || from === undefined) return;
  // Peer state is made of what mails say, so they are said in one: that keeps the rules of what counts in one place.
  const bytes = await composeMime({
    contentType: 'text/plain',
    headers: [
      ['From', [{ address: from }]],
      ['To', keys.map(({ address }) => ({ address }))],
      ['Date', { date: now }],
      ['Message-ID', `handed-over.${now}@localhost.invalid`],
    ],
    content: '',
  });
  const mail = await readMail(bytes);
  const memberKeys = keys.map(({ address, key }) => ({ address, keyData: key }));
  await manager.processMail({ mail, payload: mail, receivedAt: now, signed: true, own: false, memberKeys });
}
