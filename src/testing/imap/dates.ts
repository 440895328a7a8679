import { ImapBad } from './errors.js';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Writes an INTERNALDATE (RFC 9051 9, `date-time`), in UTC. */
export function formatInternalDate(ms: number): string {
  const date = new Date(ms);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${day}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} +0000`;
}

/** Reads an INTERNALDATE. */
export function parseInternalDate(text: string): number {
  const match = /^\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(text);
  const ms = match ? Date.parse(`${match[1]} ${match[2]} ${match[3]} ${match[4]} ${match[5]}`) : Number.NaN;
  if (Number.isNaN(ms)) throw new ImapBad(`Invalid date: ${text.slice(0, 40)}`);
  return ms;
}

/** Reads a search date (RFC 9051 9, `date`): the beginning of that day in UTC. */
export function parseSearchDate(text: string): number {
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text);
  const ms = match ? Date.parse(`${match[1]} ${match[2]} ${match[3]} 00:00:00 +0000`) : Number.NaN;
  if (Number.isNaN(ms)) throw new ImapBad(`Invalid date: ${text.slice(0, 40)}`);
  return ms;
}
