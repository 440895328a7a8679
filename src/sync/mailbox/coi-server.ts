import { describe } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { ImapTransport } from '../../transport/imap.js';
import type { Filing } from '../engine-options.js';

/** Settings of a COI server for this account (COI server specification, configuration). */
export interface CoiServerConfig {
  /** Path of the parent of the chat folders, as the server has it. */
  readonly root: string | undefined;
  /** True once the user (or a client) has switched COI on. */
  readonly enabled: boolean;
  /** What the server does with chat mail. */
  readonly filter: Filing;
}

const ENTRY = '/private/vendor/vendor.dovecot/coi/config';

/** Reads what a COI server has been told to do; undefined on any other server. A COI server need not announce METADATA. */
export async function readCoiConfig(imap: ImapTransport, logger: Logger): Promise<CoiServerConfig | undefined> {
  if (!imap.capabilities.has('COI')) return undefined;
  let values: ReadonlyMap<string, string>;
  try {
    values = await imap.getMetadata('', ENTRY, { depth: 1 });
  } catch (thrown) {
    if (!imap.usable) throw thrown;
    logger.log(
      'warn',
      `The COI server did not tell its settings, so it is treated as a plain one: ${describe(thrown)}`,
    );
    return undefined;
  }
  const value = (name: string) => values.get(`${ENTRY}/${name}`);
  const filter = value('message-filter')?.toLowerCase();
  return {
    root: value('mailbox-root') || undefined,
    enabled: value('enabled')?.toLowerCase() === 'yes',
    filter: filter === 'active' || filter === 'seen' ? filter : 'none',
  };
}
