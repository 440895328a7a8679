import { InputError } from './errors.js';

/**
 * Refuses options that the callee does not know, so that a typo never silently does nothing.
 *
 * @throws InputError `UNKNOWN_OPTION` naming the option, and the known one that looks most like it.
 */
export function refuseUnknownOptions(where: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = known.find((name) => name.toLowerCase() === key.toLowerCase() || isNear(name, key));
    const hint = near ? ` Did you mean "${near}"?` : ` Known options: ${known.join(', ')}.`;
    throw new InputError('UNKNOWN_OPTION', `${where}: unknown option "${key}".${hint}`);
  }
}

function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
    }
    row = next;
  }
  return (row[b.length] ?? 99) <= 2;
}
