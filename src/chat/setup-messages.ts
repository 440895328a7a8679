import { readSetupFile, readSetupMessage, SETUP_FILE_TYPE, type SetupMessage } from '../autocrypt/setup-message.js';
import { EncryptionError, InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { concatBytes } from '../mail/bytes.js';
import { readMail } from '../mail/read-mail.js';
import { SELF_CHAT } from '../model/placement.js';
import type { MessageRecord } from '../store/records.js';
import type { AccountContext } from './context.js';
import type { Message } from './handles.js';

/** Messages read from the store at a time. */
const PAGE = 100;

/** The setup messages in the chat with oneself, newest first. */
export async function findSetupMessages({ store, handles }: AccountContext): Promise<Message[]> {
  const found: MessageRecord[] = [];
  let before: readonly [number, string] | undefined;
  for (;;) {
    const page: MessageRecord[] = await store.list('messages', {
      ...{ index: 'byChat', prefix: [SELF_CHAT, 0], reverse: true, limit: PAGE },
      ...(before && { before }),
    });
    found.push(...page.filter((record) => setupFileOf(record) !== undefined && isToOneself(record)));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    before = [last.date, last.key];
  }
  return handles.messages(async () => found);
}

/**
 * The setup message in a message or a mail.
 *
 * @throws EncryptionError `SETUP_MESSAGE_INVALID`, `SETUP_MESSAGE_FOREIGN`
 * @throws InputError `INVALID_OPTION`
 */
export async function openableSetup(context: AccountContext, given: Message | Uint8Array): Promise<SetupMessage> {
  if (given instanceof Uint8Array) {
    const setup = readSetupMessage(await readMail(given), context.identity.addresses);
    if (setup === undefined) throw noSetupMessage();
    return setup;
  }
  const [record] = await context.store.get('messages', [given.id]);
  const file = record && setupFileOf(record);
  if (record === undefined || file === undefined) throw noSetupMessage();
  if (!isToOneself(record)) {
    throw new EncryptionError(
      'SETUP_MESSAGE_FOREIGN',
      'This setup message is not from you to yourself. Do not import it: whoever sent it would read your mail.',
    );
  }
  const { address } = record.from;
  return readSetupFile(await downloaded(context, record.key, file), { address, date: record.date });
}

function setupFileOf({ attachments }: MessageRecord) {
  return attachments.find(({ contentType }) => contentType === SETUP_FILE_TYPE);
}

function isToOneself({ from, fromMe, to, cc }: MessageRecord): boolean {
  const recipients = [...to, ...cc];
  return fromMe && recipients.length === 1 && recipients[0]?.address === from.address;
}

async function downloaded(
  { engine }: AccountContext,
  key: string,
  { part }: { readonly part: string },
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of engine.download(key, part)) {
    pieces.push(piece);
    size += piece.length;
    // What is too large is refused by whoever reads it.
    if (size > limits.setupMessageBytes) break;
  }
  return concatBytes(pieces);
}

function noSetupMessage(): InputError {
  return new InputError('INVALID_OPTION', 'This is no setup message. Take one of account.keys.setupMessages().');
}
