import { InputError } from '../core/errors.js';
import type { IndexValue, StoreQuery } from './store.js';
import { schema, type TableName, type TableSchema } from './tables.js';

/** Compares two values in the order of the {@link Store} contract: numbers before strings, strings by UTF-16 code unit. */
export function compareValues(a: IndexValue, b: IndexValue): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares as many components as both have: a short position equals everything that begins with it. */
export function compareTuples(a: readonly IndexValue[], b: readonly IndexValue[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i] as IndexValue, b[i] as IndexValue);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether a full tuple lies between two positions, both excluded. */
export function isBetween(
  tuple: readonly IndexValue[],
  after: readonly IndexValue[] | undefined,
  before: readonly IndexValue[] | undefined,
): boolean {
  return (!after || compareTuples(tuple, after) > 0) && (!before || compareTuples(tuple, before) < 0);
}

/** Schema of a table, by its general type. */
export function schemaOf(table: TableName): TableSchema {
  return schema[table];
}

/** Names of all tables. */
export const tableNames = Object.keys(schema) as TableName[];

/** Value of a field as an index sees it; `undefined` for what cannot be ordered. */
export function indexValue(record: object, field: string): IndexValue | undefined {
  const value: unknown = (record as Readonly<Record<string, unknown>>)[field];
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Position of a record in an index, or `undefined` if it lacks one of the fields. */
export function tupleOf(record: object, fields: readonly string[]): IndexValue[] | undefined {
  const tuple: IndexValue[] = [];
  for (const field of fields) {
    const value = indexValue(record, field);
    if (value === undefined) return undefined;
    tuple.push(value);
  }
  return tuple;
}

/** Primary key of a record about to be written. @throws InputError `INVALID_OPTION` if it has none. */
export function keyOf(table: TableName, record: object): string {
  const { key } = schemaOf(table);
  const value = indexValue(record, key);
  if (typeof value === 'string') return value;
  throw new InputError('INVALID_OPTION', `A record of "${table}" needs a string in its key field "${key}".`);
}

/** JSON text of a record about to be written. @throws InputError `INVALID_OPTION` for what JSON cannot hold. */
export function jsonOf(table: TableName, record: object): string {
  try {
    return JSON.stringify(record);
  } catch (cause) {
    throw new InputError('INVALID_OPTION', `A record of "${table}" holds something that is not JSON.`, { cause });
  }
}

/** A query in general terms: all components of the order, and where the range lies. */
export interface Range {
  /** Name of the index; the primary key if undefined. */
  readonly index: string | undefined;
  /** Fields of the order; the primary key is the last one. */
  readonly fields: readonly string[];
  readonly prefix: readonly IndexValue[];
  /** Full position from the first field on, so `prefix` included. */
  readonly after: readonly IndexValue[] | undefined;
  readonly before: readonly IndexValue[] | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Checks a query. @throws InputError `INVALID_OPTION` for unknown indexes, too many values, and limits that are no whole numbers. */
export function rangeOf<T extends TableName>(table: T, query: StoreQuery<T> = {}): Range {
  const { key, indexes } = schemaOf(table);
  const index = query.index;
  const indexed = index === undefined ? [] : Object.hasOwn(indexes, index) ? indexes[index] : undefined;
  if (!indexed) throw new InputError('INVALID_OPTION', `Table "${table}" has no index "${index}".`);
  const fields = [...indexed, key];
  const prefix = query.prefix ?? [];
  const rest = Math.max(query.after?.length ?? 0, query.before?.length ?? 0);
  if (prefix.length + rest > fields.length) {
    throw new InputError(
      'INVALID_OPTION',
      `A query of "${table}" may name ${fields.length} values: ${fields.join(', ')}.`,
    );
  }
  for (const value of [...prefix, ...(query.after ?? []), ...(query.before ?? [])]) checkValue(table, value);
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  if (!(limit >= 0) || (limit !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(limit))) {
    throw new InputError('INVALID_OPTION', `The limit of a query must be a whole number, not ${limit}.`);
  }
  return {
    index,
    fields,
    prefix,
    after: query.after?.length ? [...prefix, ...query.after] : undefined,
    before: query.before?.length ? [...prefix, ...query.before] : undefined,
    reverse: query.reverse ?? false,
    limit,
  };
}

function checkValue(table: TableName, value: unknown): void {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return;
  throw new InputError('INVALID_OPTION', `A query of "${table}" compares with strings and finite numbers only.`);
}
