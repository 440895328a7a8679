import { concatBytes } from '../../mail/bytes.js';
import { canonicalJson } from '../../model/card-merge.js';
import { shortHash } from '../../model/identity.js';
import type { ProfilePart } from '../../protocol/kinds/profile-storage.js';
import type { ProfileDraft } from '../../protocol/profile-mail.js';
import type { SettingRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { RecordChange } from '../state-change.js';
import type { Transaction } from '../transaction.js';
import { photoOf } from './cards.js';

/** The own profile for some people, as it is kept: of the picture only its hash, and the blob with its bytes. */
export interface OwnProfilePart {
  readonly categories: readonly string[];
  readonly name?: string;
  readonly photo?: { readonly contentType: string; readonly sha256: string; readonly blob: string };
  readonly birthday?: string;
  readonly status?: string;
}

/** The own profile. The newest one counts as a whole. */
export interface OwnProfile {
  /** When it was set, milliseconds, whole seconds. */
  readonly at: number;
  readonly parts: readonly OwnProfilePart[];
  /** True while the mailbox does not have it yet. */
  readonly dirty: boolean;
}

const SETTING = 'profile';

/** The own profile; undefined if none was ever set. */
export async function ownProfile(store: Store): Promise<OwnProfile | undefined> {
  return (await store.get('settings', [SETTING]))[0]?.value as OwnProfile | undefined;
}

/** True if the profile changed here and the mailbox has to hear of it. */
export function isProfileDue(changes: readonly RecordChange<SettingRecord>[]): boolean {
  return changes.some(({ after }) => after?.key === SETTING && (after.value as OwnProfile).dirty);
}

async function profileIn(tx: Transaction): Promise<OwnProfile | undefined> {
  return (await tx.get('settings', SETTING))?.value as OwnProfile | undefined;
}

/** Sets the own profile; it is written into the mailbox when there is a connection. */
export async function setOwnProfile(tx: Transaction, parts: readonly ProfilePart[]): Promise<void> {
  const before = await profileIn(tx);
  const now = Math.floor(tx.now / 1000) * 1000;
  put(tx, before, parts, Math.max(now, (before?.at ?? 0) + 1000), true);
}

/** Joins what a storage message says. */
export async function mergeOwnProfile(tx: Transaction, at: number, parts: readonly ProfilePart[]): Promise<void> {
  const before = await profileIn(tx);
  const told = profileOf(at, parts);
  if (before && (before.at > at || (before.at === at && digestOf(before) >= digestOf(told)))) {
    if (digestOf(before) !== digestOf(told)) tx.put('settings', { key: SETTING, value: { ...before, dirty: true } });
    return;
  }
  put(tx, before, parts, at, false);
}

/** The mailbox has it now, if it is still the same. */
export async function settleOwnProfile(tx: Transaction, digest: string): Promise<void> {
  const profile = await profileIn(tx);
  if (profile && digestOf(profile) === digest)
    tx.put('settings', { key: SETTING, value: { ...profile, dirty: false } });
}

/** It is to be written again. */
export async function profileLost(tx: Transaction): Promise<void> {
  const profile = await profileIn(tx);
  if (profile) tx.put('settings', { key: SETTING, value: { ...profile, dirty: true } });
}

/** A profile as it is kept. */
export function profileOf(at: number, parts: readonly ProfilePart[]): OwnProfile {
  return { at, parts: parts.map(partOf), dirty: false };
}

/** Stands for the content of a profile. */
export function digestOf({ at, parts }: Pick<OwnProfile, 'at' | 'parts'>): string {
  return shortHash('profile', canonicalJson({ at, parts }));
}

/** The part that is for somebody in these categories: the first that names one of them, else the one for everybody. */
export function partFor({ parts }: OwnProfile, categories: readonly string[]): OwnProfilePart | undefined {
  const own = new Set(categories.map((word) => word.toLowerCase()));
  const named = parts.find((part) => part.categories.some((word) => own.has(word.toLowerCase())));
  return named ?? parts.find((part) => part.categories.length === 0);
}

/** Stands for what somebody is told; another one means that they have to be told again. */
export function versionOf({ categories: _, ...told }: OwnProfilePart): string {
  return shortHash('profile-version', canonicalJson(told));
}

/** A part with the bytes of its picture, as it is written. */
export async function draftOfPart(store: Store, part: OwnProfilePart): Promise<ProfileDraft> {
  const { categories: _, photo, ...told } = part;
  if (photo === undefined) return told;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBlob(photo.blob)) chunks.push(chunk);
  return { ...told, photo: { contentType: photo.contentType, content: concatBytes(chunks) } };
}

function put(
  tx: Transaction,
  before: OwnProfile | undefined,
  parts: readonly ProfilePart[],
  at: number,
  dirty: boolean,
): void {
  const profile: OwnProfile = { ...profileOf(at, parts), dirty };
  const kept = new Set(profile.parts.map(({ photo }) => photo?.blob));
  for (const { photo } of before?.parts ?? []) if (photo && !kept.has(photo.blob)) tx.removeBlob(photo.blob);
  parts.forEach(({ card: { photo } }, i) => {
    const blob = profile.parts[i]?.photo?.blob;
    if (photo && blob !== undefined) tx.putBlob(blob, photo.content);
  });
  tx.put('settings', { key: SETTING, value: profile });
}

function partOf({ categories, card }: ProfilePart): OwnProfilePart {
  const { photo, name, birthday, status } = card;
  const kept = photo && photoOf({ contentType: photo.contentType, bytes: photo.content });
  return {
    categories,
    ...(name !== undefined && { name }),
    ...(birthday !== undefined && { birthday }),
    ...(status !== undefined && { status }),
    ...(kept && { photo: { ...kept, blob: `own-photo\n${kept.sha256}` } }),
  };
}
