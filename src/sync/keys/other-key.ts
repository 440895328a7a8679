import type { SettingRecord } from '../../store/records.js';

/** Setting with the key that another device of the mailbox writes with, beside the one that is here. */
export const OTHER_KEY = 'keys:other';

/** A key of the mailbox that is not here. */
export interface OtherKey {
  /** Lower case hex. */
  readonly fingerprint: string;
  /** Effective date of the newest mail that showed it, milliseconds since 1970. */
  readonly at: number;
}

/** The other key, if it is among the settings that were written. */
export function otherKeyIn(settings: readonly SettingRecord[]): OtherKey | undefined {
  return settings.findLast(({ key }) => key === OTHER_KEY)?.value as OtherKey | undefined;
}
