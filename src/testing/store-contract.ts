import assert from 'node:assert/strict';
import type { CoiErrorCode } from '../core/errors.js';
import type { LocationRecord, MessageRecord, OutboxRecord } from '../store/records.js';
import type { Store } from '../store/store.js';

/** The two functions of a test runner that the contract needs: vitest, `node:test` and mocha have them. */
export interface ContractRunner {
  /** Opens a group of tests. */
  describe(name: string, body: () => void): void;
  /** Adds a test. */
  it(name: string, body: () => Promise<void>): void;
}

/** A store to be tested, as {@link storeContract} gets it for each test: new, empty, not open. */
export interface ContractSubject {
  readonly store: Store;
  /** Another `Store` object over the same data, after the first one was closed. Left out by stores that keep nothing. */
  reopen?(): Promise<Store>;
  /** Called after the test, whatever its outcome; the stores are closed by then. */
  dispose?(): Promise<void>;
}

/**
 * The tests that every {@link Store} has to pass; they say what the interface leaves open.
 *
 * ```ts
 * import { describe, it } from 'vitest';
 * storeContract('MyStore', { describe, it }, async () => ({ store: new MyStore(await emptyDatabase()) }));
 * ```
 */
export function storeContract(name: string, runner: ContractRunner, make: () => Promise<ContractSubject>): void {
  runner.describe(`${name} keeps the Store contract`, () => {
    for (const [title, test] of Object.entries(tests)) {
      runner.it(title, async () => {
        const subject = await make();
        const opened = [subject.store];
        const reopen = subject.reopen?.bind(subject);
        try {
          await subject.store.open();
          await test(
            subject.store,
            reopen &&
              (async () => {
                await opened[opened.length - 1]?.close();
                const next = await reopen();
                opened.push(next);
                await next.open();
                return next;
              }),
          );
        } finally {
          for (const store of opened) await store.close();
          await subject.dispose?.();
        }
      });
    }
  });
}

type ContractTest = (store: Store, reopen: (() => Promise<Store>) | undefined) => Promise<void>;

