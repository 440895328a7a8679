import type { LogFields } from 'coi-sdk';
import { MailHost } from 'coi-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Account } from '../../src/chat/account.js';
import { checkOptions } from '../../src/chat/options.js';
import { AccountSession } from '../../src/chat/session.js';
import type { MailPart } from '../../src/mail/parsed-mail.js';
import { readMail } from '../../src/mail/read-mail.js';
import type { Arrival } from '../../src/sync/ingest/arrival.js';
import { join } from '../../src/sync/ingest/join.js';
import { startProxy, type TcpProxy } from '../e2e/proxy.js';
import { type MailValues, textMail } from '../support/mail-values.js';

const ADA = 'ada@example.org';
const ALIAS = 'ada@alias.example';
const BOB = 'bob@example.net';
const CAROL = 'carol@example.com';
/** Stands in everything that was received or sent encrypted. */
const SECRET = 'Xyzzy7secret';
const sealed = { encrypted: true, signature: 'valid' } as const;
const GROUP = 'SecretGroup1';

/** Encrypted conversations of every kind; none of the others' keys is there any more. */
const history: readonly MailValues[] = [
  {
    id: 'chat$b1@example.net',
    from: `${SECRET} Bob <${BOB}>`,
    to: [ADA],
    text: `${SECRET} one`,
    subject: `${SECRET} hi`,
  },
  { id: 'chat$a1@example.org', from: ADA, to: [BOB], text: `${SECRET} two`, inReplyTo: 'chat$b1@example.net' },
  { id: 'chat$b2@example.net', from: BOB, to: [ALIAS], text: `> ${SECRET}\n\n${SECRET} three`, chat: true },
  { id: 't1@example.net', from: BOB, to: [ADA, CAROL], text: `${SECRET} trip`, subject: `${SECRET} trip` },
  { id: 't2@example.org', from: ADA, to: [BOB, CAROL], text: `${SECRET} go`, references: ['t1@example.net'] },
  {
    id: 'chat$g1@example.net',
    from: BOB,
    to: [ADA, CAROL],
    text: `${SECRET} group`,
    subject: `${SECRET} crew`,
    groupId: GROUP,
    chat: true,
  },
  {
    id: 'chat$g2@example.org',
    from: ADA,
    to: [BOB, CAROL],
    text: `${SECRET} yes`,
    subject: `${SECRET} crew`,
    groupId: GROUP,
    chat: true,
  },
  { id: 'l1@lists.example', from: BOB, to: ['dev@lists.example'], text: `${SECRET} list`, listId: 'dev.lists.example' },
].map((values, i) => ({ ...values, date: Date.now() - 3600_000 + i * 60_000 }));

