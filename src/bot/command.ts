import { InputError } from '../core/errors.js';

/** A command as a message gave it. */
export interface Command {
  /** Name without the slash, in lower case. */
  readonly name: string;
  /** Words after the name. Text in double quotes is one word. */
  readonly args: readonly string[];
  /** Everything after the name, as it was written. */
  readonly rest: string;
}

/** Words of a command that count: nobody types more, and a text of 100,000 words is no command. */
const MAX_ARGS = 100;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u;

/**
 * Throws unless this can be the name of a command: letters, digits, `_` and `-`, at most 32 characters.
 *
 * @throws InputError `INVALID_OPTION`
 */
export function checkCommandName(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name.toLowerCase();
  throw new InputError(
    'INVALID_OPTION',
    'bot.command: a name consists of letters, digits, "_" and "-", without the slash: "ping".',
  );
}

/**
 * Reads a message as a command. With a slash (`/ping now`) the first word is its name; without one the message is a
 * command only if it consists of the name alone (`Ping`), so that ordinary sentences are not taken for commands.
 */
export function readCommand(text: string): Command | undefined {
  const trimmed = text.trim();
  const slash = trimmed.startsWith('/');
  const body = slash ? trimmed.slice(1) : trimmed;
  // A name is short: what comes later cannot change what the first word is.
  const first = body.slice(0, 64).search(/\s/);
  const name = first < 0 ? body.slice(0, 64) : body.slice(0, first);
  if (!NAME.test(name) || (first < 0 && body.length > 64)) return undefined;
  if (!slash && name.length !== body.length) return undefined;
  const rest = body.slice(name.length).trim();
  return { name: name.toLowerCase(), args: words(rest), rest };
}

function words(text: string): string[] {
  const found: string[] = [];
  for (const [word, quoted] of text.matchAll(/"([^"]*)"|\S+/g)) {
    found.push(quoted ?? word);
    if (found.length === MAX_ARGS) break;
  }
  return found;
}
