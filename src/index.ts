/**
 * `coi-sdk`: chat with anyone who has an e-mail address.
 *
 * Begin with {@link Account}. The wire format alone is in `coi-sdk/protocol`, bots are in `coi-sdk/bot`.
 */

// Everyday use

export { Account, type SearchOptions } from './chat/account.js';
export type { AccountEvents, ChangeKind } from './chat/account-events.js';
export type { FileDraft, FileOptions, MessageDraft, ReplyDraft } from './chat/draft.js';
export type { ChatEncryption, PersonEncryption } from './chat/encryption-state.js';
export type {
  GroupAvatar,
  GroupChange,
  GroupOptions,
  MemberInput,
  PictureDraft,
} from './chat/group-values.js';
export type {
  Attachment,
  Chat,
  Contact,
  ForwardOptions,
  Group,
  Message,
  MessageList,
  MessageRange,
  MessageReceipt,
  Person,
  RemoveOptions,
  SendOptions,
} from './chat/handles.js';
export { isGroup } from './chat/is-group.js';
export type { AccountOptions } from './chat/options.js';
export type { ChangeWords, Strings } from './chat/strings.js';
export type { MentionDraft } from './protocol/mentions.js';

// Collections

export type { ChatListFilter } from './chat/chat-order.js';
export type { ChatListChange } from './chat/chat-watch.js';
export type { ChatListOptions, Chats, ChatWatchOptions } from './chat/chats.js';
export type { ContactDetails, ContactFields, ContactUpdate, Photo } from './chat/contact-details.js';
export type { ContactDraft, ContactListOptions, ContactSearchOptions, Contacts } from './chat/contacts.js';
export type { Outbox, OutboxEntry } from './chat/outbox.js';
export type { OwnProfile, ProfileAudience, ProfileFields, ProfileSettings } from './chat/profile.js';
export type { VCardExportOptions, VCardImport, VCardImportOptions, VCardProgress } from './chat/vcards.js';

// Keys, verification, trust, backups

export type { DecisionReason, EncryptionMode, OwnKeyState, PersonReason } from './autocrypt/decision.js';
export type {
  BackupInfo,
  BackupOptions,
  BackupProgress,
  ExportBackupOptions,
  ImportBackupOptions,
} from './chat/backup.js';
export type { ContactKey, ContactKeyChange } from './chat/contact-keys.js';
export type { ContactTrust, TrustEvent } from './chat/contact-trust.js';
export type {
  CreatedSetupMessage,
  CreateOwnKeyOptions,
  ImportKeyOptions,
  Keys,
  OwnAddressOptions,
  OwnKey,
} from './chat/keys.js';
export type { TokenRefusal } from './trust/judge-token.js';
export type { TrustState } from './trust/trust-state.js';

// Failures

export {
  AbortedError,
  AuthError,
  CoiError,
  type CoiErrorCode,
  type CoiErrorInit,
  EncryptionError,
  HandlerError,
  InputError,
  MailError,
  NetworkError,
  RecipientKeyError,
  ServerError,
  type ServerErrorInit,
  StoreError,
} from './core/errors.js';

// Surroundings: servers, time, logging

export type { AbortOptions } from './core/abort.js';
export type { Clock } from './core/clock.js';
export type { Handler } from './core/emitter.js';
export { limits } from './core/limits.js';
export type { LogFields, Logger, LogLevel } from './core/logger.js';
export type { RandomBytes } from './core/random.js';
export type { ConnectionState, DownloadOptions, StartOptions, SyncProgress } from './sync/engine.js';
export type { LentSmtp } from './transport/caller-smtp-transport.js';
export type { ImapFactory, LentImap } from './transport/imapflow-open.js';
export type { Credentials, ServerSettings, TlsSettings } from './transport/settings.js';

// Stores, and the records in them

export type { DkimOutcome } from './model/authentication.js';
export type {
  CardPhoto,
  CardRecord,
  CardRegister,
  CardRegisters,
  OwnCardValues,
  SharedCardValues,
  StorageMailRecord,
} from './store/card-records.js';
export type {
  KeyFact,
  KeyFactRecord,
  KeyRegister,
  OwnKeyRecord,
  PeerFact,
  PeerRecord,
  PeerState,
  PreferEncrypt,
  PublicKeyRecord,
  SeenFact,
} from './store/key-records.js';
export { MemoryStore } from './store/memory-store.js';
export type { StoreFile, StoreInput } from './store/open-store.js';
export type {
  ActionRecord,
  AddressRecord,
  AttachmentRecord,
  AuthenticationRecord,
  ChatRecord,
  ContactCardRecord,
  ContactProfileRecord,
  ContactRecord,
  EncryptionChoice,
  EncryptionSeen,
  FactRecord,
  FolderRecord,
  GroupChangeRecord,
  GroupStateRecord,
  LocationRecord,
  MentionRecord,
  MessageRecord,
  MessageState,
  OutboxRecord,
  PastMemberRecord,
  PictureRecord,
  ProblemRecord,
  QuoteRecord,
  ReceiptPolicy,
  RecipientRecord,
  RetryRecord,
  SecurityRecord,
  SettingRecord,
  ThreadRecord,
  TokenTimesRecord,
} from './store/records.js';
export type { IndexValue, Store, StoreQuery, TextQuery, WriteBatch } from './store/store.js';
export { type IndexName, schema, type TableName, type TableSchema, type Tables } from './store/tables.js';
