import { CoiError, ServerError } from '../core/errors.js';
import { atom, type CommandArgument, listenCode, listenUntagged, text, tokenText } from './imapflow-exec.js';
import type { ImapLink } from './imapflow-link.js';
import { encodedPath, pathDecoder } from './imapflow-paths.js';

const EVENTS = [atom('MessageNew'), atom('MessageExpunge'), atom('FlagChange')];

/**
 * NOTIFY (RFC 5465): the server reports changes of these folders by an untagged STATUS. False where it cannot.
 *
 * @param onNotify called with the folder; with each of them when the server says that it lost count.
 */
export async function notify(
  link: ImapLink,
  paths: readonly string[],
  onNotify: (path: string) => void,
): Promise<boolean> {
  // A lent connection is not patched.
  if (link.lent || !link.flow.capabilities.has('NOTIFY')) return false;
  const decode = await pathDecoder(link.flow);
  const watched = new Map(
    await Promise.all(paths.map(async (path) => [decode(await encodedPath(link.flow, path)), path] as const)),
  );
  const mailboxes: CommandArgument[] = await Promise.all(
    paths.map(async (path) => text(await encodedPath(link.flow, path))),
  );
  // Without a word about the selected folder the server would stop reporting that one.
  const selected: CommandArgument = [atom('SELECTED-DELAYED'), EVENTS];
  const others: CommandArgument[] = mailboxes.length ? [[atom('MAILBOXES'), mailboxes, EVENTS]] : [];
  try {
    await link.execute('NOTIFY', [atom('SET'), selected, ...others]);
  } catch (error) {
    if (error instanceof ServerError && error.code === 'SERVER_REFUSED') return false;
    throw error instanceof CoiError ? error : link.errorOf(error);
  }
  listenUntagged(link.flow, 'STATUS', ({ attributes }) => {
    const raw = tokenText(attributes?.[0]);
    const path = raw === undefined ? undefined : watched.get(decode(raw));
    if (path !== undefined) onNotify(path);
  });
  // RFC 5465 5.8: from here on nothing is reported any more.
  listenCode(link.flow, 'NOTIFICATIONOVERFLOW', () => {
    for (const path of paths) onNotify(path);
  });
  return true;
}
