import type { ImapAttribute, ImapResponse } from 'imapflow';
import { InputError, ServerError } from '../core/errors.js';
import { atom, type CommandArgument, text, tokenText } from './imapflow-exec.js';
import type { ImapLink } from './imapflow-link.js';
import { encodedPath } from './imapflow-paths.js';

/** Capabilities with which METADATA works. The COI plugin of Dovecot serves its entries without announcing it. */
const CAPABILITIES = ['METADATA', 'METADATA-SERVER', 'COI', 'WEBPUSH'];

/**
 * GETMETADATA (RFC 5464 4.2): values by entry name; entries without a value are left out.
 *
 * @param mailbox empty for the server itself.
 */
export async function getMetadata(
  link: ImapLink,
  mailbox: string,
  entry: string,
  depth: 0 | 1 | 'infinity' | undefined,
): Promise<Map<string, string>> {
  checkCapability(link);
  const values = new Map<string, string>();
  await link.execute(
    'GETMETADATA',
    [
      ...(depth === undefined ? [] : [[atom('DEPTH'), atom(String(depth))]]),
      await name(link, mailbox),
      [entryName(entry)],
    ],
    {
      METADATA: ({ attributes }: ImapResponse) => {
        const list: ImapAttribute = attributes?.[1] ?? null;
        if (!Array.isArray(list)) return;
        for (let i = 0; i + 1 < list.length; i += 2) {
          const key = tokenText(list[i]);
          const value = tokenText(list[i + 1]);
          if (key !== undefined && value !== undefined) values.set(key, value);
        }
      },
    },
  );
  return values;
}

/** SETMETADATA (RFC 5464 4.3); null removes an entry. */
export async function setMetadata(
  link: ImapLink,
  mailbox: string,
  entries: Readonly<Record<string, string | null>>,
): Promise<void> {
  checkCapability(link);
  const pairs: CommandArgument[] = Object.entries(entries).flatMap(([key, value]) => [
    entryName(key),
    value === null ? null : text(value),
  ]);
  if (pairs.length === 0) return;
  await link.execute('SETMETADATA', [await name(link, mailbox), pairs]);
}

async function name(link: ImapLink, mailbox: string): Promise<CommandArgument> {
  return text(mailbox === '' ? '' : await encodedPath(link.flow, mailbox));
}

function entryName(entry: string): CommandArgument {
  if (/^(\/[!-$&'+-.0-~]+)+$/.test(entry)) return atom(entry);
  throw new InputError(
    'INVALID_OPTION',
    `"${entry}" is not the name of an annotation: use the form /private/vendor/name.`,
  );
}

function checkCapability(link: ImapLink): void {
  if (CAPABILITIES.some((capability) => link.flow.capabilities.has(capability))) return;
  throw new ServerError('CAPABILITY_MISSING', 'The IMAP server keeps no annotations (METADATA, RFC 5464).');
}