const tests: Record<string, ContractTest> = {
  'gets records in the order of the keys, undefined where there is none': async (store) => {
    await store.commit({ put: { messages: [message('a'), message('b')] } });
    assert.deepEqual(await store.get('messages', ['b', 'x', 'a', 'b']), [
      message('b'),
      undefined,
      message('a'),
      message('b'),
    ]);
    assert.deepEqual(await store.get('messages', []), []);
  },

  'keeps whole records, and tables apart': async (store) => {
    const full = message('k', {
      html: '<b>x</b>',
      quote: { text: 'q', messageId: 'a@b' },
      to: [{ address: 'a@b.c', name: 'A' }],
    });
    await store.commit({ put: { messages: [full], settings: [{ key: 'k', value: { deep: [1, null, 'x', true] } }] } });
    assert.deepEqual(await store.get('messages', ['k']), [full]);
    assert.deepEqual(await store.get('settings', ['k']), [{ key: 'k', value: { deep: [1, null, 'x', true] } }]);
    assert.deepEqual(await store.get('threads', ['k']), [undefined]);
  },

  'does not share objects with the caller': async (store) => {
    const value = { list: [1] };
    await store.commit({ put: { settings: [{ key: 'k', value }] } });
    value.list.push(2);
    assert.deepEqual(await store.get('settings', ['k']), [{ key: 'k', value: { list: [1] } }]);
  },

  'replaces a record, in all indexes': async (store) => {
    await store.commit({ put: { messages: [message('a', { chatId: 'one', text: 'apple' })] } });
    await store.commit({ put: { messages: [message('a', { chatId: 'two', text: 'pear' })] } });
    assert.equal(await store.count('messages'), 1);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['one'] }), []);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['two'] }), ['a']);
    assert.deepEqual(await found(store, 'apple'), []);
    assert.deepEqual(await found(store, 'pear'), ['a']);
  },

  'removes a record, from all indexes; removing nothing is no error': async (store) => {
    await store.commit({ put: { messages: [message('a'), message('b')] } });
    await store.commit({ remove: { messages: ['a', 'never-there'], settings: ['neither'] } });
    assert.deepEqual(await keys(store), ['b']);
    assert.deepEqual(await keys(store, { index: 'byChat' }), ['b']);
    assert.deepEqual(await found(store, 'text'), ['b']);
  },

  'lets later entries of a batch win, and removes before it puts': async (store) => {
    await store.commit({ put: { settings: [{ key: 'k', value: 0 }] } });
    await store.commit({
      put: {
        settings: [
          { key: 'k', value: 1 },
          { key: 'k', value: 2 },
        ],
      },
      remove: { settings: ['k'] },
      putBlobs: new Map([['b', bytes(1)]]),
      removeBlobs: ['b'],
    });
    assert.deepEqual(await store.get('settings', ['k']), [{ key: 'k', value: 2 }]);
    assert.equal(await store.count('settings'), 1);
    assert.deepEqual(await readAll(store, 'b'), bytes(1));
  },

  'writes nothing of a batch that has a fault': async (store) => {
    const circular: unknown[] = [];
    circular.push(circular);
    await fails('INVALID_OPTION', () =>
      store.commit({
        put: { messages: [message('a')], settings: [{ key: 'k', value: circular }] },
        putBlobs: new Map([['b', bytes(1)]]),
      }),
    );
    assert.deepEqual(await keys(store), []);
    await fails('NOT_FOUND', () => readAll(store, 'b'));
  },

  'reads see every commit that was called before': async (store) => {
    const first = store.commit({ put: { messages: [message('a')] } });
    const second = store.commit({ put: { messages: [message('b')] } });
    assert.deepEqual(await keys(store), ['a', 'b']);
    await Promise.all([first, second]);
  },

  'lists by primary key in code unit order': async (store) => {
    const all = [
      '',
      '\0',
      '\0a',
      '\u0001',
      'A',
      'Z',
      'a',
      'a\n1',
      'a\n10',
      'a\n2',
      'ab',
      'é',
      '中',
      '\uD7FF',
      '\uD800',
      '😀',
      '\uDFFF',
      '\uE000',
      '\uFFFF',
    ];
    await store.commit({ put: { settings: [...all].reverse().map((key) => ({ key, value: 1 })) } });
    const listed = (await store.list('settings')).map(({ key }) => key);
    assert.deepEqual(listed, [...all].sort(byCodeUnit));
    assert.deepEqual(
      await store.get('settings', all),
      all.map((key) => ({ key, value: 1 })),
    );
    const after = (await store.list('settings', { after: ['a'], before: ['😀'] })).map(({ key }) => key);
    assert.deepEqual(after, all.filter((key) => key > 'a' && key < '😀').sort(byCodeUnit));
  },

  'scans a table slice by slice, whole while it changes': async (store) => {
    const many = Array.from({ length: 1234 }, (_, i) => ({ key: `k${i}`, value: i }));
    await store.commit({ put: { settings: many, contacts: [{ address: 'bob@example.net', usesChat: false }] } });
    const seen: string[] = [];
    for await (const slice of store.scan('settings')) {
      assert.ok(slice.length <= 500, 'a slice is small');
      seen.push(...slice.map(({ key }) => key));
      await store.commit({ put: { settings: [{ key: `new${seen.length}`, value: 0 }] }, remove: { settings: ['k7'] } });
    }
    const old = seen.filter((key) => key.startsWith('k') && key !== 'k7').sort(byCodeUnit);
    const expected = many.map(({ key }) => key).filter((key) => key !== 'k7');
    assert.deepEqual(old, expected.sort(byCodeUnit));
    for await (const slice of store.scan('chats')) assert.deepEqual(slice, []);
  },

  'lists an index by its fields, ties by primary key': async (store) => {
    await putChats(store);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['one', 0] }), ['c', 'a', 'b', 'd', 'e']);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['one', 0], reverse: true }), [
      'e',
      'd',
      'b',
      'a',
      'c',
    ]);
    assert.deepEqual(await keys(store, { index: 'byChat' }), ['c', 'a', 'b', 'd', 'e', 'h', 'z']);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['none'] }), []);
  },

  'starts and ends a list at positions, with and without the primary key': async (store) => {
    await putChats(store);
    const chat = { index: 'byChat', prefix: ['one', 0] } as const;
    assert.deepEqual(await keys(store, { ...chat, after: [20, 'a'] }), ['b', 'd', 'e']);
    assert.deepEqual(await keys(store, { ...chat, after: [20] }), ['e']);
    assert.deepEqual(await keys(store, { ...chat, before: [20] }), ['c']);
    assert.deepEqual(await keys(store, { ...chat, before: [20, 'b'] }), ['c', 'a']);
    assert.deepEqual(await keys(store, { ...chat, after: [10, 'c'], before: [20, 'd'] }), ['a', 'b']);
    assert.deepEqual(await keys(store, { ...chat, after: [20, 'a'], before: [30, 'e'], reverse: true }), ['d', 'b']);
    assert.deepEqual(await keys(store, { ...chat, before: [20, 'd'], reverse: true, limit: 2 }), ['b', 'a']);
    assert.deepEqual(await keys(store, { ...chat, after: [20, 'aa'] }), ['b', 'd', 'e']);
    assert.deepEqual(await keys(store, { ...chat, after: [30, 'e'] }), []);
    assert.deepEqual(await keys(store, { index: 'byChat', after: ['one'] }), ['z']);
    assert.deepEqual(await keys(store, { index: 'byChat', prefix: ['one'], after: [0] }), ['h']);
    assert.deepEqual(await keys(store, { prefix: ['c'] }), ['c']);
  },

  'limits lists and counts': async (store) => {
    await putChats(store);
    const chat = { index: 'byChat', prefix: ['one', 0] } as const;
    assert.deepEqual(await keys(store, { ...chat, limit: 2 }), ['c', 'a']);
    assert.deepEqual(await keys(store, { ...chat, limit: 0 }), []);
    assert.deepEqual(await keys(store, { limit: 3, reverse: true }), ['z', 'h', 'e']);
    assert.equal(await store.count('messages', chat), 5);
    assert.equal(await store.count('messages', { ...chat, after: [20, 'a'] }), 3);
    assert.equal(await store.count('messages', { ...chat, after: [10] }), 4);
    assert.equal(await store.count('messages', { ...chat, limit: 2 }), 2);
    assert.equal(await store.count('messages'), 7);
  },

  'pages through a long list with many ties without loss or repetition': async (store) => {
    const all = Array.from({ length: 1203 }, (_, i) =>
      message(`k${(i * 7919) % 1203}`, { date: Math.floor(i / 5) % 3 }),
    );
    await store.commit({ put: { messages: all } });
    const expected = [...all].sort((a, b) => a.date - b.date || byCodeUnit(a.key, b.key)).map(({ key }) => key);
    const index = { index: 'byChat', prefix: ['chat', 0] } as const;
    assert.deepEqual(await keys(store, index), expected);
    const paged: string[] = [];
    for (let after: [number, string] | undefined; ; ) {
      const page = await store.list('messages', { ...index, limit: 100, ...(after && { after }) });
      const last = page[page.length - 1];
      if (!last) break;
      paged.push(...page.map(({ key }) => key));
      after = [last.date, last.key];
    }
    assert.deepEqual(paged, expected);
    const back = await store.list('messages', { ...index, before: [2, 'k5'], reverse: true, limit: 700 });
    const end = all.filter(({ date, key }) => date < 2 || (date === 2 && key < 'k5')).length;
    assert.deepEqual(
      back.map(({ key }) => key),
      expected.slice(0, end).reverse().slice(0, 700),
    );
  },

  'leaves records that lack a field out of an index': async (store) => {
    const { messageId: _, ...without } = message('a');
    // A record of an older version may lack what the type promises.
    await store.commit({ put: { messages: [without as MessageRecord, message('b', { messageId: 'x@y' })] } });
    assert.deepEqual(await keys(store, { index: 'byMessageId' }), ['b']);
    assert.equal(await store.count('messages', { index: 'byMessageId' }), 1);
    assert.deepEqual(await keys(store), ['a', 'b']);
  },

  'keeps numbers and strings of an index apart, numbers first, up to 2^53-1': async (store) => {
    const due = [Number.MAX_SAFE_INTEGER, 0, -1, 1.5, Number.MAX_SAFE_INTEGER - 1, 1e300];
    await store.commit({ put: { outbox: due.map((dueAt, i) => outbox(`o${i}`, dueAt)) } });
    const listed = await store.list('outbox', { index: 'byState', prefix: ['queued'] });
    assert.deepEqual(
      listed.map(({ dueAt }) => dueAt),
      [...due].sort((a, b) => a - b),
    );
    const before = await store.list('outbox', {
      index: 'byState',
      prefix: ['queued'],
      before: [Number.MAX_SAFE_INTEGER],
    });
    assert.equal(before.length, 4);
    await store.commit({ put: { locations: [location('l1', 'INBOX', 5), location('l2', '5', 1)] } });
    assert.deepEqual((await store.list('locations', { index: 'byFolder', prefix: [5] })).length, 0);
    assert.deepEqual((await store.list('locations', { index: 'byFolder', prefix: ['5'] })).length, 1);
  },

  'refuses queries that make no sense': async (store) => {
    // @ts-expect-error: the types refuse it as well
    await fails('INVALID_OPTION', () => store.list('messages', { index: 'toString' }));
    await fails('INVALID_OPTION', () => store.list('messages', { index: 'byMessageId', prefix: ['a', 'b', 'c'] }));
    await fails('INVALID_OPTION', () => store.list('messages', { limit: -1 }));
    await fails('INVALID_OPTION', () => store.list('messages', { limit: 1.5 }));
    await fails('INVALID_OPTION', () => store.list('messages', { after: [Number.NaN] }));
  },

  'keeps hostile values as they are': async (store) => {
    const text = `\0\u0001 \uD800 lone 😀 \u202E "quotes' ; DROP TABLE messages;-- \uFFFF`;
    const long = 'ab€'.repeat(700_000);
    const hostile = message('\n\0\uDC00', { text, html: long, messageId: text, chatId: `chat\n${text}` });
    await store.commit({ put: { messages: [hostile] } });
    assert.deepEqual(await store.get('messages', [hostile.key]), [hostile]);
    assert.deepEqual(await store.list('messages', { index: 'byMessageId', prefix: [text] }), [hostile]);
    assert.deepEqual(await store.list('messages', { index: 'byChat', prefix: [hostile.chatId, 0] }), [hostile]);
    assert.deepEqual(await store.get('messages', ['\n\0\uDC01', '\n']), [undefined, undefined]);
    await store.commit({ put: { settings: [{ key: '__proto__', value: 1 }] }, remove: { settings: ['constructor'] } });
    assert.deepEqual(await store.get('settings', ['__proto__', 'constructor']), [
      { key: '__proto__', value: 1 },
      undefined,
    ]);
  },

  'keeps blobs of any size, whole and piece by piece': async (store) => {
    for (const size of [0, 1, 262_143, 262_144, 262_145, 1_000_000]) {
      const content = bytes(size);
      await store.commit({ putBlobs: new Map([['whole', content]]) });
      assert.deepEqual(await readAll(store, 'whole'), content);
      await store.writeBlob('pieces', pieces(content, 100_000));
      assert.deepEqual(await readAll(store, 'pieces'), content);
    }
    await store.writeBlob('empty', pieces(bytes(0), 1));
    assert.deepEqual(await readAll(store, 'empty'), bytes(0));
  },

  'reads a large blob in pieces': async (store) => {
    await store.commit({ putBlobs: new Map([['large', bytes(3_000_000)]]) });
    let largest = 0;
    for await (const piece of store.readBlob('large')) largest = Math.max(largest, piece.length);
    assert.ok(largest > 0 && largest <= 1_000_000, `pieces of ${largest} bytes`);
  },

  'replaces and removes blobs': async (store) => {
    await store.commit({ putBlobs: new Map([['b', bytes(600_000)]]) });
    await store.writeBlob('b', pieces(bytes(5), 2));
    assert.deepEqual(await readAll(store, 'b'), bytes(5));
    await store.commit({ removeBlobs: ['b', 'never-there'] });
    await fails('NOT_FOUND', () => readAll(store, 'b'));
    await fails('NOT_FOUND', () => readAll(store, ''));
  },

  'shows a blob only when it is complete, and nothing of one that failed': async (store) => {
    await store.commit({ putBlobs: new Map([['b', bytes(3)]]) });
    const source = (async function* () {
      yield bytes(400_000);
      assert.deepEqual(await readAll(store, 'b'), bytes(3));
      throw new Error('the source broke');
    })();
    await assert.rejects(store.writeBlob('b', source), /the source broke/);
    assert.deepEqual(await readAll(store, 'b'), bytes(3));
    const controller = new AbortController();
    const endless = (async function* () {
      for (let i = 0; ; i++) {
        if (i === 5) controller.abort();
        yield bytes(100_000);
      }
    })();
    await fails('ABORTED', () => store.writeBlob('b', endless, { signal: controller.signal }));
    assert.deepEqual(await readAll(store, 'b'), bytes(3));
  },

  'gives up a blob whose source has stalled, when the signal fires': async (store) => {
    const controller = new AbortController();
    const stalled = (async function* () {
      yield bytes(10);
      queueMicrotask(() => controller.abort());
      await new Promise(() => {});
    })();
    await fails('ABORTED', () => store.writeBlob('b', stalled, { signal: controller.signal }));
    await fails('ABORTED', () => store.writeBlob('b', pieces(bytes(1), 1), { signal: AbortSignal.abort() }));
    await fails('NOT_FOUND', () => readAll(store, 'b'));
  },

  'copies the bytes of blobs': async (store) => {
    const content = bytes(10);
    await store.commit({ putBlobs: new Map([['b', content]]) });
    content.fill(255);
    assert.deepEqual(await readAll(store, 'b'), bytes(10));
  },

  'finds messages by the beginnings of words, newest first': async (store) => {
    await store.commit({
      put: {
        messages: [
          message('a', { text: 'Hello world', date: 1 }),
          message('b', { text: 'hello again, HELLOWEEN', date: 3 }),
          message('c', { text: 'shello', date: 4 }),
          message('d', { text: 'world, hello!', date: 2, chatId: 'other' }),
        ],
      },
    });
    assert.deepEqual(await found(store, 'hel'), ['b', 'd', 'a']);
    assert.deepEqual(await found(store, 'WOR hello'), ['d', 'a']);
    assert.deepEqual(await found(store, 'hello nothing'), []);
    assert.deepEqual(await found(store, 'helloweenx'), []);
    assert.deepEqual(
      (await store.search({ text: 'hello', chatId: 'chat' })).map(({ key }) => key),
      ['b', 'a'],
    );
    assert.deepEqual(
      (await store.search({ text: 'hello', limit: 1 })).map(({ key }) => key),
      ['b'],
    );
    assert.deepEqual(
      (await store.search({ text: 'hello', before: [2, 'd'] })).map(({ key }) => key),
      ['a'],
    );
    assert.deepEqual(
      (await store.search({ text: 'hello', before: [2, 'e'] })).map(({ key }) => key),
      ['d', 'a'],
    );
    assert.deepEqual(
      await store.search({ text: 'world', limit: 5, chatId: 'other' }),
      await store.get('messages', ['d']),
    );
  },

  'finds words whatever the case, the accents and the script': async (store) => {
    const texts = [
      'Crème brûlée',
      'ＦＵＬＬ ｗｉｄｔｈ',
      '今天天气很好',
      'こんにちはガス',
      '안녕하세요',
      'Straße 42',
      'Привет мир',
      'ΟΔΟΣ',
      'ﬁne',
      'don\u2019t',
    ];
    await store.commit({ put: { messages: texts.map((text, i) => message(`${i}`, { text, date: i })) } });
    for (const [query, expected] of [
      ['creme BRULEE', ['0']],
      ['brûl', ['0']],
      ['full width', ['1']],
      ['天气', ['2']],
      ['气天', ['2']],
      ['天雨', []],
      ['ガス', ['3']],
      ['녕하', ['4']],
      ['stra 42', ['5']],
      ['4', ['5']],
      ['прив', ['6']],
      ['οδ', ['7']],
      ['fin', ['8']],
      ['don t', ['9']],
    ] as const) {
      assert.deepEqual(await found(store, query), expected, query);
    }
  },

  'searches with hostile queries': async (store) => {
    await store.commit({
      put: { messages: [message('a', { text: 'and or not near text x' }), message('b', { text: '\uE0001 1' })] },
    });
    assert.deepEqual(await found(store, 'AND OR NOT NEAR'), ['a']);
    for (const query of ['', '   ', '"', '*', '"" OR text', '!?', '\0', '\uD800', '() {} : ^']) {
      assert.deepEqual(await found(store, query), query.includes('text') ? ['a'] : [], JSON.stringify(query));
    }
    assert.deepEqual(await found(store, 'text:x'), ['a']);
    assert.deepEqual(await found(store, '\uE0001'), ['b']);
    assert.deepEqual(await found(store, `x ${'no '.repeat(100_000)}`), ['a']);
  },

  'matches very long words by their beginning': async (store) => {
    await store.commit({ put: { messages: [message('a', { text: 'x'.repeat(300_000) })] } });
    assert.deepEqual(await found(store, 'x'.repeat(60)), ['a']);
    assert.deepEqual(await found(store, 'x'.repeat(1000)), ['a']);
    assert.deepEqual(await found(store, `${'x'.repeat(60)}y`), []);
  },

  'does not find hidden messages, and finds them again once shown': async (store) => {
    await store.commit({ put: { messages: [message('a', { hidden: 1 }), message('b')] } });
    assert.deepEqual(await found(store, 'text'), ['b']);
    await store.commit({ put: { messages: [message('a'), message('b', { hidden: 1 })] } });
    assert.deepEqual(await found(store, 'text'), ['a']);
    assert.deepEqual(
      (await store.search({ text: 'text', chatId: 'chat' })).map(({ key }) => key),
      ['a'],
    );
  },

  'refuses work before open and after close; close twice is no error': async (store) => {
    await fails('STORE_LOCKED', () => store.open());
    await store.commit({ put: { messages: [message('a')] } });
    await store.close();
    await store.close();
    await fails('INVALID_STATE', () => store.get('messages', ['a']));
    await fails('INVALID_STATE', () => store.list('messages'));
    await fails('INVALID_STATE', () => store.count('messages'));
    await fails('INVALID_STATE', () => store.search({ text: 'text' }));
    await fails('INVALID_STATE', () => store.commit({}));
    await fails('INVALID_STATE', () => store.writeBlob('b', pieces(bytes(1), 1)));
    await fails('INVALID_STATE', () => readAll(store, 'b'));
  },

  'finishes what was called before close': async (store, reopen) => {
    const commit = store.commit({ put: { messages: [message('a')] } });
    await store.close();
    await commit;
    if (reopen) assert.deepEqual(await keys(await reopen()), ['a']);
  },

  'wipes everything and closes': async (store, reopen) => {
    await store.commit({ put: { messages: [message('a')] }, putBlobs: new Map([['b', bytes(1)]]) });
    await store.wipe();
    await fails('INVALID_STATE', () => store.list('messages'));
    if (!reopen) return;
    const again = await reopen();
    assert.equal(await again.count('messages'), 0);
    assert.deepEqual(await found(again, 'text'), []);
    await fails('NOT_FOUND', () => readAll(again, 'b'));
  },

  'has everything after closing and opening again': async (store, reopen) => {
    if (!reopen) return;
    await putChats(store);
    await store.commit({ putBlobs: new Map([['b', bytes(300_000)]]), remove: { messages: ['h'] } });
    await store.writeBlob('c', pieces(bytes(300_000), 7_000));
    const again = await reopen();
    assert.deepEqual(await keys(again, { index: 'byChat', prefix: ['one', 0] }), ['c', 'a', 'b', 'd', 'e']);
    assert.equal(await again.count('messages'), 6);
    assert.deepEqual(await found(again, 'text', 1), ['z']);
    assert.deepEqual(await readAll(again, 'b'), bytes(300_000));
    assert.deepEqual(await readAll(again, 'c'), bytes(300_000));
    await again.commit({ put: { messages: [message('a', { chatId: 'two', date: 99 })] } });
    assert.deepEqual(await keys(again, { index: 'byChat', prefix: ['two', 0] }), ['z', 'a']);
  },
};

