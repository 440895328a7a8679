/** `coi-sdk/bot`: programs that answer messages. */
export { Bot, type BotOptions, type BotStartOptions } from '../bot/bot.js';
export type { Command } from '../bot/command.js';
export type { CommandHandler, HearsHandler, MessageFilter, MessageHandler } from '../bot/routes.js';
