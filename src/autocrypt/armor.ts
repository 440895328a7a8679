/** A block of ASCII armor in some text (RFC 9580 6.2). */
export interface ArmorBlock {
  /** From the first to the last delimiter, with line ends as LF. */
  readonly text: string;
  /** Armor headers, names in lower case; of several the first. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * The first armored block of that type. What stands before and behind it does not count. Undefined if there is none.
 *
 * @param type Such as `PGP MESSAGE`.
 */
export function findArmor(text: string, type: string): ArmorBlock | undefined {
  const begin = `-----BEGIN ${type}-----`;
  const end = `-----END ${type}-----`;
  const from = text.indexOf(begin);
  const to = from < 0 ? -1 : text.indexOf(end, from + begin.length);
  if (to < 0) return undefined;
  const block = text.slice(from, to + end.length).replaceAll('\r\n', '\n');
  const headers = new Map<string, string>();
  for (const line of block.slice(begin.length, 10_000).split('\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon <= 0) break;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { text: block, headers };
}

/** An armored block with headers put in front of those that it has. */
export function withArmorHeaders(armored: string, headers: readonly (readonly [string, string])[]): string {
  const text = armored.replaceAll('\r\n', '\n');
  const lineEnd = text.indexOf('\n');
  const lines = headers.map(([name, value]) => `${name}: ${value}\n`).join('');
  return text.slice(0, lineEnd + 1) + lines + text.slice(lineEnd + 1);
}
