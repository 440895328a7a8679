import type { CardRecord } from '../store/card-records.js';
import type { ContactRecord, TokenTimesRecord } from '../store/records.js';
import { parseToken } from './token.js';
import type { TrustFacts } from './trust-state.js';

/** Brings together what the card says about granted and held tokens, and what mails have shown to be presented. */
export function trustFactsOf(
  card: Pick<CardRecord, 'granted' | 'held' | 'revokedUntil'> | undefined,
  contact: Pick<ContactRecord, 'presented'> | undefined,
): TrustFacts {
  const granted = newestOf(card?.granted ?? []);
  const held = newestOf(card?.held ?? []);
  const presented = contact?.presented?.signed ?? contact?.presented?.dkim;
  return {
    revokedUntil: card?.revokedUntil ?? 0,
    ...(granted && { granted }),
    ...(held && { held }),
    ...(presented && { presented }),
  };
}

/** The register of presented tokens after another valid presentation: the newest token of each kind of proof. */
export function withPresented(
  known: ContactRecord['presented'],
  proof: 'signed' | 'dkim',
  { created, validity }: TokenTimesRecord,
): NonNullable<ContactRecord['presented']> {
  const before = known?.[proof];
  if (known !== undefined && before !== undefined && compareTimes(before, { created, validity }) >= 0) return known;
  return { ...known, [proof]: { created, validity } };
}

/** The newest of some tokens, which are in no particular order; those that cannot be read do not count. */
function newestOf(tokens: readonly string[]): TokenTimesRecord | undefined {
  let newest: TokenTimesRecord | undefined;
  for (const raw of tokens) {
    const token = parseToken(raw);
    if (token === undefined || (newest !== undefined && compareTimes(newest, token) >= 0)) continue;
    newest = { created: token.created, validity: token.validity };
  }
  return newest;
}

function compareTimes(a: TokenTimesRecord, b: TokenTimesRecord): number {
  return a.created - b.created || a.validity - b.validity;
}
