import { Account, type Message } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nextMessage } from '../../e2e/support.js';
import { eventually } from '../../servers/temp.js';

const [ADA, BOB, CAROL] = ['ada@example.org', 'bob@example.org', 'carol@example.org'];
let host: MailHost;
const accounts: Account[] = [];

beforeEach(async () => {
  host = await MailHost.start({ coi: { enabled: true, messageFilter: 'active' } });
  for (const address of [ADA, BOB, CAROL]) host.addUser(address);
});
afterEach(async () => {
  await Promise.all(accounts.splice(0).map((account) => account.close()));
  await host.close();
});

async function open(email: string): Promise<Account> {
  const account = await Account.open({ ...host.settings(email), logger: { log() {} } });
  accounts.push(account);
  await account.start();
  return account;
}

it('blocking somebody on a COI server keeps their mail out of sight even while nobody is connected', async () => {
  const [ada, bob, carol] = [await open(ADA), await open(BOB), await open(CAROL)];
  const first = nextMessage(ada, (message) => message.text === 'Hello');
  await (await bob.chat(ADA)).send('Hello');
  const { chat } = await first;
  const contact = await ada.contacts.get(BOB);
  await contact.block();
  const mailbox = host.mailbox(ADA);
  await eventually(async () => {
    const stored = mailbox.folder('COI/Contacts').messages.map((mail) => mail.header('coi-blocked'));
    expect(stored).toContain('yes');
  });
  await ada.stop();
  const told: string[] = [];
  ada.on('message', (message: Message) => void told.push(message.text));

  const hidden = await (await bob.chat(ADA)).send('Can you hear me?');
  const heard = await (await carol.chat(ADA)).send('I am here');
  const ids = (folder: string) => mailbox.find(folder)?.messages.map((mail) => mail.header('message-id')) ?? [];
  await eventually(async () => expect(ids('COI/Chats')).toContain(`<${heard.messageId}>`));
  await eventually(async () => expect(ids('Blocked')).toContain(`<${hidden.messageId}>`));
  expect([...ids('INBOX'), ...ids('COI/Chats')]).not.toContain(`<${hidden.messageId}>`);

  await ada.start();
  await eventually(async () => expect(told).toEqual(['I am here']));
  expect(await ada.chats.list()).not.toContain(chat);

  await contact.unblock();
  await eventually(async () => {
    const texts = (await chat.messages().toArray()).map(({ text }) => text.trim()).sort();
    expect(texts).toEqual(['Can you hear me?', 'Hello']);
  });
  await eventually(async () => expect(ids('Blocked')).toEqual([]));
  expect(told).toEqual(['I am here']);
}, 60_000);
