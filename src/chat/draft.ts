import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { DraftAttachment } from '../protocol/chat-mail.js';
import type { MentionDraft } from '../protocol/mentions.js';

/** What every file of a draft may say about itself. */
export interface FileOptions {
  /** Default: the last component of `path`, or a name made from the type. */
  readonly filename?: string | undefined;
  /** Default: guessed from the file name. */
  readonly contentType?: string | undefined;
  /** A voice message. */
  readonly voice?: boolean | undefined;
  /** Duration of audio or video, milliseconds. */
  readonly durationMs?: number | undefined;
  readonly sticker?: boolean | undefined;
  /** Shown within the HTML text, which refers to it as `cid:` and this id. */
  readonly contentId?: string | undefined;
  /** A small image that stands in for the file until it is loaded. */
  readonly preview?: { readonly content: Uint8Array; readonly contentType: string } | undefined;
}

/** A file to send: from the disk (Node only), or from memory. */
export type FileDraft =
  | (FileOptions & { readonly path: string; readonly content?: undefined })
  | (FileOptions & { readonly content: Uint8Array; readonly path?: undefined });

/** An answer; see {@link MessageDraft} for what else it can be. */
export interface ReplyDraft {
  readonly text?: string | undefined;
  /** Formatted text. A plain text is made from it where `text` is missing. */
  readonly html?: string | undefined;
  /** The text as Markdown, for clients that prefer it; `text` goes along. */
  readonly markdown?: string | undefined;
  /**
   * People whom the text mentions: for each of them, `@` and the name have to stand in the text. Others' programs highlight it and
   * notify even where the chat is muted. Everybody is mentioned by `@all`, without being named here.
   */
  readonly mentions?: readonly MentionDraft[] | undefined;
  readonly attachments?: readonly FileDraft[] | undefined;
  /** Quotes the answered text, so that every mail program shows what this answers. Default true. */
  readonly quote?: boolean | undefined;
  /** Own address to write from. Default: the one that the other side wrote to. */
  readonly from?: string | undefined;
  /** Subject that plain mail programs show. Default: made from the text or the chat's name. */
  readonly subject?: string | undefined;
  /** Asks for a read receipt, if all recipients use a chat client. Default: `requestReceipts` of the account. */
  readonly requestReceipt?: boolean | undefined;
  /** Marks the mail as automatic (RFC 3834), so that other programs do not answer it. Bots do this by themselves. */
  readonly autoSubmitted?: 'auto-generated' | 'auto-replied' | undefined;
  /** Further header fields (`X-…`). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A message to send. Text, HTML, Markdown or a file has to be there. */
export interface MessageDraft extends ReplyDraft {
  /** The message of this chat that it answers: an object with its id, or the id. */
  readonly replyTo?: { readonly id: string } | string | undefined;
}

const REPLY_KEYS = [
  'text',
  'html',
  'markdown',
  'mentions',
  'attachments',
  'quote',
  'from',
  'subject',
  'requestReceipt',
  'autoSubmitted',
  'headers',
];
const FILE_KEYS = [
  'path',
  'content',
  'filename',
  'contentType',
  'voice',
  'durationMs',
  'sticker',
  'contentId',
  'preview',
];

/**
 * Brings what `send` or `reply` was called with into the shape of a draft.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export function draftOf(where: 'chat.send' | 'message.reply', input: string | MessageDraft): MessageDraft {
  if (typeof input === 'string') return { text: input };
  if (input === null || typeof input !== 'object') {
    throw new InputError('INVALID_OPTION', `${where}: pass a text or a draft such as { text: 'Hi' }.`);
  }
  refuseUnknownOptions(where, input, where === 'chat.send' ? [...REPLY_KEYS, 'replyTo'] : REPLY_KEYS);
  for (const key of ['text', 'html', 'markdown', 'subject', 'from'] as const) {
    if (input[key] !== undefined && typeof input[key] !== 'string') {
      throw new InputError('INVALID_OPTION', `${where}: "${key}" has to be a string.`);
    }
  }
  return input;
}

/**
 * Reads the files of a draft into memory, one after the other, and stops before they are too large together.
 *
 * @throws InputError `FILE_NOT_FOUND`, `ATTACHMENT_TOO_LARGE`, `INVALID_OPTION`, `UNKNOWN_OPTION`.
 */
export async function loadFiles(
  files: readonly FileDraft[] | undefined,
  signal: AbortSignal | undefined,
): Promise<DraftAttachment[]> {
  if (files === undefined) return [];
  if (!Array.isArray(files)) throw new InputError('INVALID_OPTION', 'attachments: pass an array of files.');
  if (files.length > limits.sendAttachments) {
    throw new InputError(
      'INVALID_OPTION',
      `attachments: at most ${limits.sendAttachments} files fit into one message.`,
    );
  }
  for (const file of files) checkFile(file);
  const loaded: DraftAttachment[] = [];
  let left: number = limits.sendAttachmentBytes;
  for (const file of files) {
    const attachment = await loadFile(file, left, signal);
    left -= attachment.content.length;
    if (left < 0) {
      throw new InputError(
        'ATTACHMENT_TOO_LARGE',
        `attachments: together they exceed ${limits.sendAttachmentBytes} octets. Send them in several messages or share links.`,
      );
    }
    loaded.push(attachment);
  }
  return loaded;
}

function checkFile(file: FileDraft): void {
  if (file === null || typeof file !== 'object') {
    throw new InputError('INVALID_OPTION', `attachments: pass objects such as { path: 'photo.jpg' }.`);
  }
  refuseUnknownOptions('attachments', file, FILE_KEYS);
  if ((file.path === undefined) === (file.content === undefined)) {
    throw new InputError('INVALID_OPTION', 'attachments: each file needs either "path" or "content".');
  }
  if (file.path !== undefined && (typeof file.path !== 'string' || file.path === '' || file.path.includes('\0'))) {
    throw new InputError('INVALID_OPTION', 'attachments: "path" has to be the path of a file.');
  }
  if (file.content !== undefined && !(file.content instanceof Uint8Array)) {
    throw new InputError('INVALID_OPTION', 'attachments: "content" has to be a Uint8Array (a Buffer is one).');
  }
}

async function loadFile(file: FileDraft, left: number, signal: AbortSignal | undefined): Promise<DraftAttachment> {
  const { path, content, contentId, ...rest } = file;
  let bytes = content;
  let filename: string | undefined;
  if (path !== undefined) {
    const { readFileWithin } = await import('../core/node/files.js');
    const read = await readFileWithin(path, { maxBytes: left, signal });
    bytes = read.content;
    filename = read.filename;
  }
  return {
    ...(filename === undefined ? {} : { filename }),
    ...defined(rest),
    ...(contentId === undefined ? {} : { contentId, inline: true }),
    content: bytes ?? new Uint8Array(),
  };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Drops keys whose value is undefined: `exactOptionalPropertyTypes` tells them from missing ones. */
export function defined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<Defined<T>>;
}
