import type { Range } from '../order.js';
import { schemaOf } from '../order.js';
import type { IndexValue } from '../store.js';
import type { TableName } from '../tables.js';
import type { Codec } from './codec.js';
import type { SqlValue } from './driver.js';
import { indexSqlName } from './layout.js';

/** One end of a range: the values of the first components of the order. */
interface Bound {
  readonly values: readonly SqlValue[];
  readonly inclusive: boolean;
}

/** A {@link Range} as SQL sees it. */
export interface SqlRange {
  readonly table: TableName;
  readonly index: string | undefined;
  /** All components of the order, the primary key last. */
  readonly fields: readonly string[];
  readonly prefix: readonly SqlValue[];
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly reverse: boolean;
  /** False if the range may hold more than was asked for, because SQL cannot compare sealed strings. */
  readonly exact: boolean;
}

/** Translates a range. In a sealed store SQL compares leading numbers only; the rest is left to the caller. */
export function sqlRangeOf(codec: Codec, account: number, table: TableName, range: Range): SqlRange {
  const { fields, index, reverse } = range;
  const columns = (values: readonly IndexValue[]) =>
    values.map((value, i) => codec.column(account, table, fields[i] as string, value));
  const prefix = columns(range.prefix);
  let exact = true;
  const bound = (values: readonly IndexValue[] | undefined): Bound | undefined => {
    if (!values) return undefined;
    if (!codec.sealed) return { values: columns(values), inclusive: false };
    const firstString = values.findIndex((value, i) => i >= prefix.length && typeof value === 'string');
    if (firstString === -1) return { values: columns(values), inclusive: false };
    exact = false;
    if (firstString === prefix.length) return undefined;
    return { values: columns(values.slice(0, firstString)), inclusive: true };
  };
  const lower = bound(range.after);
  const upper = bound(range.before);
  return { table, index, fields, prefix, lower, upper, reverse, exact };
}

/** `SELECT` of the content and all components of the order; parameters by {@link parametersOf}, then the limit. */
export function selectSql(range: SqlRange): string {
  const { fields, prefix, reverse } = range;
  const direction = reverse ? ' DESC' : '';
  const order = fields.slice(Math.min(prefix.length, fields.length - 1)).map((field) => `"${field}"${direction}`);
  const columns = fields.map((field) => `"${field}"`);
  return `SELECT _doc, ${columns.join(', ')} ${fromWhere(range)} ORDER BY ${order.join(', ')} LIMIT ?`;
}

/** `SELECT` of the number of records; parameters as for {@link selectSql}. */
export function countSql(range: SqlRange): string {
  return `SELECT count(*) FROM (SELECT 1 ${fromWhere(range)} LIMIT ?)`;
}

/** Parameters of a range, without the limit. */
export function parametersOf(account: number, { prefix, lower, upper }: SqlRange): SqlValue[] {
  const rest = (bound: Bound | undefined) => bound?.values.slice(prefix.length) ?? [];
  return [account, ...prefix, ...rest(lower), ...rest(upper)];
}

function fromWhere({ table, index, fields, prefix, lower, upper }: SqlRange): string {
  const { key } = schemaOf(table);
  const conditions = ['_account = ?', ...prefix.map((_, i) => `"${fields[i]}" = ?`)];
  // Without these SQLite does not see that the index, which has only rows with all fields, holds whatever is asked for.
  for (const field of fields.slice(prefix.length)) if (field !== key) conditions.push(`"${field}" IS NOT NULL`);
  for (const [bound, sign] of [[lower, '>'] as const, [upper, '<'] as const]) {
    const compared = bound ? fields.slice(prefix.length, bound.values.length) : [];
    if (!bound || compared.length === 0) continue;
    const operator = bound.inclusive ? `${sign}=` : sign;
    const names = compared.map((field) => `"${field}"`).join(', ');
    conditions.push(`(${names}) ${operator} (${compared.map(() => '?').join(', ')})`);
  }
  return `FROM "${table}" INDEXED BY ${indexSqlName(table, index)} WHERE ${conditions.join(' AND ')}`;
}
