import type { ServerSettings, TlsSettings } from '../../src/transport/settings.js';
import type { TcpProxy } from './proxy.js';

/** A user of the servers, as `Account.open` takes it. */
export interface TestUser {
  readonly email: string;
  readonly password: string;
  readonly imap: ServerSettings;
  readonly smtp: ServerSettings;
  readonly tls?: TlsSettings;
}

/** Mail servers that the end-to-end suite runs on. */
export interface TestServers {
  readonly domain: string;
  /** Makes a user with a name of its own and an empty mailbox. */
  createUser(localPart: string): Promise<TestUser>;
  /** An address whose mail is accepted by SMTP and bounced afterwards. */
  createBouncingAddress(localPart: string): Promise<string>;
  /** Recipients that one SMTP transaction takes. */
  readonly recipientLimit: number;
  /** In front of the IMAP and SMTP ports that the users are given. */
  readonly proxies: readonly TcpProxy[];
  close(): Promise<void>;
}
