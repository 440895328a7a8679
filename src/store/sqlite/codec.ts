import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { StoreError } from '../../core/errors.js';
import type { IndexValue } from '../store.js';
import type { SqlValue } from './driver.js';
import { derivedKey } from './secret.js';
import { sortable } from './sortable.js';

/** How values get into columns and back. `place` names where a content lies, so that no sealed content passes for another. */
export interface Codec {
  readonly sealed: boolean;
  /** Value of a key or index column. Equal values give equal columns, in the same account and column. */
  column(account: number, table: string, field: string, value: IndexValue): SqlValue;
  /** JSON text of a record, for its content column. */
  encode(place: string, json: string): SqlValue;
  /** @throws StoreError `STORE_CORRUPT` */
  decode(place: string, content: SqlValue): unknown;
  encodeBytes(place: string, bytes: Uint8Array): Uint8Array;
  /** @throws StoreError `STORE_CORRUPT` */
  decodeBytes(place: string, content: SqlValue): Uint8Array;
}

/** Everything readable. */
export const plainCodec: Codec = {
  sealed: false,
  column: (_account, _table, _field, value) => (typeof value === 'string' ? sortable(value) : value),
  encode: (_place, json) => json,
  decode(place, content) {
    if (typeof content !== 'string') throw damaged(place);
    try {
      return JSON.parse(content);
    } catch (cause) {
      throw damaged(place, cause);
    }
  },
  encodeBytes: (_place, bytes) => bytes,
  decodeBytes(place, content) {
    if (!(content instanceof Uint8Array)) throw damaged(place);
    return content;
  },
};

const NONCE = 12;
const TAG = 16;

/**
 * Contents by AES-256-GCM with a random nonce, bound to their place. Strings of key and index columns by
 * HMAC-SHA-256 (16 bytes), different for every account, table and column: equality is all that SQL still sees.
 */
export function sealedCodec(dataKey: Uint8Array): Codec {
  const recordKey = derivedKey(dataKey, 'records');
  const indexKey = derivedKey(dataKey, 'index');

  const seal = (place: string, content: string | Uint8Array): Uint8Array => {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', recordKey, nonce);
    cipher.setAAD(Buffer.from(place));
    const body = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content);
    return Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()]);
  };
  const unseal = (place: string, content: SqlValue): Buffer => {
    if (!(content instanceof Uint8Array) || content.length < NONCE + TAG) throw damaged(place);
    try {
      const decipher = createDecipheriv('aes-256-gcm', recordKey, content.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(content.subarray(-TAG));
      return Buffer.concat([decipher.update(content.subarray(NONCE, -TAG)), decipher.final()]);
    } catch (cause) {
      throw damaged(place, cause);
    }
  };

  return {
    sealed: true,
    column(account, table, field, value) {
      if (typeof value === 'number') return value;
      const mac = createHmac('sha256', indexKey).update(`${account} ${table} ${field} `);
      // UTF-16, because UTF-8 has no way to write half a surrogate pair.
      return mac.update(value, 'utf16le').digest().subarray(0, 16);
    },
    encode: seal,
    decode: (place, content) => JSON.parse(unseal(place, content).toString('utf8')),
    encodeBytes: seal,
    decodeBytes: unseal,
  };
}

/** Place of a record: no two records share one. */
export function recordPlace(account: number, table: string, key: SqlValue): string {
  return `${account} ${table} ${key instanceof Uint8Array ? Buffer.from(key).toString('hex') : key}`;
}

function damaged(place: string, cause?: unknown): StoreError {
  const what = place.split(' ')[1];
  const init = cause === undefined ? {} : { cause };
  return new StoreError(
    'STORE_CORRUPT',
    `A record of "${what}" is damaged. Restore the store from a backup, or delete it and sync again.`,
    init,
  );
}
