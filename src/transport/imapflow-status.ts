import type { ImapResponse } from 'imapflow';
import type { AbortOptions } from '../core/abort.js';
import { ServerError } from '../core/errors.js';
import type { ImapTransport } from './imap.js';
import { atom, text, tokenText } from './imapflow-exec.js';
import type { ImapLink } from './imapflow-link.js';
import { encodedPath } from './imapflow-paths.js';

/** STATUS (RFC 9051 6.3.11) of a folder that is not open. */
export async function folderStatus(
  link: ImapLink,
  path: string,
  options: AbortOptions,
): ReturnType<ImapTransport['status']> {
  const values = new Map<string, string>();
  const items = [
    'MESSAGES',
    'UIDNEXT',
    'UIDVALIDITY',
    ...(link.flow.capabilities.has('CONDSTORE') ? ['HIGHESTMODSEQ'] : []),
  ];
  const name = text(await encodedPath(link.flow, path));
  const asking = link.execute(
    'STATUS',
    [name, items.map(atom)],
    {
      STATUS: ({ attributes }: ImapResponse) => {
        const list = attributes?.[1];
        if (!Array.isArray(list)) return;
        for (let i = 0; i + 1 < list.length; i += 2) {
          const name = tokenText(list[i])?.toUpperCase();
          const value = tokenText(list[i + 1]);
          if (name && value && /^\d{1,19}$/.test(value)) values.set(name, value);
        }
      },
    },
    options,
  );
  await asking.catch(async (error) => {
    // Dovecot says NO without a code.
    if (!(error instanceof ServerError) || error.code !== 'SERVER_REFUSED') throw error;
    let there = false;
    await link.execute('LIST', [text(''), name], { LIST: () => (there = true) }, options);
    if (there) throw error;
    throw new ServerError('FOLDER_MISSING', error.message, { cause: error, response: error.response });
  });
  const [messages, uidNext] = [values.get('MESSAGES'), values.get('UIDNEXT')];
  const [uidValidity, highestModSeq] = [values.get('UIDVALIDITY'), values.get('HIGHESTMODSEQ')];
  return {
    ...(messages === undefined ? {} : { messages: Number(messages) }),
    ...(uidNext === undefined ? {} : { uidNext: Number(uidNext) }),
    ...(uidValidity === undefined ? {} : { uidValidity }),
    ...(highestModSeq === undefined || highestModSeq === '0' ? {} : { highestModSeq }),
  };
}
