import { StoreError } from '../../core/errors.js';
import type { Codec } from './codec.js';
import type { SqlDriver } from './driver.js';

/** One step from a version of the file to the next; runs inside a transaction. */
export type Migration = (driver: SqlDriver, codec: Codec) => void;

/**
 * Steps from version 1 on: the first one leads from 1 to 2. A released step is never changed. Needed where records or the layout
 * change their meaning; new or changed indexes need none (see `reindex` in layout.ts). A step that changes records also raises
 * `RECORDS_VERSION` of backups.
 */
export const migrations: readonly Migration[] = [];

/** `PRAGMA application_id` of our files: "coi1" in ASCII. */
const APPLICATION_ID = 0x636f6931;

/** Version that a list of steps leads to. */
export function versionAfter(steps: readonly Migration[]): number {
  return steps.length + 1;
}

/**
 * Version of the file: 0 if it is empty.
 *
 * @throws StoreError `STORE_CORRUPT` if it is somebody else's database, `STORE_NEWER` if a newer version of us wrote it.
 */
export function fileVersion(driver: SqlDriver, path: string, steps: readonly Migration[]): number {
  const application = pragmaNumber(driver, 'application_id');
  const version = pragmaNumber(driver, 'user_version');
  if (application === 0 && version === 0 && isEmpty(driver)) return 0;
  if (application !== APPLICATION_ID || version < 1) {
    throw new StoreError(
      'STORE_CORRUPT',
      `The file ${path} is a SQLite database, but no store of coi-sdk. Give another path.`,
    );
  }
  if (version > versionAfter(steps)) {
    throw new StoreError(
      'STORE_NEWER',
      `The store ${path} was written by a newer version of coi-sdk (file version ${version}, this one reads up to ${versionAfter(steps)}). Update coi-sdk.`,
    );
  }
  return version;
}

/** Marks a file as ours; part of the transaction that creates or changes it. */
export function markVersion(driver: SqlDriver, version: number): void {
  driver.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  driver.exec(`PRAGMA user_version = ${version}`);
}

/** Brings an existing file up to date, all steps or none. */
export function migrate(driver: SqlDriver, codec: Codec, version: number, steps: readonly Migration[]): void {
  const pending = steps.slice(version - 1);
  if (pending.length === 0) return;
  driver.exec('BEGIN IMMEDIATE');
  try {
    for (const step of pending) step(driver, codec);
    markVersion(driver, versionAfter(steps));
    driver.exec('COMMIT');
  } catch (error) {
    driver.exec('ROLLBACK');
    throw error;
  }
}

function pragmaNumber(driver: SqlDriver, name: string): number {
  const value = driver.prepare(`PRAGMA ${name}`).get([])?.[0];
  return typeof value === 'number' ? value : 0;
}

function isEmpty(driver: SqlDriver): boolean {
  return driver.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get([]) === undefined;
}
