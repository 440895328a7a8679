/**
 * Autocrypt alone, for mail programs: own keys, keys of peers learned from the mail that comes in, and advice whether to
 * encrypt the mail that goes out. No account, no connection.
 *
 * @packageDocumentation
 */

// Common: the key manager.
// Expert: the rules as functions.
export {
  type DecisionInput,
  type DecisionReason,
  type DecisionRecipient,
  decideEncryption,
  type EncryptionDecision,
  type EncryptionMode,
  type OwnKeyState,
  type PersonReason,
  refusal,
} from '../autocrypt/decision.js';
// Expert: header fields.
export { type AutocryptDraftState, formatDraftState, parseDraftState } from '../autocrypt/draft-state.js';
export { type GossipRecipients, gossipFields, readGossip } from '../autocrypt/gossip.js';
export {
  type AutocryptFieldName,
  type AutocryptHeader,
  foldField,
  formatAutocryptHeader,
  formatGossipHeader,
  parseAutocryptHeader,
} from '../autocrypt/header.js';
export { KeyManager } from '../autocrypt/key-manager.js';
export type {
  CreateKeyOptions,
  EncryptionAdvice,
  KeyManagerOptions,
  OwnKeyInfo,
  Recipient,
  RecommendOptions,
} from '../autocrypt/key-options.js';
// Storage of one's own.
export type { KeyEvidence, KeySettings, KeyStore, KeyStoreBatch } from '../autocrypt/key-store.js';
export type { KeyChange, Learned } from '../autocrypt/learn.js';
export { learn } from '../autocrypt/learn.js';
export type { KeyMail } from '../autocrypt/mail-facts.js';
export { factsOfMail, type MailFacts } from '../autocrypt/mail-facts.js';
export { MemoryKeyStore } from '../autocrypt/memory-key-store.js';
export type { OwnKeyManager } from '../autocrypt/own-key-manager.js';
export type { Peer } from '../autocrypt/peer-directory.js';
export type { SeenKey } from '../autocrypt/peer-state.js';
export { addFact, effectiveDate, foldFacts, joinFacts, keyHistory } from '../autocrypt/peer-state.js';
export {
  type MessageFacts,
  type RecipientFacts,
  type RecipientRecommendation,
  type Recommendation,
  type RecommendationReason,
  recommendForAll,
  recommendForOne,
} from '../autocrypt/recommendation.js';
// Setup messages: moving the key to another device.
export { readSetupMessage, type SetupMessage, type WrittenSetupMessage } from '../autocrypt/setup-message.js';
// Verification: comparing keys.
export {
  formatFingerprint,
  formatVerificationCode,
  parseFingerprint,
  parseVerificationCode,
  sameFingerprint,
  type VerificationCode,
} from '../autocrypt/verification.js';
// Errors, and what options are made of.
export type { AbortOptions } from '../core/abort.js';
export type { Clock } from '../core/clock.js';
export {
  AbortedError,
  CoiError,
  type CoiErrorCode,
  type CoiErrorInit,
  EncryptionError,
  InputError,
  MailError,
  RecipientKeyError,
  StoreError,
} from '../core/errors.js';
export type { RandomBytes } from '../core/random.js';
// Reading the mail that comes in.
export type { MailAddress, MailHeaders, MailPart, MailProblem, ParsedMail } from '../mail/parsed-mail.js';
export { readMail } from '../mail/read-mail.js';
// Sealing and opening whole mails with the keys.
export type { EncryptOptions } from '../openpgp/encrypt.js';
export type { PrivateKey, PublicKey } from '../openpgp/key.js';
export {
  type OpenedMail,
  type OpenMailOptions,
  openMail,
  type SecurityOutcome,
  type SecurityWarning,
  type SignerQuestion,
} from '../openpgp/open-mail.js';
export { type SealOptions, sealMail } from '../openpgp/seal-mail.js';
export type { SignatureIssuer, SignatureResult } from '../openpgp/signatures.js';
// Records of a storage of one's own.
export type {
  KeyFact,
  KeyRegister,
  OwnKeyRecord,
  PeerFact,
  PeerRecord,
  PeerState,
  PreferEncrypt,
  PublicKeyRecord,
  SeenFact,
} from '../store/key-records.js';
