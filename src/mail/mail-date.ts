const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Obsolete zone names of RFC 5322 4.3, in minutes; any other name counts as UTC, as that section says. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['edt', -240],
  ['est', -300],
  ['cdt', -300],
  ['cst', -360],
  ['mdt', -360],
  ['mst', -420],
  ['pdt', -420],
  ['pst', -480],
  ['cet', 60],
  ['cest', 120],
  ['bst', 60],
]);

/** `Fri, 20 Nov 2026 13:37:41 +0100`, with the liberties that programs take. */
const RFC5322 = /(\d{1,2})[ -]+([a-z]{3})[a-z]*\.?,?[ -]+(\d{4}|\d{2,3})(?:,? +(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?/i;
/** `Fri Nov 20 13:37:41 2026` (asctime), a zone may stand before the year. */
const ASCTIME = /([a-z]{3})[a-z]* +(\d{1,2}),? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +[a-z]{1,5}| +[+-]\d{4})? +(\d{4})/i;
/** `2026-11-20 13:37:41`, ISO 8601. */
const ISO = /(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?/i;
const ZONE = /([+-])(\d{2}):?(\d{2})(?!\d)|\b([a-z]{1,5})\b\s*$/i;

/**
 * Reads a Date field (RFC 5322 3.3, with the forms that occur besides).
 *
 * @returns Milliseconds since 1970; undefined if it cannot be read or lies before 1970 or after 9999.
 */
export function parseMailDate(value: string): number | undefined {
  const text = value
    .slice(0, 128)
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return (
    fromParts(text, RFC5322, [3, 2, 1, 4, 5, 6]) ??
    fromParts(text, ISO, [1, 2, 3, 4, 5, 6]) ??
    fromParts(text, ASCTIME, [6, 1, 2, 3, 4, 5])
  );
}

/** @param order Which groups are year, month, day, hour, minute and second. */
function fromParts(text: string, pattern: RegExp, order: readonly number[]): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = order.map((group) => match[group]);
  const monthIndex = monthOf(month ?? '');
  const [d, h, m, s] = [Number(day), Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (monthIndex < 0 || monthIndex > 11 || d < 1 || d > 31 || h > 24 || m > 59 || s > 60) return undefined;
  const time = Date.UTC(fullYear(year ?? ''), monthIndex, d, h, m, Math.min(s, 59)) - zoneMinutes(text, match) * 60_000;
  return Number.isFinite(time) && time >= 0 && time < Date.UTC(10_000, 0) ? time : undefined;
}

function monthOf(text: string): number {
  return /^\d/.test(text) ? Number(text) - 1 : MONTHS.indexOf(text.toLowerCase());
}

/** Two digits below 50 are of this century, three digits count from 1900 (RFC 5322 4.3). */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length >= 4) return year;
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function zoneMinutes(text: string, date: RegExpExecArray): number {
  const zone = ZONE.exec(text.slice(date.index + date[0].length)) ?? ZONE.exec(date[0]);
  if (!zone) return 0;
  if (zone[4] !== undefined) return ZONES.get(zone[4].toLowerCase()) ?? 0;
  const minutes = Number(zone[2]) * 60 + Number(zone[3]);
  if (minutes > 24 * 60) return 0;
  return zone[1] === '-' ? -minutes : minutes;
}
