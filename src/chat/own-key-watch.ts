import type { OwnKeyState } from '../autocrypt/decision.js';
import type { KeyManager } from '../autocrypt/key-manager.js';
import { EncryptionError } from '../core/errors.js';
import type { WriteBatch } from '../store/store.js';
import { otherKeyIn } from '../sync/keys/other-key.js';
import type { StateWriter } from '../sync/state-writer.js';

/** Calls back when the state of the own keys, or the key in use, may have become another one; not for keys that expire. */
export function watchOwnKeys(writer: StateWriter, manager: KeyManager, onState: (state: OwnKeyState) => void): void {
  let told = JSON.stringify(situationOf(manager));
  const look = async () => {
    // The commit comes before the manager knows that it went well.
    await manager.settled();
    const situation = situationOf(manager);
    if (JSON.stringify(situation) === told) return;
    told = JSON.stringify(situation);
    onState(situation.state);
  };
  writer.onCommit((batch) => {
    if (isAboutKeys(batch)) void look();
  });
}

/** Tells of a key that another device of the mailbox uses beside the one that is here: once for each. */
export function watchOtherKey(
  writer: StateWriter,
  manager: KeyManager,
  onOther: (error: EncryptionError) => void,
): void {
  writer.onCommit(({ put }) => {
    const other = otherKeyIn(put?.settings ?? []);
    if (!other || manager.ownKeys.some(({ fingerprint }) => fingerprint === other.fingerprint)) return;
    onOther(
      new EncryptionError(
        'KEY_IMPORT_NEEDED',
        `Another device of this mailbox writes with another key (${other.fingerprint}). Import it with a setup message made there, so that both read everything.`,
      ),
    );
  });
}

function situationOf(manager: KeyManager) {
  const [newest] = manager.ownKeys.filter(({ usable }) => usable);
  return { state: manager.state(), fingerprint: newest?.fingerprint };
}

function isAboutKeys({ put, remove }: WriteBatch): boolean {
  const settings = put?.settings?.some(({ key }) => key.startsWith('keys:')) ?? false;
  return settings || (put?.ownKeys?.length ?? 0) > 0 || (remove?.ownKeys?.length ?? 0) > 0;
}