describe('what was encrypted does not leave in plain text', () => {
  let host: MailHost;
  let account: Account;
  let session: AccountSession;
  const proxies: TcpProxy[] = [];
  const sent: Buffer[] = [];
  const logged: [string, LogFields | undefined][] = [];

  beforeEach(async () => {
    host = await MailHost.start();
    host.addUser(ADA, 'password', { aliases: [ALIAS] });
    const through = async (port: number) => {
      const proxy = await startProxy(port, (chunk) => sent.push(chunk));
      proxies.push(proxy);
      return proxy.port;
    };
    const settings = host.settings(ADA);
    session = await AccountSession.open(
      checkOptions('Account.open', {
        ...settings,
        imap: { ...settings.imap, port: await through(settings.imap.port) },
        smtp: { ...settings.smtp, port: await through(settings.smtp.port) },
        aliases: [ALIAS],
        name: 'Ada',
        logger: { log: (_level, message, fields) => logged.push([message, fields]) },
      }),
    );
    account = new Account(session);
    await account.start();
    await session.keys.manager.create({ replace: true });
    const arrivals = history.map((values): Arrival => {
      const content = Buffer.from(SECRET);
      const file = { part: '2', filename: `${SECRET}.txt`, contentType: 'text/plain', size: content.length };
      return {
        mail: {
          ...textMail(values),
          html: `<p>${values.text}</p>`,
          quote: `${SECRET} quoted`,
          attachments: [{ ...file, encoding: 'base64', content, inline: false, voice: false, sticker: false }],
        },
        history: true,
        security: sealed,
        ...(values.from === ADA && { sentTo: [] }),
      };
    });
    await session.writer.run((tx) => join(tx, arrivals));
  });
  afterEach(async () => {
    await account.close();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await host.close();
    sent.length = 0;
    logged.length = 0;
  });

  /** All messages of the history that chats show. */
  async function messages() {
    const chats = await account.chats.list();
    expect(chats.map(({ kind }) => kind).toSorted()).toEqual(['adhoc', 'group', 'list', 'single']);
    return (await Promise.all(chats.map((chat) => chat.messages().toArray()))).flat();
  }

  /** Everything that has gone out, raw and decoded. */
  async function everythingOut(): Promise<string> {
    const kept = host.mailbox(ADA).folders.flatMap((folder) => folder.messages);
    const decoded: string[] = [];
    for (const raw of [...host.sent.map((mail) => mail.raw), ...kept.map((mail) => mail.raw)]) {
      const mail = await readMail(raw);
      for (const [name] of mail.headers.entries()) decoded.push(`${name}: ${mail.headers.text(name)}`);
      const visit = (part: MailPart): void => {
        decoded.push(...part.params.values(), ...part.dispositionParams.values());
        decoded.push(Buffer.from(part.content() ?? []).toString());
        part.children.forEach(visit);
      };
      visit(mail.root);
    }
    return [Buffer.concat(sent).toString('latin1'), ...decoded, JSON.stringify(logged)].join('\n');
  }

  it('not by itself: every kind of answer is refused while the keys are missing', async () => {
    const before = host.sent.length;
    for (const message of await messages()) {
      const others = { code: 'MISSING_KEY', addresses: expect.not.arrayContaining([ADA]) };
      await expect(message.reply('plain answer')).rejects.toMatchObject(others);
      await expect(
        message.reply({ html: '<b>plain</b>', attachments: [{ content: Buffer.from('x') }] }),
      ).rejects.toMatchObject(others);
      if (message.chat.kind !== 'list') await expect(message.chat.send('plain')).rejects.toMatchObject(others);
      const dan = await account.chat('dan@example.com');
      await expect(message.forward(dan)).rejects.toMatchObject({ code: 'MISSING_KEY', addresses: ['dan@example.com'] });
    }
    expect(host.sent).toHaveLength(before);
    expect(await everythingOut()).not.toContain(SECRET);
  });

  it('not when the user has switched encryption off: what they write leaves, and nothing else', async () => {
    let expected = 0;
    for (const message of await messages()) {
      const { chat } = message;
      await chat.setEncryption('off');
      await chat.setDraft(`${SECRET} draft`);
      const answers = [
        message.reply('plain answer'),
        message.reply({ text: 'plain answer', quote: true, from: ALIAS }),
        message.reply({ html: '<p>plain <b>answer</b></p>', markdown: 'plain **answer**' }),
        message.reply({ attachments: [{ content: Buffer.from('plain file'), filename: 'plain.txt' }] }),
        chat.send({ text: 'plain answer', replyTo: message.id }),
        chat.send('plain message'),
        chat.send({ text: '@all plain', requestReceipt: true }),
      ];
      for (const answer of await Promise.all(answers)) {
        expected += 1;
        await answer.sent({ signal: AbortSignal.timeout(20_000) });
        expect(answer.security.encrypted).toBe(false);
      }
      await expect(message.forward(chat)).rejects.toMatchObject({ code: 'INVALID_STATE' });
      await message.markRead();
      await account.search(SECRET);
    }
    for (const message of await messages()) if (message.fromMe === false) await message.delete({ server: true });
    await account.stop();
    await account.start();

    expect(host.sent).toHaveLength(expected);
    const out = await everythingOut();
    expect(out).toContain('plain answer');
    expect(out).not.toContain(SECRET);
  });
});
