import { InputError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { Credentials, ServerSettings, TlsSettings } from '../transport/settings.js';

/** Throws unless the value is left out or a string that fits into one line of a mail. */
export function checkLine(where: string, value: unknown, maxChars: number): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value === '') throw invalid(where, 'has to be a text that is not empty');
  if (value.length > maxChars) throw invalid(where, `has more than ${maxChars} characters`);
  if (/\p{Cc}/u.test(value)) throw invalid(where, 'contains line breaks or other control characters');
}

/** Throws unless the value is left out or one of the choices. */
export function checkChoice(where: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw invalid(where, `has to be one of ${choices.map((choice) => `"${choice}"`).join(', ')}`);
}

/** Throws unless the value is left out or a number within the range. */
export function checkNumber(where: string, value: unknown, min: number, max: number): void {
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return;
  throw invalid(where, `has to be a number from ${min} to ${max}`);
}

/** Throws unless the value is left out or a text that is not empty; what else it may be is nobody's concern. */
export function checkPassphrase(where: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return;
  throw invalid(where, 'has to be a text that is not empty');
}

/** Longest undo delay: a message must not wait longer than the user remembers it. */
const MAX_UNDO_MS = 24 * 3600_000;

/** Throws unless the value is left out or a delay that a message may have, milliseconds. */
export function checkUndoMs(where: string, value: unknown): void {
  checkNumber(where, value, 0, MAX_UNDO_MS);
}

/** Throws unless the value is left out or a boolean. */
export function checkBoolean(where: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(where, 'has to be true or false');
}

/** Throws unless the value is left out or an object with these methods. */
export function checkMethods(where: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined || methods.every((name) => hasMethod(value, name))) return;
  throw invalid(where, `has to be an object with ${methods.map((name) => `${name}()`).join(' and ')}`);
}

/** True if the value is an object with that method. */
export function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

const SERVER_KEYS = ['host', 'port', 'secure', 'allowInsecure', 'auth', 'proxy', 'tls'] as const;
const TLS_KEYS = ['ca', 'allowInvalidCertificates', 'servername', 'minVersion'] as const;

/** Throws unless this is a complete description of a server. */
export function checkServer(where: string, value: ServerSettings): void {
  if (typeof value !== 'object' || value === null) throw invalid(where, 'has to be an object such as { host }');
  refuseUnknownOptions(where, value, SERVER_KEYS);
  if (value.host === undefined) throw invalid(`${where}.host`, 'is missing');
  checkLine(`${where}.host`, value.host, 255);
  if (/[\s/@]/.test(value.host)) throw invalid(`${where}.host`, 'has to be a bare host name or IP address');
  if (value.port !== undefined && !Number.isInteger(value.port)) throw invalid(`${where}.port`, 'has to be an integer');
  checkNumber(`${where}.port`, value.port, 1, 65_535);
  checkBoolean(`${where}.secure`, value.secure);
  checkBoolean(`${where}.allowInsecure`, value.allowInsecure);
  checkProxy(`${where}.proxy`, value.proxy);
  if (value.auth !== undefined) checkCredentials(`${where}.auth`, value.auth);
  if (value.tls !== undefined) checkTls(`${where}.tls`, value.tls);
}

/** Throws unless these are TLS settings. */
export function checkTls(where: string, value: TlsSettings): void {
  if (typeof value !== 'object' || value === null) throw invalid(where, 'has to be an object such as { ca }');
  refuseUnknownOptions(where, value, TLS_KEYS);
  const certificates = Array.isArray(value.ca) ? value.ca : [value.ca];
  if (value.ca !== undefined && !certificates.every((entry) => typeof entry === 'string')) {
    throw invalid(`${where}.ca`, 'has to be a PEM text or a list of them');
  }
  checkBoolean(`${where}.allowInvalidCertificates`, value.allowInvalidCertificates);
  checkLine(`${where}.servername`, value.servername, 255);
  checkChoice(`${where}.minVersion`, value.minVersion, ['TLSv1.2', 'TLSv1.3']);
}

/** Throws unless the value has exactly one of password and access token. */
export function checkSecret(
  where: string,
  value: { readonly password?: unknown; readonly accessToken?: unknown },
): void {
  const { password, accessToken } = value;
  if ((password === undefined) === (accessToken === undefined)) {
    throw invalid(where, 'needs either "password" or "accessToken"');
  }
  if (password !== undefined && (typeof password !== 'string' || password === '')) {
    throw invalid(`${where}.password`, 'has to be a text that is not empty');
  }
  if (accessToken === undefined || typeof accessToken === 'function') return;
  if (typeof accessToken !== 'string' || accessToken === '') {
    throw invalid(`${where}.accessToken`, 'has to be a text, or a function that returns one');
  }
}

function checkCredentials(where: string, value: Credentials): void {
  if (typeof value !== 'object' || value === null)
    throw invalid(where, 'has to be an object such as { user, password }');
  refuseUnknownOptions(where, value, ['user', 'password', 'accessToken']);
  if (value.user === undefined) throw invalid(`${where}.user`, 'is missing');
  checkLine(`${where}.user`, value.user, 998);
  checkSecret(where, value);
}

const PROXY_PROTOCOLS = ['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:'];

function checkProxy(where: string, value: unknown): void {
  if (value === undefined) return;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url && PROXY_PROTOCOLS.includes(url.protocol)) return;
  throw invalid(where, 'has to be an http:, https:, socks4: or socks5: URL');
}

/** An option has the wrong value. The value itself is not shown: it may be a secret. */
export function invalid(where: string, what: string): InputError {
  return new InputError('INVALID_OPTION', `${where} ${what}.`);
}
