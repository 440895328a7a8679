import { AuthError, describe } from '../core/errors.js';
import type { Credentials } from './settings.js';

/** Credentials ready for one login. */
export type LoginSecret =
  | { readonly user: string; readonly password: string }
  | { readonly user: string; readonly accessToken: string };

/**
 * Credentials for the next login; a token function is asked anew each time.
 *
 * @throws AuthError `TOKEN_FAILED` if the function throws or gives no token.
 */
async function loginSecret(credentials: Credentials): Promise<LoginSecret> {
  if ('password' in credentials) return credentials;
  const { user, accessToken } = credentials;
  if (typeof accessToken === 'string') return { user, accessToken };
  let token: unknown;
  try {
    token = await accessToken();
  } catch (cause) {
    throw new AuthError('TOKEN_FAILED', `The accessToken function failed: ${describe(cause)}`, { cause });
  }
  if (typeof token !== 'string' || token === '') {
    throw new AuthError(
      'TOKEN_FAILED',
      'The accessToken function returned no token. It must return a non-empty string.',
    );
  }
  return { user, accessToken: token };
}

/**
 * Logs in; if the server refuses a token that came from a function, asks the function once more and tries again: cached
 * tokens expire between the asking and the login.
 */
export async function withFreshLogin<T>(
  credentials: Credentials,
  login: (secret: LoginSecret) => Promise<T>,
): Promise<T> {
  try {
    return await login(await loginSecret(credentials));
  } catch (error) {
    const refused = error instanceof AuthError && error.code !== 'TOKEN_FAILED';
    if (!refused || !('accessToken' in credentials) || typeof credentials.accessToken !== 'function') throw error;
    return login(await loginSecret(credentials));
  }
}

/** Initial response of the XOAUTH2 mechanism. */
export function xoauth2(user: string, accessToken: string): string {
  return Buffer.from(`user=${user}\x01auth=Bearer ${accessToken}\x01\x01`).toString('base64');
}
