import { invalidField, parseAttributes, refuseCriticalAttributes } from './attributes.js';

/** What a stored draft says about its encryption (Level 1, "Storing Draft State"). Only looked at in drafts, never sent. */
export interface AutocryptDraftState {
  /** The draft was to be sent encrypted. */
  readonly encrypt: boolean;
  /** It answers an encrypted message, so that its recommendation is another one. */
  readonly isReplyToEncrypted: boolean;
  /** The user chose `encrypt` just for this draft. */
  readonly byChoice: boolean;
}

/**
 * Reads the value of an `Autocrypt-Draft-State` field.
 *
 * @throws MailError `AUTOCRYPT_INVALID` if `encrypt` is missing, a value is neither `yes` nor `no`, or a critical attribute unknown.
 */
export function parseDraftState(value: string): AutocryptDraftState {
  const attributes = parseAttributes(value);
  refuseCriticalAttributes(attributes, ['encrypt']);
  if (!attributes.has('encrypt')) throw invalidField('encrypt is missing');
  const flag = (name: string): boolean => {
    const text = (attributes.get(name) ?? 'no').toLowerCase();
    if (text !== 'yes' && text !== 'no') throw invalidField(`${name} is neither yes nor no`);
    return text === 'yes';
  };
  return {
    encrypt: flag('encrypt'),
    isReplyToEncrypted: flag('_is-reply-to-encrypted'),
    byChoice: flag('_by-choice'),
  };
}

/** Writes the value of an `Autocrypt-Draft-State` field. */
export function formatDraftState(state: AutocryptDraftState): string {
  const optional = [
    ...(state.isReplyToEncrypted ? ['_is-reply-to-encrypted=yes;'] : []),
    ...(state.byChoice ? ['_by-choice=yes;'] : []),
  ];
  return [`encrypt=${state.encrypt ? 'yes' : 'no'};`, ...optional].join(' ');
}
