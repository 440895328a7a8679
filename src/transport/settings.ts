/** TLS settings, passed on to `node:tls`. */
export interface TlsSettings {
  /** Trusted certificates (PEM) besides or instead of the system's. */
  readonly ca?: string | readonly string[];
  /** Accept any certificate. Only for tests on loopback. Default false. */
  readonly allowInvalidCertificates?: boolean;
  /** Name to check the certificate against, if it is not the host. */
  readonly servername?: string;
  /** Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** A password, or an OAuth 2 access token; a function is asked for a fresh token at every login. */
export type Credentials =
  | { readonly user: string; readonly password: string }
  | {
      readonly user: string;
      /** The token, or a function that is asked for a fresh one at every login. */
      readonly accessToken: string | (() => string | Promise<string>);
    };

/** How to reach one server. */
export interface ServerSettings {
  readonly host: string;
  /** Default: 993 / 465 with `secure`, else 143 / 587. */
  readonly port?: number;
  /** TLS from the first byte (default), or STARTTLS with `false`. Credentials never go over an unencrypted connection. */
  readonly secure?: boolean;
  /** Allows a connection without TLS. Only for tests on loopback. Default false. */
  readonly allowInsecure?: boolean;
  /** Credentials of this server; default: those of the account. */
  readonly auth?: Credentials;
  /** `http:`, `https:`, `socks4:`, `socks5:` proxy URL. */
  readonly proxy?: string;
  /** TLS settings of this server; default: those of the account. */
  readonly tls?: TlsSettings;
}
