import type {
  FetchedMail,
  ImapFetchQuery,
  ImapFolderSession,
  ImapTransport,
  UidSet,
} from '../../src/transport/imap.js';

/** What a test puts before the commands of a real connection. */
export interface Interception {
  /** Called before FETCH; may throw, or break the connection. */
  readonly fetch?: (uids: UidSet, query: ImapFetchQuery, folder: string) => Promise<void> | void;
  /** Called after APPEND was done; may throw. */
  readonly appended?: (path: string) => Promise<void> | void;
}

/** A connection with something of the test's in between. */
export function intercepted(imap: ImapTransport, interception: Interception): ImapTransport {
  const session = (folder: ImapFolderSession): ImapFolderSession =>
    proxied(folder, {
      fetch: async (...args: Parameters<ImapFolderSession['fetch']>): Promise<FetchedMail[]> => {
        await interception.fetch?.(args[0], args[1], folder.state.path);
        return folder.fetch(...args);
      },
    });
  return proxied(imap, {
    withFolder: <T>(
      path: string,
      work: (folder: ImapFolderSession) => Promise<T>,
      options?: { signal?: AbortSignal },
    ) => imap.withFolder(path, (folder) => work(session(folder)), options),
    append: async (...args: Parameters<ImapTransport['append']>) => {
      const done = await imap.append(...args);
      await interception.appended?.(args[0]);
      return done;
    },
  });
}

function proxied<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