/** Chat `one`: c (10), a, b, d (20), e (30), hidden h; chat `two`: z. */
async function putChats(store: Store): Promise<void> {
  await store.commit({
    put: {
      messages: [
        message('e', { chatId: 'one', date: 30 }),
        message('d', { chatId: 'one', date: 20 }),
        message('c', { chatId: 'one', date: 10 }),
        message('b', { chatId: 'one', date: 20 }),
        message('a', { chatId: 'one', date: 20 }),
        message('h', { chatId: 'one', date: 20, hidden: 1 }),
        message('z', { chatId: 'two', date: 40 }),
      ],
    },
  });
}

async function keys(store: Store, query?: Parameters<typeof store.list<'messages'>>[1]): Promise<string[]> {
  return (await store.list('messages', query)).map(({ key }) => key);
}

async function found(store: Store, text: string, limit?: number): Promise<string[]> {
  return (await store.search(limit === undefined ? { text } : { text, limit })).map(({ key }) => key);
}

async function readAll(store: Store, id: string): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  for await (const piece of store.readBlob(id)) read.push(piece);
  return new Uint8Array(Buffer.concat(read));
}

async function* pieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function fails(code: CoiErrorCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

function bytes(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function message(key: string, values: Partial<MessageRecord> = {}): MessageRecord {
  return {
    key,
    chatId: 'chat',
    messageId: `${key}@example.org`,
    from: { address: 'bob@example.net', name: 'Bob' },
    fromMe: false,
    to: [{ address: 'ada@example.org' }],
    cc: [],
    date: 1_600_000_000_000,
    kind: 'text',
    isChat: true,
    text: 'Some text',
    attachments: [],
    references: [],
    state: 'delivered',
    seen: false,
    unread: 1,
    hidden: 0,
    pending: 0,
    security: { encrypted: false, signature: 'none' },
    shapeHash: '00',
    size: 100,
    ...values,
  };
}

function outbox(id: string, dueAt: number): OutboxRecord {
  return {
    id,
    message: id,
    chatId: 'chat',
    messageId: `${id}@example.org`,
    state: 'queued',
    envelopeFrom: 'ada@example.org',
    recipients: ['bob@example.net'],
    blob: id,
    size: 1,
    acceptedAt: 0,
    dueAt,
    attempts: 0,
  };
}

function location(key: string, folder: string, uid: number): LocationRecord {
  return { key, folder, uidValidity: '1', uid, message: 'm', flags: [], internalDate: 0, size: 1 };
}
