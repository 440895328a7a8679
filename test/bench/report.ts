import { writeFile } from 'node:fs/promises';

/** One line of the result: our figure against the floor's, and what the budget allows. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** The same work on the bare libraries, in the same run; missing where the budget is absolute. */
  readonly floor?: number;
  /** Largest value of `measure` that is within the budget. */
  readonly budget: number;
  /** What the budget limits: the ratio to the floor, the difference to it, or our figure itself. */
  readonly measure: 'ratio' | 'difference' | 'absolute';
  readonly note?: string;
}

/** The number that the budget limits. */
function measured(row: Row): number {
  if (row.measure === 'absolute') return row.ours;
  const floor = row.floor ?? Number.NaN;
  return row.measure === 'ratio' ? row.ours / floor : row.ours - floor;
}

/** Median of some runs. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Runs ours and the floor in turn, so that both see the same machine; returns the medians. */
export async function alternate(
  runs: number,
  ours: (run: number) => Promise<number>,
  floor: (run: number) => Promise<number>,
): Promise<{ ours: number; floor: number }> {
  const oursRuns: number[] = [];
  const floorRuns: number[] = [];
  for (let run = 0; run < runs; run++) {
    oursRuns.push(await ours(run));
    floorRuns.push(await floor(run));
  }
  return { ours: median(oursRuns), floor: median(floorRuns) };
}

/** Prints the rows as a Markdown table and writes them as JSON. */
export async function report(rows: readonly Row[], file: string): Promise<void> {
  const number = (value: number | undefined) =>
    value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(2);
  const lines = rows.map((row) => {
    const value = measured(row);
    const sign = row.measure === 'ratio' ? '× floor' : row.measure === 'difference' ? `${row.unit} over` : row.unit;
    const verdict = value <= row.budget ? 'yes' : '**no**';
    return `| ${row.what} | ${number(row.ours)} ${row.unit} | ${row.floor === undefined ? '–' : `${number(row.floor)} ${row.unit}`} | ${number(value)} ${sign} | ≤ ${row.budget} | ${verdict} |${row.note ? ` ${row.note} |` : ' |'}`;
  });
  process.stdout.write(
    `${['| what | ours | floor | measured | budget | within | note |', '| --- | --- | --- | --- | --- | --- | --- |', ...lines].join('\n')}\n`,
  );
  const result = {
    date: new Date().toISOString(),
    node: process.version,
    rows: rows.map((row) => ({ ...row, measured: measured(row), within: measured(row) <= row.budget })),
  };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
