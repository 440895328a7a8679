import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MessageRecord } from '../../../src/store/records.js';

/** A message record for tests. */
export function message(key: string, values: Partial<MessageRecord> = {}): MessageRecord {
  return {
    key,
    chatId: 'single:bob@example.net',
    messageId: `${key}@example.net`,
    from: { address: 'bob@example.net', name: 'Bob' },
    fromMe: false,
    to: [{ address: 'ada@example.org' }],
    cc: [],
    date: 1_600_000_000_000,
    kind: 'text',
    isChat: true,
    text: 'Some text',
    attachments: [],
    references: [],
    state: 'delivered',
    seen: false,
    unread: 1,
    hidden: 0,
    pending: 0,
    security: { encrypted: false, signature: 'none' },
    shapeHash: '00',
    size: 100,
    ...values,
  };
}

/** A folder that is gone after the test. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coi-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** All bytes of all files of a folder, one character per byte. */
export async function rawBytes(folder: string): Promise<string> {
  const contents: string[] = [];
  for (const name of await readdir(folder)) contents.push(await readFile(join(folder, name), 'latin1'));
  return contents.join('\n');
}

/** All bytes of a blob. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}
