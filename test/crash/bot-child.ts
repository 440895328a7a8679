/** A bot that answers every message, prints what it does, and hangs on one message if it is told to. */
import { Bot, type BotOptions } from 'coi-sdk/bot';

const { options, hangOn } = JSON.parse(process.argv[2] ?? '{}') as { options: BotOptions; hangOn?: string };
const bot = new Bot({ ...options, logger: { log() {} } })
  .onError((error) => process.stdout.write(`error ${error.code}\n`))
  .onMessage(async (message) => {
    process.stdout.write(`begin ${message.text}\n`);
    if (message.text === hangOn) await new Promise<never>(() => {});
    await message.reply(`answer to ${message.text}`);
    process.stdout.write(`end ${message.text}\n`);
  });
await bot.start();
process.stdout.write('up\n');
