import { EncryptionError } from '../../core/errors.js';
import type { RandomBytes } from '../../core/random.js';
import type { PrivateKey } from '../../openpgp/key.js';
import { primarySecret } from '../../openpgp/key-secret.js';
import { tokenSecretFrom } from '../../trust/token.js';
import type { AccountKeys } from '../keys/account-keys.js';
import type { Transaction } from '../transaction.js';

/** Setting with the token secret of an account without a key. */
const SETTING = 'trust:secret';

const derived = new WeakMap<PrivateKey, Uint8Array>();

/** Secrets that own tokens may have been issued with, the newest first: one for each own key, and that of the time without a key. */
export async function tokenSecrets(tx: Transaction, keys: AccountKeys): Promise<Uint8Array[]> {
  const secrets = keys.manager.decryptionKeys.flatMap((key) => secretOf(key) ?? []);
  const setting = await tx.get('settings', SETTING);
  return typeof setting?.value === 'string' ? [...secrets, Buffer.from(setting.value, 'base64')] : secrets;
}

/**
 * The secret for new tokens. Without a key it is made up and stays on this device: its tokens are worth nothing to the account's other ones,
 * which issue their own.
 */
export async function issuingSecret(tx: Transaction, keys: AccountKeys, random: RandomBytes): Promise<Uint8Array> {
  const [known] = await tokenSecrets(tx, keys);
  if (known !== undefined) return known;
  const secret = random(32);
  tx.put('settings', { key: SETTING, value: Buffer.from(secret).toString('base64') });
  return secret;
}

/** Undefined for a key without its primary secret: then the tokens come from another one. */
function secretOf(key: PrivateKey): Uint8Array | undefined {
  const known = derived.get(key);
  if (known !== undefined) return known;
  try {
    const secret = tokenSecretFrom(primarySecret(key));
    derived.set(key, secret);
    return secret;
  } catch (thrown) {
    if (thrown instanceof EncryptionError) return undefined;
    throw thrown;
  }
}
