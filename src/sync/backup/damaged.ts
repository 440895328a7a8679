import { StoreError } from '../../core/errors.js';

/** The error for a file that is not as it was written. */
export function damaged(why: string, cause?: unknown): StoreError {
  return new StoreError('BACKUP_DAMAGED', `The backup cannot be used: ${why}. Take another copy of it.`, { cause });
}

/** The error for a file that a later version of this library wrote. */
export function newer(): StoreError {
  return new StoreError('BACKUP_NEWER', 'The backup was written by a newer version of coi-sdk. Update coi-sdk.');
}
