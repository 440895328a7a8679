/** The same fields, without `undefined` among their values. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out the fields that are undefined, as `exactOptionalPropertyTypes` and JSON want it. */
export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Object.fromEntries forgets which value belongs to which key.
  return Object.fromEntries(entries) as Defined<T>;
}
