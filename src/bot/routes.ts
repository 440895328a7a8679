import type { Message } from '../chat/handles.js';
import { InputError } from '../core/errors.js';
import { type Command, checkCommandName, readCommand } from './command.js';

/** Handles a command; what it returns is awaited. */
export type CommandHandler = (message: Message, command: Command) => unknown;
/** Handles a text that matched a pattern; `match` is what the pattern found. */
export type HearsHandler = (message: Message, match: RegExpExecArray) => unknown;
/** Handles a message. */
export type MessageHandler = (message: Message) => unknown;
/** Says whether the bot is to look at a message at all. */
export type MessageFilter = (message: Message) => boolean | Promise<boolean>;

/** Which handler a message goes to. */
export class Routes {
  readonly #commands = new Map<string, CommandHandler>();
  readonly #patterns: { readonly pattern: RegExp; readonly handler: HearsHandler }[] = [];
  readonly #handlers: MessageHandler[] = [];
  readonly #filters: MessageFilter[] = [];

  addCommand(name: string | readonly string[], handler: CommandHandler): void {
    const names = typeof name === 'string' ? [name] : name;
    if (!Array.isArray(names) || names.length === 0) {
      throw new InputError('INVALID_OPTION', 'bot.command: pass a name or a list of names.');
    }
    checkHandler('bot.command', handler);
    const checked = names.map(checkCommandName);
    for (const key of checked) {
      if (this.#commands.has(key))
        throw new InputError('INVALID_OPTION', `bot.command: "${key}" has a handler already.`);
    }
    for (const key of checked) this.#commands.set(key, handler);
  }

  addPattern(pattern: string | RegExp, handler: HearsHandler): void {
    checkHandler('bot.hears', handler);
    if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
      throw new InputError('INVALID_OPTION', 'bot.hears: pass a text or a regular expression.');
    }
    this.#patterns.push({ pattern: patternOf(pattern), handler });
  }

  addHandler(handler: MessageHandler): void {
    checkHandler('bot.onMessage', handler);
    this.#handlers.push(handler);
  }

  addFilter(filter: MessageFilter): void {
    checkHandler('bot.filter', filter);
    this.#filters.push(filter);
  }

  /** Runs what is responsible for a message: its command, else the first pattern that it matches, else the general handlers. */
  async run(message: Message): Promise<void> {
    for (const filter of this.#filters) if (!(await filter(message))) return;
    const command = readCommand(message.text);
    const onCommand = command && this.#commands.get(command.name);
    if (command && onCommand) {
      await onCommand(message, command);
      return;
    }
    for (const { pattern, handler } of this.#patterns) {
      const match = pattern.exec(message.text);
      if (!match) continue;
      await handler(message, match);
      return;
    }
    for (const handler of this.#handlers) await handler(message);
  }
}

/** A text matches as a whole, whatever the case; of an expression only `g` and `y` are dropped, which would make it remember. */
function patternOf(pattern: string | RegExp): RegExp {
  if (typeof pattern !== 'string') return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  const escaped = pattern.trim().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`^\\s*${escaped}\\s*$`, 'iu');
}

function checkHandler(where: string, handler: unknown): void {
  if (typeof handler !== 'function') throw new InputError('INVALID_OPTION', `${where}: pass a function.`);
}
