import {
  Account,
  type AccountOptions,
  type AddressRecord,
  type Attachment,
  type BackupInfo,
  type ChangeWords,
  type Chat,
  type ChatEncryption,
  type ChatListChange,
  type CoiError,
  type CoiErrorCode,
  type ConnectionState,
  type Contact,
  type ContactKey,
  type ContactKeyChange,
  type Group,
  type GroupChange,
  isGroup,
  type MemberInput,
  type Message,
  type MessageDraft,
  type MessageState,
  type OutboxEntry,
  type OwnKeyState,
  type Person,
  type SyncProgress,
} from 'coi-sdk';
import type { Bot, BotOptions, Command } from 'coi-sdk/bot';
import type { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { describe, expectTypeOf, it } from 'vitest';

// The assertions are the compiler's (`npm run typecheck`); running this file only shows that the imports exist.
describe('the public types', () => {
  it('open an account', () => {
    expectTypeOf(Account.open).parameters.toEqualTypeOf<[options: AccountOptions]>();
    expectTypeOf(Account.open).returns.resolves.toEqualTypeOf<Account>();
    expectTypeOf<{ email: string; password: string; store: string }>().toExtend<AccountOptions>();
    expectTypeOf<{ email: string; accessToken: () => Promise<string> }>().toExtend<AccountOptions>();
    expectTypeOf<{ email: string; store: { path: string; passphrase: string } }>().toExtend<AccountOptions>();
    expectTypeOf<{ email: string; imap: { host: string; secure: false } }>().toExtend<AccountOptions>();
    expectTypeOf<{ password: string }>().not.toExtend<AccountOptions>();
    expectTypeOf<{ email: string; filing: 'always' }>().not.toExtend<AccountOptions>();
    expectTypeOf<Account>().toExtend<AsyncDisposable>();
    expectTypeOf<Account['connection']>().toEqualTypeOf<ConnectionState>();
  });

  it('write backups to paths and streams, and read them again', () => {
    expectTypeOf<Account['exportBackup']>().parameter(0).toEqualTypeOf<string | WritableStream<Uint8Array>>();
    expectTypeOf<Account['exportBackup']>().returns.resolves.toEqualTypeOf<BackupInfo>();
    expectTypeOf<ReadableStream<Uint8Array>>().toExtend<Parameters<typeof Account.importBackup>[0]>();
    expectTypeOf<{ passphrase: string }>().not.toExtend<Parameters<typeof Account.importBackup>[1]>();
  });

  it('say whether a chat is encrypted', () => {
    expectTypeOf<Chat['encryption']>().returns.resolves.toEqualTypeOf<ChatEncryption>();
    expectTypeOf<ChatEncryption['state']>().toEqualTypeOf<'encrypted' | 'available' | 'plain' | 'blocked'>();
    expectTypeOf<Chat['setEncryption']>().parameters.toEqualTypeOf<['auto' | 'require' | 'off']>();
    expectTypeOf<AccountOptions['encryption']>().toEqualTypeOf<'auto' | 'require' | 'off' | undefined>();
    expectTypeOf<{ allowPlaintext: true }>().toExtend<Parameters<Message['forward']>[1]>();
    expectTypeOf<{ allowPlaintext: true }>().not.toExtend<Parameters<Message['reply']>[1]>();
  });

  it('show keys', () => {
    expectTypeOf<Account['keys']['state']>().toEqualTypeOf<'none' | 'ready' | 'import-needed'>();
    expectTypeOf<Account['keys']['fingerprint']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Account['keys']['createSetupMessage']>()
      .returns.resolves.toHaveProperty('code')
      .toEqualTypeOf<string>();
    expectTypeOf<Account['keys']['importSetupMessage']>().parameters.toEqualTypeOf<[Message | Uint8Array, string]>();
    expectTypeOf<Contact['verified']>().toEqualTypeOf<boolean>();
    expectTypeOf<Contact['keys']>().returns.resolves.toEqualTypeOf<ContactKey[]>();
    const account = {} as Account;
    const typed = () => {
      account.on('contact:key', (contact, change) => {
        expectTypeOf(contact).toEqualTypeOf<Contact>();
        expectTypeOf(change).toEqualTypeOf<ContactKeyChange>();
      });
      account.on('keys', (state) => expectTypeOf(state).toEqualTypeOf<OwnKeyState>());
    };
    expectTypeOf(typed).toBeFunction();
  });

  it('take connections of the application', () => {
    expectTypeOf<ImapFlow>().toExtend<NonNullable<AccountOptions['imap']>>();
    expectTypeOf<() => Promise<ImapFlow>>().toExtend<NonNullable<AccountOptions['imap']>>();
    const transporter = () => createTransport({ host: 'smtp.example.org' });
    expectTypeOf(transporter).returns.toExtend<NonNullable<AccountOptions['smtp']>>();
  });

  it('tell groups from other chats', () => {
    expectTypeOf<Account['createGroup']>().returns.resolves.toEqualTypeOf<Group>();
    expectTypeOf<Account['createGroup']>().parameter(1).toEqualTypeOf<readonly MemberInput[]>();
    expectTypeOf<Account['group']>().returns.resolves.toEqualTypeOf<Group | undefined>();
    expectTypeOf<Chat['toGroup']>().returns.resolves.toEqualTypeOf<Group>();
    expectTypeOf<Group>().toExtend<Chat>();
    expectTypeOf<Group['kind']>().toEqualTypeOf<'group'>();
    expectTypeOf<Group['members']>().toEqualTypeOf<readonly Person[]>();
    expectTypeOf<Message['changes']>().toEqualTypeOf<readonly GroupChange[]>();
    const typed = (chat: Chat) => {
      if (isGroup(chat)) expectTypeOf(chat).toEqualTypeOf<Group>();
    };
    expectTypeOf(typed).toBeFunction();
    const account = {} as Account;
    expectTypeOf(() =>
      account.on('group', (group, change) => {
        expectTypeOf(group).toEqualTypeOf<Group>();
        if (change.kind === 'member-added') expectTypeOf(change.member).toEqualTypeOf<AddressRecord>();
        if (change.kind === 'renamed') expectTypeOf(change.name).toBeString();
      }),
    ).toBeFunction();
    expectTypeOf<{ memberAdded: (words: ChangeWords) => string }>().toExtend<NonNullable<AccountOptions['strings']>>();
    expectTypeOf<{ memberAdded: string }>().not.toExtend<NonNullable<AccountOptions['strings']>>();
  });

  it('type the handlers of events', () => {
    const account = {} as Account;
    const typed = () => {
      account.on('message', (message) => expectTypeOf(message).toEqualTypeOf<Message>());
      account.on('message:moved', (message, from) => {
        expectTypeOf(message).toEqualTypeOf<Message>();
        expectTypeOf(from).toEqualTypeOf<string>();
      });
      account.on('message:state', (_, state) => expectTypeOf(state).toEqualTypeOf<MessageState>());
      account.on('chat', (chat, change) => {
        expectTypeOf(chat).toEqualTypeOf<Chat>();
        expectTypeOf(change).toEqualTypeOf<'added' | 'updated' | 'removed'>();
      });
      account.on('contact', (contact) => expectTypeOf(contact).toEqualTypeOf<Contact>());
      account.on('connection', (state, error) => {
        expectTypeOf(state).toEqualTypeOf<ConnectionState>();
        expectTypeOf(error).toEqualTypeOf<CoiError | undefined>();
      });
      account.on('sync', (progress) => expectTypeOf(progress).toEqualTypeOf<SyncProgress>());
      account.on('error', (error) => expectTypeOf(error.code).toEqualTypeOf<CoiErrorCode>());
      // @ts-expect-error there is no such event
      account.on('massage', () => {});
    };
    expectTypeOf(typed).toBeFunction();
  });

  it('send, read and download', () => {
    expectTypeOf<Chat['send']>().parameter(0).toEqualTypeOf<string | MessageDraft>();
    expectTypeOf<Chat['send']>().returns.resolves.toEqualTypeOf<Message>();
    expectTypeOf<{ text: string; attachments: { path: string }[] }>().toExtend<MessageDraft>();
    expectTypeOf<{ attachments: { content: Buffer; filename: string; voice: true }[] }>().toExtend<MessageDraft>();
    expectTypeOf<{ attachments: { filename: string }[] }>().not.toExtend<MessageDraft>();
    expectTypeOf<{ attachments: { path: string; content: Uint8Array }[] }>().not.toExtend<MessageDraft>();
    expectTypeOf<ReturnType<Chat['messages']>>().toExtend<AsyncIterable<Message>>();
    expectTypeOf<Message['date']>().toEqualTypeOf<Date>();
    expectTypeOf<Message['from']>().toExtend<{ address: string; name?: string }>();
    expectTypeOf<Message['state']>().toEqualTypeOf<'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed'>();
    expectTypeOf<Attachment['download']>().returns.resolves.toEqualTypeOf<Uint8Array>();
    expectTypeOf<Awaited<ReturnType<Account['outbox']['list']>>>().toEqualTypeOf<OutboxEntry[]>();
    expectTypeOf<ReturnType<Account['chats']['watch']>>().toEqualTypeOf<AsyncIterable<ChatListChange>>();
  });

  it('are read-only where the library keeps them current', () => {
    const assign = (message: Message, chat: Chat) => {
      // @ts-expect-error a message is edited by a method
      message.text = 'other';
      // @ts-expect-error use mute()
      chat.muted = true;
    };
    expectTypeOf(assign).toBeFunction();
  });

  it('make a bot whose store cannot be forgotten', () => {
    expectTypeOf<{ email: string; password: string }>().not.toExtend<BotOptions>();
    const chain = (bot: Bot) =>
      bot
        .command('ping', (message, command) => {
          expectTypeOf(message).toEqualTypeOf<Message>();
          expectTypeOf(command).toEqualTypeOf<Command>();
          return message.reply('pong');
        })
        .hears(/(\d+)/, (_, match) => expectTypeOf(match).toEqualTypeOf<RegExpExecArray>())
        .onMessage((message) => message.reply('?'))
        .start();
    expectTypeOf(chain).returns.resolves.toEqualTypeOf<Bot>();
  });
});
