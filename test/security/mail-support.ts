import { expect } from 'vitest';
import type { MailPart, ParsedMail } from '../../src/mail/parsed-mail.js';
import { readMail } from '../../src/mail/read-mail.js';

/** One MB, to build large mails from. */
export const MB = 1024 * 1024;

/** Far above what it takes anywhere; an algorithm that is not linear takes minutes. */
const GENEROUS_MS = 15_000;

/** Reads a hostile mail and checks that it took bounded time. */
export async function readHostile(raw: string | Uint8Array): Promise<ParsedMail> {
  const octets = typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw;
  return within(() => readMail(octets));
}

/** Checks that a piece of work took bounded time. */
export async function within<T>(work: () => Promise<T> | T): Promise<T> {
  const start = performance.now();
  const result = await work();
  expect(performance.now() - start).toBeLessThan(GENEROUS_MS);
  return result;
}

/** Codes of the problems of a mail. */
export function problemsOf(mail: ParsedMail): string[] {
  return mail.problems.map(({ code }) => code);
}

/** Number of parts, and how deep they lie. */
export function measure(part: MailPart): { parts: number; depth: number } {
  const inner = part.children.map(measure);
  return {
    parts: inner.reduce((sum, { parts }) => sum + parts, 1),
    depth: inner.reduce((max, { depth }) => Math.max(max, depth + 1), 0),
  };
}
