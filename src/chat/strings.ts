import { refuseUnknownOptions } from '../core/options.js';
import { invalid } from './check-options.js';

/** Who did what in a group, as the words of a system message need it. */
export interface ChangeWords {
  /** Name, or else address, of the one who did it. */
  readonly by: string;
  /** The account's user did it. Never true for the words that go out: others read those. */
  readonly byMe: boolean;
  /** Names, or else addresses, of those whom it concerns, joined by commas. Empty where it concerns nobody. */
  readonly who: string;
  /** It concerns the account's user (and nobody else). */
  readonly aboutMe: boolean;
  /** Name of the group: the new one. */
  readonly name: string;
  /** Name that it had before, if it was renamed. */
  readonly oldName: string;
}

/**
 * The words that the library itself puts into chats: of system messages, in the mails that carry them and in `message.text`. Set
 * those that your users should read in their language with the option `strings`; what is left out is English.
 *
 * ```ts
 * const strings = {
 *   memberAdded: ({ by, who, byMe }: ChangeWords) => (byMe ? `Du hast ${who} hinzugefügt` : `${by} hat ${who} hinzugefügt`),
 * };
 * ```
 */
export interface Strings {
  /** The group was made; the first message that its members get. */
  readonly groupCreated: (words: ChangeWords) => string;
  /** Somebody was added. */
  readonly memberAdded: (words: ChangeWords) => string;
  /** Somebody was removed. */
  readonly memberRemoved: (words: ChangeWords) => string;
  /** Somebody left. */
  readonly memberLeft: (words: ChangeWords) => string;
  /** The group has another name. */
  readonly groupRenamed: (words: ChangeWords) => string;
  /** The description was changed or removed. */
  readonly descriptionChanged: (words: ChangeWords) => string;
  /** The group has another picture. */
  readonly avatarChanged: (words: ChangeWords) => string;
  /** The group has no picture any more. */
  readonly avatarRemoved: (words: ChangeWords) => string;
}

const subject = ({ by, byMe }: ChangeWords) => (byMe ? 'You' : by);
const object = ({ who, aboutMe }: ChangeWords) => (aboutMe ? 'you' : who);

const ENGLISH: Strings = {
  groupCreated: (words) =>
    `${subject(words)} created the group “${words.name}”${words.who === '' ? '' : ` with ${object(words)}`}`,
  memberAdded: (words) => `${subject(words)} added ${object(words)}`,
  memberRemoved: (words) => `${subject(words)} removed ${object(words)}`,
  memberLeft: (words) => `${subject(words)} left the group`,
  groupRenamed: (words) => `${subject(words)} renamed the group to “${words.name}”`,
  descriptionChanged: (words) => `${subject(words)} changed the description of the group`,
  avatarChanged: (words) => `${subject(words)} changed the picture of the group`,
  avatarRemoved: (words) => `${subject(words)} removed the picture of the group`,
};

/**
 * The words to use, English where the application has none.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION` for what is no function.
 */
export function checkStrings(given: Partial<Strings> | undefined): Strings {
  if (given === undefined) return ENGLISH;
  if (given === null || typeof given !== 'object') throw invalid('strings', 'has to be an object of functions');
  refuseUnknownOptions('strings', given, Object.keys(ENGLISH));
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'function') throw invalid(`strings.${name}`, 'has to be a function that returns the text');
  }
  return { ...ENGLISH, ...given };
}
