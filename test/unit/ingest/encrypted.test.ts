import { beforeAll, describe, expect, it } from 'vitest';
import type { IncomingCopy } from '../../../src/sync/incoming.js';
import { ingest } from '../../../src/sync/ingest/ingest.js';
import { goldenDump } from '../../support/golden-dump.js';
import { copyOf, type Sealer, sealedMail, sealer } from '../../support/sealed.js';
import { ALIAS, ME, type TestState, testState } from '../../support/state.js';

const DAY = 24 * 3600_000;
const DATE = Date.UTC(2024, 5, 1);

let me: Sealer;
let bob: Sealer;
let carol: Sealer;

beforeAll(async () => {
  [me, bob, carol] = await Promise.all([sealer(ME), sealer('bob@example.net'), sealer('carol@example.com')]);
});

async function withKey(): Promise<TestState> {
  const state = await testState();
  await (await state.keys()).manager.importKey(me.key.bytes());
  return state;
}

async function take(state: TestState, ...copies: readonly IncomingCopy[]) {
  return ingest(state.writer, await state.keys(), copies);
}

/** Reads the copies again that wait for a key which has come; as the session does it with the server. */
async function retry(state: TestState, copies: readonly IncomingCopy[]) {
  for (;;) {
    const [due] = await state.store.list('retries', { limit: 1 });
    if (!due) return;
    const waiting = await state.store.list('locations', { index: 'waiting', prefix: [due.waitsFor] });
    await state.writer.run(async (tx) => tx.remove('retries', due.waitsFor));
    await take(
      state,
      ...copies.filter(({ folder, mail }) => waiting.some((at) => at.folder === folder && at.uid === mail.uid)),
    );
  }
}

