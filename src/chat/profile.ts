import { limits } from '../core/limits.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { ProfilePart } from '../protocol/kinds/profile-storage.js';
import { draftOfPart, ownProfile, setOwnProfile } from '../sync/storage/own-profile.js';
import { invalid } from './check-options.js';
import { checkBirthday, checkCategories, checkPhoto, checkText, type Photo } from './contact-details.js';
import type { AccountContext } from './context.js';

/** What people are told about the user. */
export interface ProfileFields {
  readonly name?: string | null | undefined;
  readonly photo?: Photo | null | undefined;
  /** What the user is up to. */
  readonly status?: string | null | undefined;
  /** `1990-12-09`, or `--12-09` without the year. */
  readonly birthday?: string | null | undefined;
}

/** What some people are told in place of the general profile. What is left out is as in that one; `null` is left out for them. */
export interface ProfileAudience extends ProfileFields {
  /** Contacts that have one of these categories; where several audiences fit, the first one counts. */
  readonly categories: readonly string[];
}

/** The own profile. */
export interface ProfileSettings extends ProfileFields {
  /** Those who are told something else, such as `{ categories: ['friend', 'family'], birthday: '1990-12-09' }`. */
  readonly audiences?: readonly ProfileAudience[] | undefined;
}

const FIELDS = ['name', 'photo', 'status', 'birthday'] as const;

/** What the user tells about themselves: {@link Account.profile}. */
export class OwnProfile {
  readonly #context: AccountContext;

  /** @internal Made by the account. */
  constructor(context: AccountContext) {
    this.#context = context;
  }

  /**
   * Sets the whole profile, on all devices of the user. Everyone whose request is accepted gets it with the next message to them (each the one
   * for their audience), never as a message of its own, and not again before it changes.
   *
   * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`, `ATTACHMENT_TOO_LARGE`
   */
  async set(profile: ProfileSettings): Promise<void> {
    this.#context.assertOpen();
    refuseUnknownOptions('profile.set', profile, [...FIELDS, 'audiences']);
    const { audiences = [], ...general } = profile;
    if (!Array.isArray(audiences)) throw invalid('profile.set audiences', 'has to be a list');
    if (audiences.length >= limits.profileAudiences)
      throw invalid('profile.set audiences', `has more than ${limits.profileAudiences - 1} audiences`);
    const parts = audiences.map((audience: ProfileAudience): ProfilePart => {
      refuseUnknownOptions('profile.set audiences', audience, [...FIELDS, 'categories']);
      const { categories, ...special } = audience;
      const words = checkCategories('profile.set audiences', categories ?? null);
      if (words === null) throw invalid('profile.set audiences', 'has to name categories of contacts');
      const given = Object.fromEntries(Object.entries(special).filter(([, value]) => value !== undefined));
      return { categories: words, card: checkFields({ ...general, ...given }) };
    });
    parts.push({ categories: [], card: checkFields(general) });
    await this.#context.writer.run((tx) => setOwnProfile(tx, parts));
  }

  /** The profile as it was set, here or on another device; each audience is told all that is in it. Undefined if none was set. */
  async get(): Promise<ProfileSettings | undefined> {
    this.#context.assertOpen();
    const { store } = this.#context;
    const profile = await ownProfile(store);
    if (profile === undefined) return undefined;
    const parts = await Promise.all(
      profile.parts.map(async (part) => ({ categories: part.categories, ...(await draftOfPart(store, part)) })),
    );
    const audiences = parts.filter(({ categories }) => categories.length > 0);
    const { categories: _, ...general } = parts.find(({ categories }) => categories.length === 0) ?? { categories: [] };
    return { ...general, ...(audiences.length > 0 && { audiences }) };
  }
}

function checkFields({ name, photo, status, birthday }: ProfileFields): ProfilePart['card'] {
  const shown = name == null ? null : checkText('profile.set', 'name', name);
  const doing = status == null ? null : checkText('profile.set', 'status', status);
  const picture = photo == null ? undefined : checkPhoto('profile.set', photo);
  return {
    ...(shown !== null && { name: shown }),
    ...(doing !== null && { status: doing }),
    ...(birthday != null && { birthday: checkBirthday('profile.set', birthday) }),
    ...(picture && { photo: { contentType: picture.contentType, content: picture.bytes } }),
  };
}
