import type { KeyEvidence } from './key-store.js';
import { type KeyMail, type MailFacts, mediaType } from './mail-facts.js';
import { effectiveDate } from './peer-state.js';

/**
 * What an own mail shows about keys of the mailbox that are not here (Level 1, "Helping Users get Started"): a setup
 * message, an Autocrypt field, encryption that could not be opened.
 *
 * @param learned What `factsOfMail` found in it.
 */
export function evidenceOf(mail: KeyMail, learned: MailFacts | undefined): KeyEvidence {
  const { headers, date } = mail.mail;
  const at = effectiveDate({ receivedAt: mail.receivedAt, ...(date !== undefined && { headerDate: date }) });
  const isSetup = headers.get('Autocrypt-Setup-Message')?.trim().toLowerCase() === 'v1';
  const hasKey = learned?.facts.some((fact) => fact.kind === 'direct') ?? false;
  const isSealed = mail.payload === undefined && (mail.encrypted ?? mediaType(mail.mail) === 'multipart/encrypted');
  return {
    ...(isSetup && { setupMessage: at }),
    ...(hasKey && { autocrypt: at }),
    ...(isSealed && { encrypted: at }),
  };
}

/** Both together: the newest date of each kind. */
export function joinEvidence(a: KeyEvidence, b: KeyEvidence): KeyEvidence {
  const joined: { -readonly [K in keyof KeyEvidence]: KeyEvidence[K] } = { ...a };
  for (const kind of ['setupMessage', 'autocrypt', 'encrypted'] as const) {
    const at = Math.max(a[kind] ?? Number.NEGATIVE_INFINITY, b[kind] ?? Number.NEGATIVE_INFINITY);
    if (at !== Number.NEGATIVE_INFINITY) joined[kind] = at;
  }
  return joined;
}

/** True if the mailbox has shown any key in use. */
export function hasEvidence(evidence: KeyEvidence): boolean {
  return Object.keys(evidence).length > 0;
}
