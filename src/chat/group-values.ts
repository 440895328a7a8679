import type { AddressRecord } from '../store/records.js';

/** A picture to use: from memory, or from the disk (Node only). JPEG, PNG, WebP or GIF; see `limits.sendAvatarBytes`. */
export type PictureDraft =
  | Uint8Array
  | { readonly content: Uint8Array; readonly path?: undefined }
  | { readonly path: string; readonly content?: undefined };

/** Somebody to put into a group: an address, or anything that has one (a contact, a member of another chat). */
export type MemberInput = string | { readonly address: string };

/** Options of `Account.createGroup` and `Chat.toGroup`. */
export interface GroupOptions {
  readonly description?: string | undefined;
  readonly avatar?: PictureDraft | undefined;
}

/** The picture of a group. */
export interface GroupAvatar {
  /** Another one for another picture: what an application may keep drawn under. */
  readonly id: string;
  /** `image/jpeg`, `image/png`, `image/webp` or `image/gif`, as the sender says: hostile until decoded. */
  readonly contentType: string;
  /** The octets. */
  load(): Promise<Uint8Array>;
}

/**
 * Something that happened in a group. `by` is missing where it cannot be told any more, and where a person with a plain mail
 * program only wrote to somebody else as well.
 */
export type GroupChange =
  | {
      readonly kind: 'created';
      readonly by?: AddressRecord;
      readonly name: string;
      readonly members: readonly AddressRecord[];
    }
  | { readonly kind: 'member-added'; readonly by?: AddressRecord; readonly member: AddressRecord }
  | { readonly kind: 'member-removed'; readonly by?: AddressRecord; readonly member: AddressRecord }
  | { readonly kind: 'left'; readonly member: AddressRecord }
  | { readonly kind: 'renamed'; readonly by?: AddressRecord; readonly name: string; readonly oldName?: string }
  | { readonly kind: 'description'; readonly by?: AddressRecord; readonly description: string | undefined }
  | { readonly kind: 'avatar'; readonly by?: AddressRecord; readonly removed: boolean };
