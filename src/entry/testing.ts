/**
 * A mail host, a clock and a contract for stores, for tests of programs that use this library.
 *
 * @module
 */

export type { CoiOptions, MessageFilter } from '../testing/coi-server.js';
export type { TokenFault } from '../testing/fault-plan.js';
export type { ConnectionFilter, FailableCommand, Faults } from '../testing/faults.js';
export type { AppendOptions, HostFolder, SpecialUse } from '../testing/folder.js';
export type { ImapCapabilities } from '../testing/imap/capabilities.js';
export {
  type AddUserOptions,
  type DeliverOptions,
  type HostServer,
  type HostSettings,
  MailHost,
  type MailHostOptions,
} from '../testing/mail-host.js';
export type { HostMailbox } from '../testing/mailbox.js';
export { ManualClock } from '../testing/manual-clock.js';
export type { SentMail } from '../testing/post-office.js';
export type { PresentedTokens, SubmissionTokenOptions } from '../testing/smtp/submission-tokens.js';
export { type ContractRunner, type ContractSubject, storeContract } from '../testing/store-contract.js';
export type { HostMail } from '../testing/stored-mail.js';
