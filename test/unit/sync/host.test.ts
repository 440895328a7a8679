import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MailHost } from '../../../src/testing/mail-host.js';
import { engineOn, rawMail, type TestEngine, type TestEngineOptions } from '../../support/engine.js';

let host: MailHost;
const engines: TestEngine[] = [];

beforeEach(async () => {
  host = await MailHost.start();
  host.addUser('ada@example.org');
  host.addUser('bob@example.net');
});

afterEach(async () => {
  for (const { engine } of engines.splice(0)) await engine.close();
  await host.close();
});

async function open(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await engineOn(host, options);
  engines.push(engine);
  return engine;
}

describe('an engine on a mail host', () => {
  it('takes in what lies in the mailbox, silently', async () => {
    for (let i = 0; i < 30; i++) host.deliver(rawMail({ text: `old ${i}` }));
    const ada = await open();
    await ada.engine.start();
    await ada.complete();
    expect(await ada.texts()).toHaveLength(30);
    expect(ada.news).toEqual([]);
    expect(ada.engine.connection).toBe('online');
  });

  it('announces a mail that arrives, and files it into Chats with the keyword', async () => {
    const ada = await open();
    await ada.engine.start();
    host.deliver(rawMail({ text: 'hello' }));
    await ada.until(() => ada.news.length === 1);
    expect(await ada.newsTexts()).toEqual(['hello']);
    const chats = host.mailbox('ada@example.org').folder('COI/Chats');
    await chats.until(({ messages }) => messages.length === 1);
    expect([...(chats.messages[0]?.flags ?? [])]).toContain('$Chat');
    expect(host.mailbox('ada@example.org').inbox.messages).toHaveLength(0);
  });

  it('sends a message, and files one copy of it', async () => {
    const ada = await open();
    const bob = await open({ email: 'bob@example.net' });
    await ada.engine.start();
    await bob.engine.start();
    const { key } = await ada.send('bob@example.net', 'hi Bob');
    await ada.untilState(key, 'sent');
    await bob.until(() => bob.news.length === 1);
    expect(await bob.newsTexts()).toEqual(['hi Bob']);
    const chats = host.mailbox('ada@example.org').folder('COI/Chats');
    await chats.until(({ messages }) => messages.length === 1);
    expect([...(chats.messages[0]?.flags ?? [])]).toContain('\\Seen');
    await ada.until(async () => (await ada.store.count('outbox')) === 0);
    expect(ada.news).toEqual([]);
  });
});
