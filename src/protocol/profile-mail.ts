import type { CardPhoto } from './h-card.js';

/** What people tell about themselves. */
export interface ProfileMail {
  readonly name?: string;
  /** `none`: there is none any more. */
  readonly photo?: CardPhoto | 'none';
  /** `1990-12-09`, or `--12-09` without the year. */
  readonly birthday?: string;
  readonly status?: string;
  /** A whole profile: what it does not mention, there is not. Chatmail's picture alone says nothing about the rest. */
  readonly complete: boolean;
}

/** The own profile, as it is written into a message. */
export interface ProfileDraft {
  readonly name?: string;
  readonly photo?: CardPhoto;
  readonly birthday?: string;
  readonly status?: string;
  /** Own addresses. */
  readonly emails?: readonly string[];
}
