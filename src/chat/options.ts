import { type Clock, systemClock } from '../core/clock.js';
import { InputError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { type Logger, redacting, silentLogger } from '../core/logger.js';
import { refuseUnknownOptions } from '../core/options.js';
import { type RandomBytes, secureRandom } from '../core/random.js';
import { parseAddress } from '../mail/address.js';
import type { StoreInput } from '../store/open-store.js';
import type { ReceiptPolicy } from '../store/records.js';
import type { Identity } from '../sync/incoming.js';
import type { LentSmtp } from '../transport/caller-smtp-transport.js';
import type { ImapFactory, LentImap } from '../transport/imapflow-open.js';
import type { Credentials, ServerSettings, TlsSettings } from '../transport/settings.js';
import { receiptPolicies } from '../trust/receipt-policy.js';
import {
  checkBoolean,
  checkChoice,
  checkLine,
  checkMethods,
  checkNumber,
  checkPassphrase,
  checkSecret,
  checkServer,
  checkTls,
  checkUndoMs,
  hasMethod,
  invalid,
} from './check-options.js';
import { checkStrings, type Strings } from './strings.js';

/** Options of `Account.open`. Unknown ones are refused by name. */
export interface AccountOptions {
  /** Address of the account: login name and sender. */
  readonly email: string;
  /** Password; either this or `accessToken`, unless both servers have credentials of their own. */
  readonly password?: string | undefined;
  /** OAuth 2 access token, or a function that is asked for a fresh one at every login. */
  readonly accessToken?: string | (() => string | Promise<string>) | undefined;
  /**
   * Where everything is kept: path of a SQLite file, a sealed one (`{ path, passphrase | key }`), or a store of your own.
   * Default: in memory, with a warning: the next start has to load everything again, and what waits to be sent is lost.
   */
  readonly store?: StoreInput | undefined;
  /**
   * Seals the private keys in the store (scrypt, AES-GCM), so that the file alone does not open mail; the rest of it stays as it is:
   * for that see `store`. Has to be the same at every opening. Default: not sealed.
   */
  readonly keyPassphrase?: string | undefined;
  /** The IMAP server, or connections of your own. Default: found from the address at the first start. */
  readonly imap?: ServerSettings | ImapFactory | LentImap | undefined;
  /** The SMTP server, or a nodemailer transporter of your own. Default: found from the address at the first start. */
  readonly smtp?: ServerSettings | LentSmtp | undefined;
  /** TLS settings of both servers. */
  readonly tls?: TlsSettings | undefined;
  /** Display name that others see. */
  readonly name?: string | undefined;
  /** Further addresses whose mail arrives in this mailbox. A reply comes from the address that was written to. */
  readonly aliases?: readonly string[] | undefined;
  /** When chat mail is moved into its own folder: at once (`active`, default), once it was read (`seen`), never (`none`). A COI server does this itself. */
  readonly filing?: 'active' | 'seen' | 'none' | undefined;
  /** Folder that holds the chat folders. Default `COI`, or what a COI server says. */
  readonly mailboxRoot?: string | undefined;
  /** Who files copies of what was sent: `server`, `client`, or find out (`auto`, default). */
  readonly sentCopies?: 'auto' | 'server' | 'client' | undefined;
  /** Accept everybody who writes: no chat is a request. Default false; true for a bot. */
  readonly acceptRequests?: boolean | undefined;
  /**
   * How the account's mail server calls itself in Authentication-Results fields (RFC 8601), such as `mx.example.org`: only what this
   * server says about the senders of mails is believed. Default: learned from own mails that came back; until then nothing is known
   * about senders of unsigned mail.
   */
  readonly authservId?: string | undefined;
  /**
   * Whether messages are encrypted, in chats for which `Chat.setEncryption` was not called: `auto` (default): where it works for
   * everybody, and always in a chat that once was; `require`: always, sending fails where it is not possible; `off`: never.
   */
  readonly encryption?: 'auto' | 'require' | 'off' | undefined;
  /** Ask for read receipts from people who use a chat client. Default true. */
  readonly requestReceipts?: boolean | undefined;
  /**
   * Who learns that a message was read (`chat.markRead`), if they asked: `always` everybody whose request was accepted and who uses a
   * chat program; `trusted` only people with whom there is a trusted connection; `never` nobody. `chat.setReceipts` and
   * `contact.setReceipts` set it for one of them. Default `always`.
   */
  readonly receipts?: ReceiptPolicy | undefined;
  /**
   * Let `chat.typing` tell people with whom there is a trusted connection that the user is typing. Each notice is a mail of its own.
   * Default false.
   */
  readonly typing?: boolean | undefined;
  /** Most messages sent per minute, for providers that block more. Default: no limit. */
  readonly sendRate?: number | undefined;
  /** Time in which a sent message can be cancelled, milliseconds. Default 0. */
  readonly undoMs?: number | undefined;
  /** Words of system messages ("Ada added Bob") in the user's language; see {@link Strings}. Default: English. */
  readonly strings?: Partial<Strings> | undefined;
  /** Default: nothing is logged. Secrets and texts are left out of what it is given. */
  readonly logger?: Logger | undefined;
  /** Source of time, for tests. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Source of random octets, for tests. Default: the platform's cryptographic one. */
  readonly random?: RandomBytes | undefined;
}

/** Options that were found to be right, with their defaults. */
export interface CheckedOptions {
  readonly identity: Identity;
  readonly credentials: Credentials | undefined;
  readonly store: StoreInput | undefined;
  readonly keyPassphrase: string | undefined;
  readonly imap: ImapSource;
  readonly smtp: SmtpSource;
  readonly tls: TlsSettings | undefined;
  readonly filing: 'active' | 'seen' | 'none';
  readonly mailboxRoot: string;
  readonly sentCopies: 'auto' | 'server' | 'client';
  readonly encryption: 'auto' | 'require' | 'off';
  readonly requestReceipts: boolean;
  readonly receipts: ReceiptPolicy;
  readonly typing: boolean;
  readonly sendRate: number | undefined;
  readonly undoMs: number;
  readonly strings: Strings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** Where IMAP connections come from. */
type ImapSource =
  | { readonly kind: 'discover' }
  | { readonly kind: 'server'; readonly server: ServerSettings }
  | { readonly kind: 'factory'; readonly factory: ImapFactory }
  | { readonly kind: 'lent'; readonly lent: LentImap };

/** Where SMTP connections come from. */
type SmtpSource =
  | { readonly kind: 'discover' }
  | { readonly kind: 'server'; readonly server: ServerSettings }
  | { readonly kind: 'lent'; readonly lent: LentSmtp };

const KEYS = [
  'email',
  'password',
  'accessToken',
  'store',
  'keyPassphrase',
  'imap',
  'smtp',
  'tls',
  'name',
  'aliases',
  'filing',
  'mailboxRoot',
  'sentCopies',
  'acceptRequests',
  'authservId',
  'encryption',
  'requestReceipts',
  'receipts',
  'typing',
  'sendRate',
  'undoMs',
  'strings',
  'logger',
  'clock',
  'random',
] as const satisfies readonly (keyof AccountOptions)[];

/**
 * Checks every option before anything is opened.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_ADDRESS`
 */
export function checkOptions(where: string, options: AccountOptions): CheckedOptions {
  if (options === null || typeof options !== 'object') {
    throw invalid(where, 'needs an object such as { email, password }');
  }
  refuseUnknownOptions(where, options, KEYS);
  if (options.email === undefined) throw invalid(`${where}: email`, 'is missing');
  const email = parseAddress(options.email);
  checkPassphrase('keyPassphrase', options.keyPassphrase);
  checkLine('name', options.name, limits.nameChars);
  checkLine('mailboxRoot', options.mailboxRoot, limits.nameChars);
  checkChoice('filing', options.filing, ['active', 'seen', 'none']);
  checkChoice('sentCopies', options.sentCopies, ['auto', 'server', 'client']);
  checkBoolean('acceptRequests', options.acceptRequests);
  checkLine('authservId', options.authservId, limits.nameChars);
  checkChoice('encryption', options.encryption, ['auto', 'require', 'off']);
  checkBoolean('requestReceipts', options.requestReceipts);
  checkChoice('receipts', options.receipts, receiptPolicies);
  checkBoolean('typing', options.typing);
  checkNumber('sendRate', options.sendRate, 1, 1_000_000);
  checkUndoMs('undoMs', options.undoMs);
  checkMethods('logger', options.logger, ['log']);
  checkMethods('clock', options.clock, ['now', 'after']);
  if (options.random !== undefined && typeof options.random !== 'function')
    throw invalid('random', 'has to be a function');
  if (options.tls !== undefined) checkTls('tls', options.tls);
  const imap = imapSource(options.imap);
  const smtp = smtpSource(options.smtp);
  return {
    identity: {
      email,
      addresses: new Set([email, ...aliasesOf(options.aliases)]),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.acceptRequests && { acceptsRequests: true }),
      ...(options.authservId === undefined ? {} : { authservId: options.authservId.toLowerCase() }),
    },
    credentials: credentialsOf(where, options, email, [imap, smtp]),
    store: options.store,
    keyPassphrase: options.keyPassphrase,
    imap,
    smtp,
    tls: options.tls,
    filing: options.filing ?? 'active',
    mailboxRoot: options.mailboxRoot ?? 'COI',
    sentCopies: options.sentCopies ?? 'auto',
    encryption: options.encryption ?? 'auto',
    requestReceipts: options.requestReceipts ?? true,
    receipts: options.receipts ?? 'always',
    typing: options.typing ?? false,
    sendRate: options.sendRate,
    undoMs: options.undoMs ?? 0,
    strings: checkStrings(options.strings),
    logger: redacting(options.logger ?? silentLogger),
    clock: options.clock ?? systemClock,
    random: options.random ?? secureRandom,
  };
}

/** Credentials from `password` or `accessToken`; undefined if there are none and none are needed. */
function credentialsOf(
  where: string,
  options: Pick<AccountOptions, 'password' | 'accessToken'>,
  user: string,
  sources: readonly (ImapSource | SmtpSource)[],
): Credentials | undefined {
  const needed = sources.some(
    (source) => source.kind === 'discover' || (source.kind === 'server' && !source.server.auth),
  );
  const given = options.password !== undefined || options.accessToken !== undefined;
  return given || needed ? credentialsFrom(where, options, user) : undefined;
}

/**
 * Credentials for a login name.
 *
 * @throws InputError `INVALID_OPTION` unless there is exactly one of password and access token.
 */
export function credentialsFrom(
  where: string,
  { password, accessToken }: Pick<AccountOptions, 'password' | 'accessToken'>,
  user: string,
): Credentials {
  checkSecret(where, { password, accessToken });
  if (password !== undefined) return { user, password };
  if (accessToken !== undefined) return { user, accessToken };
  throw new InputError('INVALID_OPTION', `${where} needs either "password" or "accessToken".`);
}

function aliasesOf(aliases: readonly string[] | undefined): string[] {
  if (aliases === undefined) return [];
  if (!Array.isArray(aliases)) throw invalid('aliases', 'has to be a list of addresses');
  return aliases.map((alias) => parseAddress(alias));
}

function imapSource(imap: AccountOptions['imap']): ImapSource {
  if (imap === undefined) return { kind: 'discover' };
  if (typeof imap === 'function') return { kind: 'factory', factory: imap };
  if (isLentImap(imap)) return { kind: 'lent', lent: imap };
  checkServer('imap', imap);
  return { kind: 'server', server: imap };
}

function smtpSource(smtp: AccountOptions['smtp']): SmtpSource {
  if (smtp === undefined) return { kind: 'discover' };
  if (isLentSmtp(smtp)) return { kind: 'lent', lent: smtp };
  checkServer('smtp', smtp);
  return { kind: 'server', server: smtp };
}

function isLentImap(imap: ServerSettings | LentImap): imap is LentImap {
  return hasMethod(imap, 'getMailboxLock');
}

function isLentSmtp(smtp: ServerSettings | LentSmtp): smtp is LentSmtp {
  return hasMethod(smtp, 'sendMail');
}
