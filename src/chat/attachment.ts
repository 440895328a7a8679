import { MailError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { AttachmentRecord, MessageRecord } from '../store/records.js';
import type { DownloadOptions } from '../sync/engine.js';
import type { AccountContext } from './context.js';
import type { Attachment } from './handles.js';

/** {@link Attachment} of one version of a message. */
class AttachmentHandle implements Attachment {
  readonly #context: AccountContext;
  readonly #message: string;
  readonly #record: AttachmentRecord;
  readonly preview: Attachment | undefined;

  constructor(context: AccountContext, message: string, record: AttachmentRecord, preview: Attachment | undefined) {
    this.#context = context;
    this.#message = message;
    this.#record = record;
    this.preview = preview;
  }

  get filename(): string {
    return this.#record.filename;
  }

  get contentType(): string {
    return this.#record.contentType;
  }

  get size(): number {
    return this.#record.size;
  }

  get voice(): boolean {
    return this.#record.voice ?? false;
  }

  get durationMs(): number | undefined {
    return this.#record.durationMs;
  }

  get sticker(): boolean {
    return this.#record.sticker ?? false;
  }

  get inline(): boolean {
    return this.#record.inline ?? false;
  }

  get contentId(): string | undefined {
    return this.#record.contentId;
  }

  get downloaded(): boolean {
    return this.#record.blob !== undefined;
  }

  stream(options: DownloadOptions = {}): AsyncIterable<Uint8Array> {
    this.#context.assertOpen();
    return this.#context.engine.download(this.#message, this.#record.part, options);
  }

  async download(options: DownloadOptions = {}): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.stream(options)) {
      size += chunk.length;
      if (size > limits.mailBytes) {
        throw new MailError(
          'LIMIT_EXCEEDED',
          `"${this.filename}" exceeds ${limits.mailBytes} octets. Use stream() or saveTo() for such files.`,
        );
      }
      chunks.push(chunk);
    }
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  async saveTo(path: string, options: DownloadOptions & { overwrite?: boolean | undefined } = {}): Promise<void> {
    const { overwrite, ...download } = options;
    const { writeFileFrom } = await import('../core/node/files.js');
    await writeFileFrom(path, this.stream(download), { overwrite, signal: options.signal });
  }
}

/** The files of a message; previews are found at the file that they stand in for. */
export function attachmentsOf(context: AccountContext, message: MessageRecord): readonly Attachment[] {
  const previews = new Map<string, AttachmentRecord>();
  for (const record of message.attachments) {
    if (record.previewOf !== undefined) previews.set(record.previewOf, record);
  }
  return message.attachments
    .filter((record) => record.previewOf === undefined)
    .map((record) => {
      const preview = previews.get(record.part);
      return new AttachmentHandle(
        context,
        message.key,
        record,
        preview && new AttachmentHandle(context, message.key, preview, undefined),
      );
    });
}
