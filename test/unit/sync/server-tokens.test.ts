import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { updateCard } from '../../../src/sync/storage/cards.js';
import type { TokenFault } from '../../../src/testing/fault-plan.js';
import { MailHost } from '../../../src/testing/mail-host.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { engineOn, type TestEngine, type TestEngineOptions } from '../../support/engine.js';

const [ADA, BOB, CAROL] = ['ada@example.org', 'bob@example.net', 'carol@example.net'];
const clock = new ManualClock();
let host: MailHost;
const engines: TestEngine[] = [];

beforeEach(async () => {
  host = await MailHost.start({ stoken: true, clock });
  for (const address of [ADA, BOB, CAROL]) host.addUser(address);
});

afterEach(async () => {
  for (const { engine } of engines.splice(0)) await engine.close();
  await host.close();
});

async function open(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await engineOn(host, options);
  engines.push(engine);
  await engine.engine.start();
  return engine;
}

/** As it comes in with a storage message that the server wrote into. */
function give(ada: TestEngine, address: string, serverTokenOut: string, serverTokenIn?: string): Promise<void> {
  return ada.writer.run((tx) => updateCard(tx, address, { serverTokenOut, ...(serverTokenIn && { serverTokenIn }) }));
}

async function send(ada: TestEngine, to: string, text: string) {
  const { key } = await ada.send(to, text);
  await ada.untilState(key, 'sent');
  return host.sent.at(-1)?.tokens;
}

describe('tokens of submission servers', () => {
  it('of the storage message go along, and one that a reply brings takes the place of a temporary one', async () => {
    const ada = await open();
    const temporary = host.issueToken({ from: ADA, to: BOB, temporary: true });
    await give(ada, BOB, temporary, '1-mine');
    expect(await send(ada, BOB, 'one')).toEqual(new Map([[BOB, { held: temporary, own: '1-mine' }]]));
    const second = (await send(ada, BOB, 'two'))?.get(BOB)?.held;
    expect(second).toMatch(/^1-created:/);
    expect(second).not.toBe(temporary);
    // A permanent one stays.
    expect((await send(ada, BOB, 'three'))?.get(BOB)?.held).toBe(second);
    // What belongs to the server is left as it is.
    expect((await ada.store.get('cards', [BOB]))[0]?.own.serverTokenOut?.value).toBe(temporary);
    // Another one from the server has the last word.
    const newer = host.issueToken({ from: ADA, to: BOB });
    await give(ada, BOB, newer);
    expect((await send(ada, BOB, 'four'))?.get(BOB)?.held).toBe(newer);
    expect(host.mailbox(BOB).inbox.messages).toHaveLength(4);
  });

  it('are kept over a restart', async () => {
    const ada = await open();
    const temporary = host.issueToken({ from: ADA, to: BOB, temporary: true });
    await give(ada, BOB, temporary);
    await send(ada, BOB, 'one');
    await ada.engine.stop();
    await ada.engine.start();
    expect((await send(ada, BOB, 'two'))?.get(BOB)?.held).not.toBe(temporary);
  });

  it('of several recipients go along with one message', async () => {
    const ada = await open();
    const tokens = new Map([BOB, CAROL].map((to) => [to, host.issueToken({ from: ADA, to, temporary: to === BOB })]));
    for (const [to, token] of tokens) await give(ada, to, token);
    const { key } = await ada.send([BOB, CAROL], 'both');
    await ada.untilState(key, 'sent');
    expect(host.sent).toHaveLength(1);
    expect(host.sent[0]?.tokens).toEqual(new Map([...tokens].map(([to, held]) => [to, { held }])));
    const again = await send(ada, BOB, 'again');
    expect(again?.get(BOB)?.held).not.toBe(tokens.get(BOB));
  });

  it('that the server does not take cost nothing but a second try', async () => {
    const ada = await open();
    const forCarol = host.issueToken({ from: ADA, to: CAROL });
    const expired = host.issueToken({ from: ADA, to: CAROL, validity: 0 });
    await give(ada, BOB, forCarol);
    await give(ada, CAROL, expired);
    for (const to of [BOB, CAROL]) expect(await send(ada, to, 'hi')).toBeUndefined();
    expect(host.mailbox(BOB).inbox.messages).toHaveLength(1);
    expect(host.mailbox(CAROL).inbox.messages).toHaveLength(1);
  });

  it('of clients never go there', async () => {
    const ada = await open();
    await ada.writer.run((tx) =>
      updateCard(tx, BOB, {
        granted: '1-created:1-validity:9-hash:a-secret:b',
        held: '1-created:1-validity:9-hash:c-secret:d',
      }),
    );
    expect(await send(ada, BOB, 'hi')).toBeUndefined();
    expect((await ada.store.get('cards', [BOB]))[0]?.held).toHaveLength(1);
  });

  it.each<TokenFault>(['drop', 'refuse-sender', 'refuse-recipient'])(
    'a server that offers them and then fails (%s) loses no message',
    async (fault) => {
      const ada = await open();
      await give(ada, BOB, host.issueToken({ from: ADA, to: BOB }));
      host.faults.breakTokens(fault);
      for (const text of ['one', 'two']) expect(await send(ada, BOB, text)).toBeUndefined();
      expect(host.sent).toHaveLength(2);
      expect(host.mailbox(BOB).inbox.messages).toHaveLength(2);
      expect(ada.errors).toEqual([]);
    },
  );

  it('that could not be one are not kept', async () => {
    const ada = await open();
    const held = host.issueToken({ from: ADA, to: BOB });
    await give(ada, BOB, held);
    host.faults.breakTokens('bad-token');
    for (const text of ['one', 'two']) expect(await send(ada, BOB, text)).toEqual(new Map([[BOB, { held }]]));
  });
});
