import type { ImapResponse } from 'imapflow';
import type { AbortOptions } from '../core/abort.js';
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
  await link.execute(
    'STATUS',
    [text(await encodedPath(link.flow, path)), items.map(atom)],
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
  const [messages, uidNext] = [values.get('MESSAGES'), values.get('UIDNEXT')];
  const [uidValidity, highestModSeq] = [values.get('UIDVALIDITY'), values.get('HIGHESTMODSEQ')];
  return {
    ...(messages === undefined ? {} : { messages: Number(messages) }),
    ...(uidNext === undefined ? {} : { uidNext: Number(uidNext) }),
    ...(uidValidity === undefined ? {} : { uidValidity }),
    ...(highestModSeq === undefined || highestModSeq === '0' ? {} : { highestModSeq }),
  };
}
