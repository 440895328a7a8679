/** A value the user set, and when: of two, the later one counts. `null` takes a value back. */
export interface CardRegister<T> {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: T | null;
}

/** A picture; its bytes are the blob `cardPhotoBlob(id, sha256)`. */
export interface CardPhoto {
  readonly contentType: string;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}

/** What is known of a person or a group as a whole: the same for all addresses of the contact. */
export interface SharedCardValues {
  /** Name as it stands in the user's address book. */
  name: string;
  /** What the user calls the person. */
  nickname: string;
  photo: CardPhoto;
  /** ISO 8601 date; without a year it begins with `--`. */
  birthday: string;
  status: string;
  /** `friend`, `family`, `work`, `partner`, or own words: the audiences of the profile that the person belongs to. */
  categories: readonly string[];
  /** `enabled`, `types`, `sounds`, `filters` and others (COI client specification), kept as they are. */
  notification: Readonly<Record<string, string>>;
  /** True for an entry that the user made; a card may also be there only because something was set for the address. */
  listed: boolean;
  blocked: boolean;
  /** The request was accepted; the time is the register's. */
  accepted: boolean;
  /** Header fields and h-card properties that this library does not know, as name and value. */
  unknown: readonly (readonly [string, string])[];
}

/** What belongs to one address, or to one group. */
export interface OwnCardValues {
  /** Fingerprint of the key that the user verified, hex. */
  verified: string;
  /** Version of the own profile that was sent there last. */
  profileSent: string;
  muted: boolean;
  pinned: boolean;
  archived: boolean;
  /** `COI-TokenIn` as a COI server wrote it; never ours to change. */
  serverTokenIn: string;
  /** `COI-TokenOut` as a COI server wrote it; never ours to change. */
  serverTokenOut: string;
}

/** Registers of a card, by name. */
export type CardRegisters<V> = { readonly [K in keyof V]?: CardRegister<V[K]> };

/**
 * What the user set or noted about an address or a group, the same on all devices: storage messages carry it. What mails tell about an
 * address is in its `ContactRecord`. Key: `id`.
 */
export interface CardRecord {
  /** Normalised address, or the id of a group's chat (`group:…`). */
  readonly id: string;
  /** Hex SHA3-256 of the address (`COI-From-Hash`). */
  readonly hash: string;
  /** Addresses with the same value are one contact. */
  readonly person: string;
  /** When the address came to that person; 0 while nothing was said. */
  readonly personAt: number;
  readonly shared: CardRegisters<SharedCardValues>;
  readonly own: CardRegisters<OwnCardValues>;
  /** Client tokens that we granted this address, newest first. */
  readonly granted: readonly string[];
  /** Client tokens that we hold from this address, newest first. */
  readonly held: readonly string[];
  /** Client tokens created up to then are void, milliseconds; 0 if none is. */
  readonly revokedUntil: number;
  /** The entry was deleted at that time; 0 if never. What was entered before is gone. */
  readonly deletedAt: number;
  /** 1 while the mailbox does not have it yet. */
  readonly dirty: 0 | 1;
}

/** A mail in the folder of storage messages. Key: `key`, as of a location. */
export interface StorageMailRecord {
  readonly key: string;
  readonly folder: string;
  readonly uidValidity: string;
  readonly uid: number;
  /**
   * `counts`: it was believed and its content merged; `ignored`: none of ours, or nothing that we know; `locked`: encrypted, and not for a
   * key that was here.
   */
  readonly state: 'counts' | 'ignored' | 'locked';
  /** `contact`, `group` or `profile`, if it counts. */
  readonly kind: string;
  /** What it is about: addresses, a group, or nothing. */
  readonly subjects: readonly string[];
  /** Stands for its content. */
  readonly digest: string;
  /** Encrypted to us and signed by us. */
  readonly secured: boolean;
  /** Own keys that did not open it. */
  readonly tried?: string;
}
