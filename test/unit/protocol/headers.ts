import type { MailHeaders } from '../../../src/mail/parsed-mail.js';

/** Header fields from a list, for tests that need no whole mail. */
export function headersOf(...fields: readonly (readonly [string, string])[]): MailHeaders {
  const all = (name: string) => fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, v]) => v);
  return {
    get: (name) => all(name)[0],
    getAll: all,
    text: (name) => all(name)[0],
    entries: () => fields,
  };
}
