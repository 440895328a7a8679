import { StoreError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { indexValue, schemaOf, tableNames } from '../../store/order.js';
import type { TableName, Tables } from '../../store/tables.js';
import { ByteReader } from './byte-reader.js';
import { damaged, newer } from './damaged.js';

/** What a backup says about itself. */
export interface BackupManifest {
  /** Version of the records; see {@link RECORDS_VERSION}. */
  readonly version: number;
  /** Address of the account, normalised. */
  readonly email: string;
  /** When it was begun, milliseconds since 1970. */
  readonly createdAt: number;
  /** How many records there were then; a few more or fewer may follow. */
  readonly records: number;
}

/** One thing that a backup holds. They are applied in their order: a later record replaces an earlier one. */
export type BackupEntry =
  | { readonly kind: 'manifest'; readonly manifest: BackupManifest }
  | { readonly kind: 'put'; readonly table: TableName; readonly record: Tables[TableName] }
  | { readonly kind: 'remove'; readonly table: TableName; readonly key: string }
  /** The octets that follow, up to `blob-end`, are this blob's. */
  | { readonly kind: 'blob'; readonly id: string }
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  /** Not complete: the blob was removed while it was read. */
  | { readonly kind: 'blob-end'; readonly complete: boolean }
  | { readonly kind: 'end' };

/** Raised whenever a step of the store's migrations changes what records mean. */
export const RECORDS_VERSION = 1;

const KINDS = ['manifest', 'put', 'remove', 'blob', 'octets', 'blob-end', 'end'] as const;
const HEAD = 5;

/** Entries as octets: for each its kind (1 octet), the length of its content (4, big endian) and the content, JSON but for octets. */
export async function* writeEntries(entries: AsyncIterable<BackupEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    const content =
      entry.kind === 'octets' ? entry.octets : new TextEncoder().encode(JSON.stringify(jsonValueOf(entry)));
    if (content.length > limits.backupRecordBytes) {
      throw new StoreError('STORE_FAILED', 'The store holds a record that is too large for a backup.');
    }
    const head = new Uint8Array(HEAD);
    head[0] = KINDS.indexOf(entry.kind);
    new DataView(head.buffer).setUint32(1, content.length);
    yield head;
    yield content;
  }
}

/**
 * Reads what {@link writeEntries} wrote, as far as `end`.
 *
 * @throws StoreError `BACKUP_DAMAGED` if it is something else or has no end, `BACKUP_NEWER` for tables that are not known
 */
export async function* readEntries(octets: AsyncIterable<Uint8Array>): AsyncGenerator<BackupEntry> {
  const reader = new ByteReader(octets);
  try {
    for (;;) {
      const head = await reader.read(HEAD);
      if (head.length < HEAD) throw damaged('it ends in the middle');
      const size = new DataView(head.buffer, head.byteOffset).getUint32(1);
      if (size > limits.backupRecordBytes) throw damaged('an entry is larger than any record');
      const content = await reader.read(size);
      if (content.length < size) throw damaged('it ends in the middle');
      const entry = entryOf(KINDS[head[0] ?? KINDS.length], content);
      // Only reading to the end shows that the seal of the last piece is right.
      if (entry.kind === 'end' && !(await reader.atEnd())) throw damaged('something follows its end');
      yield entry;
      if (entry.kind === 'end') return;
    }
  } finally {
    await reader.close();
  }
}

function jsonValueOf(entry: Exclude<BackupEntry, { readonly kind: 'octets' }>): unknown {
  switch (entry.kind) {
    case 'manifest':
      return entry.manifest;
    case 'put':
      return [entry.table, entry.record];
    case 'remove':
      return [entry.table, entry.key];
    case 'blob':
      return entry.id;
    case 'blob-end':
      return entry.complete;
    case 'end':
      return null;
  }
}

function entryOf(kind: (typeof KINDS)[number] | undefined, content: Uint8Array): BackupEntry {
  if (kind === 'octets') return { kind, octets: content };
  const value = parsed(content);
  if (kind === 'manifest') return { kind, manifest: manifestOf(value) };
  if (kind === 'put' && Array.isArray(value)) return putOf(value[0], value[1]);
  if (kind === 'remove' && Array.isArray(value) && typeof value[1] === 'string') {
    return { kind, table: tableOf(value[0]), key: value[1] };
  }
  if (kind === 'blob' && typeof value === 'string') return { kind, id: value };
  if (kind === 'blob-end') return { kind, complete: value === true };
  if (kind === 'end') return { kind };
  throw damaged('it has an entry that makes no sense');
}

function putOf(name: unknown, record: unknown): BackupEntry {
  const table = tableOf(name);
  if (typeof record !== 'object' || record === null || typeof indexValue(record, schemaOf(table).key) !== 'string') {
    throw damaged('it has a record without a key');
  }
  // The seal says that a store like ours wrote it.
  return { kind: 'put', table, record: record as Tables[TableName] };
}

function tableOf(name: unknown): TableName {
  const table = tableNames.find((known) => known === name);
  if (table === undefined) throw newer();
  return table;
}

function manifestOf(value: unknown): BackupManifest {
  if (typeof value !== 'object' || value === null) throw damaged('it does not say what it holds');
  const { version, email, createdAt, records }: Partial<BackupManifest> = value;
  if (typeof version === 'number' && version > RECORDS_VERSION) throw newer();
  const known = typeof version === 'number' && typeof createdAt === 'number' && typeof records === 'number';
  if (!known || typeof email !== 'string') throw damaged('it does not say what it holds');
  return { version, email, createdAt, records };
}

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (thrown) {
    throw damaged('it has an entry that cannot be read', thrown);
  }
}
