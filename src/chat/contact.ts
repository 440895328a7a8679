import { dkimOutcome } from '../model/authentication.js';
import { contactName, newContact } from '../model/contact-registers.js';
import type { ReceiptPolicy } from '../store/records.js';
import { deleteCard } from '../sync/storage/cards.js';
import { receiptPolicies } from '../trust/receipt-policy.js';
import { setBlocked } from './blocking.js';
import { checkChoice } from './check-options.js';
import type { ContactUpdate, Photo } from './contact-details.js';
import { cardPhotoOf, readPhoto, updateContact } from './contact-entry.js';
import { type ContactKey, comparedFingerprint } from './contact-keys.js';
import type { ContactTrust } from './contact-trust.js';
import type { AccountContext, ContactCell } from './context.js';
import type { Chat, Contact } from './handles.js';
import { ContactTrustHandle } from './trust-handle.js';

/** {@link Contact} over a cell that the account keeps current. */
export class ContactHandle implements Contact {
  readonly trust: ContactTrust;
  readonly #context: AccountContext;
  readonly #cell: ContactCell;
  readonly #openChat: (address: string) => Promise<Chat>;

  constructor(context: AccountContext, cell: ContactCell, openChat: (address: string) => Promise<Chat>) {
    this.#context = context;
    this.#cell = cell;
    this.#openChat = openChat;
    this.trust = new ContactTrustHandle(context, cell);
  }

  get address(): string {
    return this.#cell.address;
  }

  get name(): string | undefined {
    return contactName(this.#cell.record);
  }

  get addresses(): readonly string[] {
    return this.#cell.record?.card?.addresses ?? [this.address];
  }

  get listed(): boolean {
    return this.#cell.record?.card?.listed ?? false;
  }

  get nickname(): string | undefined {
    return this.#cell.record?.card?.nickname;
  }

  get status(): string | undefined {
    return this.#cell.record?.card?.status ?? this.#cell.record?.profile?.status;
  }

  get birthday(): string | undefined {
    return this.#cell.record?.card?.birthday ?? this.#cell.record?.profile?.birthday;
  }

  get categories(): readonly string[] {
    return this.#cell.record?.card?.categories ?? [];
  }

  get hasPhoto(): boolean {
    return this.#cell.record?.card?.photo !== undefined || this.#cell.record?.profile?.photo !== undefined;
  }

  async photo(): Promise<Photo | undefined> {
    this.#context.assertOpen();
    const { store } = this.#context;
    const { card, profile } = this.#cell.record ?? {};
    if (card?.photo)
      return readPhoto(store, card.photo.contentType, await cardPhotoOf(store, this.address, card.photo));
    return profile?.photo && readPhoto(store, profile.photo.contentType, profile.photo.blob);
  }

  async update(changes: ContactUpdate): Promise<void> {
    this.#context.assertOpen();
    await updateContact(this.#context, 'contact.update', this.address, changes);
  }

  async delete(): Promise<void> {
    this.#context.assertOpen();
    await this.#context.writer.run((tx) => deleteCard(tx, this.address));
  }

  get usesChat(): boolean {
    return this.#cell.record?.usesChat ?? false;
  }

  get lastSeen(): Date | undefined {
    const lastSeen = this.#cell.record?.lastSeen;
    return lastSeen === undefined ? undefined : new Date(lastSeen);
  }

  get receipts(): ReceiptPolicy | undefined {
    return this.#cell.record?.receipts;
  }

  async setReceipts(policy: ReceiptPolicy | undefined): Promise<void> {
    checkChoice('contact.setReceipts', policy, receiptPolicies);
    this.#context.assertOpen();
    await this.#context.writer.run(async (tx) => {
      const { receipts: _, ...rest } = (await tx.get('contacts', this.address)) ?? newContact(this.address);
      tx.put('contacts', policy === undefined ? rest : { ...rest, receipts: policy });
    });
  }

  get keyFingerprint(): string | undefined {
    const state = this.#cell.peer?.state;
    return (state?.direct ?? state?.gossip)?.fingerprint;
  }

  get verified(): boolean {
    const { keyFingerprint } = this;
    return keyFingerprint !== undefined && this.#verifiedFingerprint === keyFingerprint;
  }

  get keyChanged(): boolean {
    return this.#verifiedFingerprint !== undefined && this.keyFingerprint !== undefined && !this.verified;
  }

  async keys(): Promise<ContactKey[]> {
    this.#context.assertOpen();
    const history = await this.#context.keys.manager.keyHistory(this.address);
    return history.map(({ fingerprint, firstSeen, lastSeen }) => ({
      fingerprint,
      firstSeen: new Date(firstSeen),
      lastSeen: new Date(lastSeen),
      current: fingerprint === this.keyFingerprint,
      verified: fingerprint === this.#verifiedFingerprint,
    }));
  }

  async verify(code: string): Promise<void> {
    this.#context.assertOpen();
    const { manager } = this.#context.keys;
    await manager.setVerified(this.address, await comparedFingerprint(manager, this.address, code));
  }

  async unverify(): Promise<void> {
    this.#context.assertOpen();
    await this.#context.keys.manager.setVerified(this.address, undefined);
  }

  get blocked(): boolean {
    return this.#cell.record?.blocked ?? false;
  }

  async block(): Promise<void> {
    await setBlocked(this.#context, this.address, true);
  }

  async unblock(): Promise<void> {
    await setBlocked(this.#context, this.address, false);
  }

  get spoofWarning(): boolean {
    const { authentication } = this.#cell.record ?? {};
    if (authentication === undefined) return false;
    const outcome = dkimOutcome({ from: { address: this.address }, authentication }, this.#context.ownServers);
    return outcome === 'fail' || outcome === 'none';
  }

  get #verifiedFingerprint(): string | undefined {
    return this.#cell.card?.own.verified?.value ?? undefined;
  }

  chat(): Promise<Chat> {
    return this.#openChat(this.address);
  }
}
