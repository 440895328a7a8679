import { hash } from 'node:crypto';
import { searchWords } from '../search-text.js';
import type { Connection } from './connection.js';

/**
 * The full-text index over message texts (FTS5, contentless, row numbers are those of `messages`). It holds the words that
 * search-text.ts finds, and with each message one word that names the account; U+E000 is in no word of a text.
 */
function accountWord(account: number): string {
  return `\uE000${account}`;
}

/** FTS5 expression: messages of the account that have, for each word, one that begins with it. */
export function matchExpression(account: number, words: readonly string[]): string {
  return [`"${accountWord(account)}"`, ...words.map((word) => `"${word}" *`)].join(' AND ');
}

/** What `_text` holds for an indexed text: an unchanged message need not be indexed again. */
export function textMark(text: string): string {
  return hash('sha256', text, 'base64').slice(0, 22);
}

/** Adds the text of a message; inside a transaction. */
export function addWords(connection: Connection, account: number, row: number, text: string): void {
  const words = [accountWord(account), ...searchWords(text)].join(' ');
  connection.run('INSERT INTO _words (rowid, words) VALUES (?, ?)', [row, words]);
}

/** Removes the text of a message; inside a transaction. */
export function removeWords(connection: Connection, row: number): void {
  connection.run('DELETE FROM _words WHERE rowid = ?', [row]);
}

/** Removes the texts of an account for good; inside a transaction. */
export function removeAllWords(connection: Connection, account: number): void {
  connection.run(
    'DELETE FROM _words WHERE rowid IN (SELECT _row FROM messages WHERE _account = ? AND _text IS NOT NULL)',
    [account],
  );
  // Until the parts of the index are merged, deleted words would stay in the file.
  connection.run(`INSERT INTO _words (_words) VALUES ('optimize')`, []);
}