describe('an encrypted mail', () => {
  it('is shown as what is inside, with the outcome of its signature', async () => {
    const state = await withKey();
    const source = await sealedMail({ from: bob, to: [me], text: 'The secret', id: 'chat$1@example.net', date: DATE });
    const [message] = await take(state, copyOf(source, { uid: 1 }));
    expect(message).toMatchObject({
      text: 'The secret',
      chatId: 'single:bob@example.net',
      messageId: 'chat$1@example.net',
      security: { encrypted: true, signature: 'valid', signer: bob.key.fingerprint },
    });
    expect(message).not.toHaveProperty('problem');
    expect(await state.news()).toEqual(['The secret']);
  });

  it('is found by a search for its text', async () => {
    const state = await withKey();
    const source = await sealedMail({ from: bob, to: [me], text: 'Turnip soup', id: 'chat$1@example.net', date: DATE });
    await take(state, copyOf(source, { uid: 1 }));
    expect(await state.store.search({ text: 'turnip' })).toMatchObject([{ text: 'Turnip soup' }]);
  });

  it('teaches the keys of its sender and, from inside, those of the other recipients', async () => {
    const state = await withKey();
    const source = await sealedMail({
      from: bob,
      to: [me, carol],
      text: 'Hello both',
      id: 'chat$1@example.net',
      date: DATE,
      gossip: [carol],
    });
    await take(state, copyOf(source, { uid: 1 }));
    const peers = await state.store.get('peers', [bob.address, carol.address]);
    expect(peers).toMatchObject([
      { state: { direct: { fingerprint: bob.key.fingerprint, source: 'inner' } } },
      { state: { gossip: { fingerprint: carol.key.fingerprint } } },
    ]);
  });

  it('is not said to be signed by its sender because of a key that others passed on', async () => {
    const state = await withKey();
    const eve = await sealer('carol@example.com');
    const gossip = { from: bob, to: [me, eve], text: 'psst', id: 'chat$1@example.net', date: DATE, gossip: [eve] };
    await take(state, copyOf(await sealedMail(gossip), { uid: 1 }));
    const forged = { from: eve, to: [me], text: 'I am Carol', id: 'chat$2@x.org', date: DATE, withHeader: false };
    const [message] = await take(state, copyOf(await sealedMail(forged), { uid: 2 }));
    expect(message?.security).toMatchObject({ encrypted: true, signature: 'unknown-key' });
  });

  it('of our own, in Sent, is open to us', async () => {
    const state = await withKey();
    const source = await sealedMail({ from: me, to: [bob], text: 'From me', id: 'chat$1@example.org', date: DATE });
    const [message] = await take(state, copyOf(source, { uid: 1, folder: 'Sent' }));
    expect(message).toMatchObject({
      text: 'From me',
      fromMe: true,
      chatId: 'single:bob@example.net',
      security: { encrypted: true, signature: 'valid', signer: me.key.fingerprint },
    });
  });

  it('keeps its small files', async () => {
    const state = await withKey();
    const content = new TextEncoder().encode('a recipe');
    const source = await sealedMail({
      ...{ from: bob, to: [me], text: 'Look', id: 'chat$1@example.net', date: DATE },
      attachments: [{ filename: 'recipe.txt', content }],
    });
    const [message] = await take(state, copyOf(source, { uid: 1 }));
    const blob = message?.attachments[0]?.blob;
    if (blob === undefined) throw new Error('The file was not kept.');
    const chunks: Uint8Array[] = [];
    for await (const chunk of state.store.readBlob(blob)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('a recipe');
  });
});

describe('a mail that cannot be opened', () => {
  it('is a message that says so, with nothing of its envelope as text or file', async () => {
    const state = await testState();
    const source = await sealedMail({ from: bob, to: [me], text: 'The secret', id: 'chat$1@example.net', date: DATE });
    const [message] = await take(state, copyOf(source, { uid: 1 }));
    expect(message).toMatchObject({
      text: '',
      attachments: [],
      chatId: 'single:bob@example.net',
      problem: { code: 'undecryptable' },
      security: { encrypted: true, signature: 'none' },
    });
    expect(await state.store.list('locations')).toMatchObject([{ waitsFor: 'own' }]);
  });

  it('is readable once the key was imported, as the same message, and its change is told', async () => {
    const state = await testState();
    const source = await sealedMail({ from: bob, to: [me], text: 'The secret', id: 'chat$1@example.net', date: DATE });
    const copy = copyOf(source, { uid: 1 });
    const [closed] = await take(state, copy);
    await (await state.keys()).manager.importKey(me.key.bytes());
    expect(state.changes.at(-1)).toMatchObject({ ownKeys: true, retries: true });
    await retry(state, [copy]);
    const messages = await state.store.list('messages');
    expect(messages).toMatchObject([{ key: closed?.key, text: 'The secret', security: { signature: 'valid' } }]);
    expect(messages[0]).not.toHaveProperty('problem');
    expect(messages[0]).not.toHaveProperty('unopened');
    expect(await state.store.list('locations')).not.toMatchObject([{ waitsFor: 'own' }]);
    const change = state.changes.flatMap(({ messages: list }) => list).at(-1);
    expect(change).toMatchObject({ before: { problem: { code: 'undecryptable' } }, after: { text: 'The secret' } });
    expect(await state.news()).toEqual(['The secret']);
  });

  it('gives way to the mail with the id that stands inside', async () => {
    const state = await testState();
    const source = await sealedMail({
      from: bob,
      to: [me],
      text: 'The secret',
      id: 'chat$inside@example.net',
      date: DATE,
    });
    const text = Buffer.from(source).toString('latin1').replace('chat$inside@example.net', 'rewritten@server.example');
    const copy = copyOf(Buffer.from(text, 'latin1'), { uid: 1 });
    expect(await take(state, copy)).toMatchObject([{ messageId: 'rewritten@server.example' }]);
    await (await state.keys()).manager.importKey(me.key.bytes());
    await retry(state, [copy]);
    expect(await state.store.list('messages')).toMatchObject([
      { messageId: 'chat$inside@example.net', outerId: 'rewritten@server.example', text: 'The secret' },
    ]);
  });

  it('does not make a claim against a mail of its id that can be read', async () => {
    const state = await testState();
    const draft = { from: bob, to: [me], id: 'chat$1@example.net', date: DATE };
    const sealed = await sealedMail({ ...draft, text: 'The secret' });
    const plain = await sealedMail({ ...draft, text: 'In the clear', sealed: false });
    await take(state, copyOf(sealed, { uid: 1 }));
    await take(state, copyOf(plain, { uid: 2 }));
    expect(await state.store.list('messages')).toMatchObject([{ text: 'In the clear' }]);
    // Once it can be opened it is the real one: it is signed.
    await (await state.keys()).manager.importKey(me.key.bytes());
    await retry(state, [copyOf(sealed, { uid: 1 }), copyOf(plain, { uid: 2 })]);
    const messages = await state.store.list('messages');
    expect(messages.map(({ text, problem }) => [text, problem?.code]).sort()).toEqual([
      ['In the clear', 'duplicate-id'],
      ['The secret', undefined],
    ]);
  });

  it('stays deleted if the user deleted it', async () => {
    const { deleteMessages } = await import('../../../src/sync/ingest/user-acts.js');
    const state = await testState();
    const source = await sealedMail({ from: bob, to: [me], text: 'The secret', id: 'chat$1@example.net', date: DATE });
    const [closed] = await take(state, copyOf(source, { uid: 1 }));
    await state.writer.run((tx) => deleteMessages(tx, [closed?.key ?? ''], { server: false }));
    await (await state.keys()).manager.importKey(me.key.bytes());
    await retry(state, [copyOf(source, { uid: 1 })]);
    expect(await state.store.list('messages')).toMatchObject([{ hidden: 1, text: '', gone: 'deleted' }]);
  });
});

describe('a signature by a key that is not known', () => {
  it('is checked once the key came, whichever mail brought it', async () => {
    const state = await withKey();
    const signed = await sealedMail({
      ...{ from: bob, to: [me], text: 'Who am I?', id: 'chat$1@example.net', date: DATE },
      withHeader: false,
    });
    const copy = copyOf(signed, { uid: 1 });
    expect(await take(state, copy)).toMatchObject([{ security: { signature: 'unknown-key' } }]);
    const hello = { from: bob, to: [me], text: 'Hello', id: 'chat$0@example.net', date: DATE - DAY, sealed: false };
    await take(state, copyOf(await sealedMail(hello), { uid: 2 }));
    await retry(state, [copy]);
    const messages = await state.store.list('messages', { index: 'byMessageId', prefix: ['chat$1@example.net'] });
    expect(messages).toMatchObject([{ security: { signature: 'valid', signer: bob.key.fingerprint } }]);
  });

  it('is checked with keys that the sender had before', async () => {
    const state = await withKey();
    const next = await sealer(bob.address);
    const draft = { to: [me], text: 'x', date: DATE };
    await take(
      state,
      copyOf(await sealedMail({ ...draft, from: bob, id: 'chat$a@example.net', sealed: false }), { uid: 1 }),
    );
    const later = { ...draft, from: next, date: DATE + DAY, id: 'chat$b@example.net' };
    await take(state, copyOf(await sealedMail(later), { uid: 2 }));
    const old = { ...draft, from: bob, id: 'chat$c@example.net', withHeader: false };
    expect(await take(state, copyOf(await sealedMail(old), { uid: 3 }))).toMatchObject([
      { security: { signature: 'valid', signer: bob.key.fingerprint } },
    ]);
  });
});

describe('keys that mails bring', () => {
  it('are announced as a change when they replace another one, but not by the history', async () => {
    const next = await sealer(bob.address);
    const first = await sealedMail({ from: bob, to: [me], text: '1', id: 'chat$1@example.net', date: DATE });
    const second = await sealedMail({ from: next, to: [me], text: '2', id: 'chat$2@example.net', date: DATE + DAY });
    const live = await withKey();
    await take(live, copyOf(first, { uid: 1 }));
    await take(live, copyOf(second, { uid: 2 }));
    expect(live.changes.flatMap(({ keyChanges }) => keyChanges)).toMatchObject([
      { address: bob.address, oldFingerprint: bob.key.fingerprint, newFingerprint: next.key.fingerprint },
    ]);
    const past = await withKey();
    await take(past, copyOf(first, { uid: 1, history: true }));
    await take(past, copyOf(second, { uid: 2, history: true }));
    expect(past.changes.flatMap(({ keyChanges }) => keyChanges)).toEqual([]);
  });

  it('of the mailbox itself are evidence that another device has one', async () => {
    const state = await testState();
    const sent = await sealedMail({
      from: me,
      to: [bob],
      text: 'x',
      id: 'chat$1@example.org',
      date: DATE,
      sealed: false,
    });
    await take(state, copyOf(sent, { uid: 1, folder: 'Sent' }));
    const keys = await state.keys();
    expect(keys.manager.state()).toBe('import-needed');
    expect(keys.manager.state(ALIAS)).toBe('import-needed');
  });

  it('teach nothing from mail of blocked people', async () => {
    const state = await withKey();
    const source = await sealedMail({ from: bob, to: [me], text: 'x', id: 'chat$1@example.net', date: DATE });
    await take(state, { ...copyOf(source, { uid: 1, folder: 'Blocked' }), role: 'blocked' });
    expect(await state.store.get('peers', [bob.address])).toEqual([undefined]);
  });
});

it('gives the same chats whatever came first, the mails or the key', async () => {
  const copies = [
    copyOf(await sealedMail({ from: bob, to: [me], text: 'one', id: 'chat$1@example.net', date: DATE }), { uid: 1 }),
    copyOf(await sealedMail({ from: bob, to: [me, carol], text: 'all', id: 'chat$2@x.net', date: DATE + 1000 }), {
      uid: 2,
    }),
  ];
  const before = await withKey();
  await take(before, ...copies);
  const after = await testState();
  await take(after, ...copies);
  await (await after.keys()).manager.importKey(me.key.bytes());
  await retry(after, copies);
  expect(await goldenDump(after.store)).toBe(await goldenDump(before.store));
});
