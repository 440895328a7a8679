import type { MailHeaders } from '../mail/parsed-mail.js';

const BULK = new Set(['bulk', 'junk', 'auto_reply', 'auto-reply']);

/**
 * True if nobody wrote the mail by hand, so that nothing may answer it automatically: Auto-Submitted other than `no`
 * (RFC 3834), Precedence bulk / junk / auto_reply, Exchange's X-Auto-Response-Suppress, the older X-Autoreply and
 * X-Autorespond, or an empty Return-Path (RFC 5321: a report). `Precedence: list` alone does not count: people write to lists.
 */
export function isAutomatic(headers: MailHeaders): boolean {
  const submitted = firstWord(headers.get('Auto-Submitted'));
  if (submitted !== '' && submitted !== 'no') return true;
  if (BULK.has(firstWord(headers.get('Precedence')))) return true;
  const suppress = firstWord(headers.get('X-Auto-Response-Suppress'));
  if (suppress !== '' && suppress !== 'none') return true;
  if (headers.get('X-Autoreply') !== undefined || headers.get('X-Autorespond') !== undefined) return true;
  return headers.get('Return-Path')?.trim() === '<>';
}

/**
 * Identifier of the mailing list that a mail came through, in lower case: the id of List-Id (RFC 2919), else the
 * address of Mailing-List or List-Post (RFC 2369).
 */
export function listIdOf(headers: MailHeaders): string | undefined {
  const listId = headers.get('List-Id');
  if (listId !== undefined) {
    // The phrase before the id may hold anything.
    const id = (lastBetween(listId, '<', '>') ?? listId).trim().toLowerCase().slice(0, 255);
    if (id !== '') return id;
  }
  // `Mailing-List: list someone@example.org; contact owner@example.org`
  const older = headers.get('Mailing-List')?.slice(0, 1000);
  const named = older?.split(/[\s;,]/).find((word) => word.includes('@'));
  if (named !== undefined) return named.replace(/[<>]/g, '').toLowerCase();
  // `List-Post: NO` says that nobody may post.
  const post = between(headers.get('List-Post') ?? '', '<mailto:', '>');
  return post?.split('?', 1)[0]?.toLowerCase().slice(0, 255) || undefined;
}

function firstWord(value: string | undefined): string {
  return (
    value
      ?.trim()
      .slice(0, 100)
      .split(/[\s;,(]/, 1)[0]
      ?.toLowerCase() ?? ''
  );
}

function between(text: string, open: string, close: string): string | undefined {
  const from = text.toLowerCase().indexOf(open);
  if (from < 0) return undefined;
  const to = text.indexOf(close, from + open.length);
  return to < 0 ? undefined : text.slice(from + open.length, to);
}

function lastBetween(text: string, open: string, close: string): string | undefined {
  const from = text.lastIndexOf(open);
  const to = text.indexOf(close, from);
  return from < 0 || to < 0 ? undefined : text.slice(from + open.length, to);
}
