const PHOTO_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/** True for the types of pictures that go into cards. */
export function isPhotoType(contentType: string): boolean {
  return PHOTO_TYPES.has(contentType);
}

/** A birthday as cards have it, `1990-12-09` or `--12-09`, from these or from vCard's `19901209` and `--1209`; undefined if it is none. */
export function birthdayOf(text: string): string | undefined {
  const match = /^(\d{4}|-)-?(\d{2})-?(\d{2})(?:T.{0,40})?$/.exec(text.trim());
  const [, year, month, day] = match ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = new Date(Date.UTC(year === '-' ? 2000 : Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  return `${year}-${month}-${day}`;
}

/** Type of a picture by its first octets: what stands beside it is often wrong, or missing. */
export function pictureType(bytes: Uint8Array): string | undefined {
  const starts = (...octets: readonly number[]) => octets.every((octet, i) => bytes[i] === octet);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'image/png';
  if (word(0) === 'GIF8') return 'image/gif';
  return word(0) === 'RIFF' && word(8) === 'WEBP' ? 'image/webp' : undefined;
}
