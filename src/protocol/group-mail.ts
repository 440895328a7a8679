import type { MailAddress } from '../mail/parsed-mail.js';
import type { CardPhoto, HGroup } from './h-card.js';

/** A member or former member, with when that came to be. */
export interface DatedMember extends MailAddress {
  /** Milliseconds since 1970, whole seconds; undefined if the mail does not say. */
  readonly timestamp?: number;
}

/** What a mail says about the group that it belongs to, in COI's or chatmail's way. Nothing of it has been judged. */
export interface GroupMail {
  /** Case-sensitive. */
  readonly id: string;
  /** `Chat-Group-Name`; the Subject of a chat program that writes none. */
  readonly name?: string;
  /** `Chat-Group-Name-Changed`: this mail renames the group, which had that name before. */
  readonly nameChangedFrom?: string;
  /** `Chat-Group-Name-Timestamp`: when the name was given. */
  readonly nameTimestamp?: number;
  /** `Chat-Group-Description`; empty if there is none any more. */
  readonly description?: string;
  /** `Chat-Group-Description-Changed`: this mail changes the description. */
  readonly descriptionChanged?: true;
  /** `Chat-Group-Description-Timestamp`. */
  readonly descriptionTimestamp?: number;
  /** `Chat-Group-Avatar`; `'none'` takes the picture away. */
  readonly avatar?: CardPhoto | 'none';
  /** `Chat-Content: group-avatar-changed`: this mail changes the picture; otherwise it is repeated for new members. */
  readonly avatarChanged?: true;
  /** `Chat-Group-Member-Added`. */
  readonly added: readonly string[];
  /** `Chat-Group-Member-Removed`. */
  readonly removed: readonly string[];
  /** `Chat-Group-Member-Timestamps` for the recipients of this mail: since when they are members. */
  readonly memberSince: readonly DatedMember[];
  /** `Chat-Group-Past-Members`, with the time of their removal where it is there. */
  readonly pastMembers: readonly DatedMember[];
  /** `Chat-Group-Member-Fpr` for the recipients of this mail: fingerprints of their keys, lower case hex. */
  readonly fingerprints: readonly { readonly address: string; readonly fingerprint: string }[];
  /** The part with `Chat-Content: groupinfo`. */
  readonly info?: HGroup;
  /** `Chat-Content: groupinfo` of the whole mail: it founds the group, or describes it, and nobody wrote its words by hand. */
  readonly founding?: true;
  /** `Chat-Content: groupleft`. Who leaves is in `removed`; if that is empty, it is the sender. */
  readonly left?: true;
  /** `Chat-Content: grouprequested`: the sender asks for the group's info. */
  readonly requested?: true;
}

/** A member as it is written into a mail. */
export interface GroupMemberDraft extends MailAddress {
  /** Since when, milliseconds since 1970. */
  readonly since?: number;
  /** OpenPGP public key, binary. Written on the card. */
  readonly key?: Uint8Array;
  /** Fingerprint of the key, hex. Only written into encrypted mails and additions. */
  readonly fingerprint?: string;
  /** `p-hash`: pointer to a contact storage message. */
  readonly hash?: string;
}

/** What a mail is to say about its group; see {@link GroupMail} for the header fields. */
export interface GroupDraft {
  /** 12 to 32 characters of `0-9A-Za-z_-`; ids of others up to 64. See `newGroupId`. */
  readonly id: string;
  /** Name of the group, also the Subject. Required. */
  readonly name: string;
  /** Set if this mail renames the group. */
  readonly nameChangedFrom?: string;
  /** When the name was given, milliseconds since 1970; written as whole seconds, as all times here. */
  readonly nameTimestamp?: number;
  /** May be empty: no description any more. Line ends are `\n`. */
  readonly description?: string;
  /** True if this mail changes the description. */
  readonly descriptionChanged?: boolean;
  readonly descriptionTimestamp?: number;
  /** Picture of the group, at most `limits.sendAvatarBytes`; `'none'` takes it away. */
  readonly avatar?: CardPhoto | 'none';
  /** True if this mail changes the picture. */
  readonly avatarChanged?: boolean;
  /** Addresses that this mail adds. They are among the recipients. */
  readonly added?: readonly string[];
  /** Addresses that this mail removes; the own one to leave. */
  readonly removed?: readonly string[];
  /** All members, the sender included: writes the groupinfo part. Give it with a new group and with every change. */
  readonly members?: readonly GroupMemberDraft[];
  /** Former members with the time of their removal; written together with `members`. */
  readonly pastMembers?: readonly DatedMember[];
  /** Ask for the group's info. */
  readonly requested?: boolean;
}
