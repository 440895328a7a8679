/**
 * A bot that says back what it hears, and answers `/ping` with `pong`.
 *
 *     EMAIL=bot@example.org PASSWORD=… npx tsx examples/echo-bot.ts
 *
 * Host names are found from the address; set IMAP_HOST and SMTP_HOST where that fails.
 */
import { Bot } from 'coi-sdk/bot';
import { accountFromEnvironment } from './support/environment.js';

const bot = new Bot({ ...accountFromEnvironment(), store: process.env.STORE ?? 'echo-bot.db' })
  .command('ping', (message) => message.reply('pong'))
  .onMessage((message) => message.reply(`You said: ${message.text}`));

process.once('SIGINT', () => bot.stop());
process.once('SIGTERM', () => bot.stop());

await bot.start();
console.log(`${bot.email} is listening.`);
