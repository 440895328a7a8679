/**
 * A bot for groups that asks who is in, without a poll: `/who Pizza on Friday?` in a group begins, everybody answers `in` or `out`, and
 * `/who` alone says how it stands and mentions those who have not answered.
 *
 *     EMAIL=bot@example.org PASSWORD=… npx tsx examples/group-bot.ts
 *
 * Add the bot's address to a group, or write to it: it makes a group of you and the addresses behind `/group`.
 */
import { isGroup, type Message } from 'coi-sdk';
import { Bot } from 'coi-sdk/bot';
import { accountFromEnvironment } from './support/environment.js';

interface Question {
  readonly text: string;
  /** Answers by address; a later one replaces the earlier. */
  readonly answers: Map<string, 'in' | 'out'>;
}

/** By chat. A bot that has to remember over restarts keeps this in a database. */
const questions = new Map<string, Question>();

const bot: Bot = new Bot({ ...accountFromEnvironment(), name: 'Who', store: process.env.STORE ?? 'group-bot.db' })
  .command('who', async (message, { rest: text }) => {
    if (!isGroup(message.chat)) return message.reply('Ask me in a group.');
    if (text !== '') {
      questions.set(message.chat.id, { text, answers: new Map() });
      return message.chat.send(`@all ${text}\nAnswer "in" or "out".`);
    }
    return report(message);
  })
  .command('group', async (message, { args: [name = 'Who is in?', ...addresses] }) => {
    const group = await bot.account.createGroup(name, [message.from.address, ...addresses]);
    return group.send('Ask with /who, for example: /who Pizza on Friday?');
  })
  .hears(/^(in|out)[.!]*$/i, async (message, [, answer]) => {
    const question = questions.get(message.chat.id);
    if (!question) return;
    question.answers.set(message.from.address, answer?.toLowerCase() === 'in' ? 'in' : 'out');
    await report(message);
  })
  .on('group', (group, change) => {
    if (change.kind === 'left') questions.get(group.id)?.answers.delete(change.member.address);
  });

/** Says how it stands. */
async function report({ chat }: Message): Promise<void> {
  const question = questions.get(chat.id);
  if (!question) {
    await chat.send('Nobody has asked anything. Begin with /who and a question.');
    return;
  }
  const called = (address: string) => chat.members.find((member) => member.address === address)?.name ?? address;
  const those = (wanted: 'in' | 'out') =>
    [...question.answers].filter(([, answer]) => answer === wanted).map(([address]) => called(address));
  const waiting = chat.members.filter(({ address }) => !question.answers.has(address));
  const open = waiting.map(({ address, name }) => `@${name ?? address}`).join(', ');
  const lines = [
    question.text,
    `In: ${those('in').join(', ') || 'nobody'}`,
    `Out: ${those('out').join(', ') || 'nobody'}`,
  ];
  if (waiting.length > 0) lines.push(`And you, ${open}?`);
  await chat.send({ text: lines.join('\n'), mentions: waiting });
}

process.once('SIGINT', () => bot.stop());
process.once('SIGTERM', () => bot.stop());

await bot.start();
console.log(`${bot.email} is listening.`);
