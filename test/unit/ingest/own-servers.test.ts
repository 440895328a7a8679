import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { dkimOutcome } from '../../../src/model/authentication.js';
import { ownServers } from '../../../src/sync/ingest/own-servers.js';
import { deleteMessages } from '../../../src/sync/ingest/user-acts.js';
import { arrivalOf, textMail } from '../../support/mail-values.js';
import { ME, type TestState, testState } from '../../support/state.js';

const identity = { email: ME, addresses: new Set([ME]) };
const own = (n: number) => textMail({ id: `own${n}@example.org`, from: ME, to: ['bob@example.net'], text: `own ${n}` });

/** Our own mail `n` in the folder for sent mail, and the copy that came back with a name of a server. */
function cameBack(n: number, server: string) {
  const back = { ...arrivalOf(own(n)), authentication: { server, dkim: [] } };
  return [arrivalOf(own(n), { folder: 'Sent', role: 'sent' }), back];
}

async function names({ store }: TestState): Promise<string[]> {
  return [...(await ownServers(store, identity))];
}

describe('the names of our own servers', () => {
  it('are those on enough of our own mails', async () => {
    const state = await testState();
    for (let n = 1; n < limits.authservMails; n++) await state.join(...cameBack(n, 'mx.example.org'));
    await state.join(...cameBack(1, 'mx.example.org'), ...cameBack(100, 'other.example.org'));
    expect(await names(state)).toEqual([]);
    await state.join(...cameBack(limits.authservMails, 'mx.example.org').reverse());
    expect(await names(state)).toEqual(['mx.example.org']);
  });

  it('stay when those mails are deleted', async () => {
    const state = await testState();
    const records = await state.join(...Array.from({ length: 5 }, (_, n) => cameBack(n, 'mx.example.org')).flat());
    await state.writer.run((tx) =>
      deleteMessages(
        tx,
        records.map(({ key }) => key),
        { server: false },
      ),
    );
    expect(await names(state)).toEqual(['mx.example.org']);
  });

  it('cannot be taught by mail that only claims to be ours', async () => {
    const state = await testState();
    for (let n = 0; n < 20; n++) {
      await state.join({ ...arrivalOf(own(n)), authentication: { server: 'mx.evil.example', dkim: [] } });
    }
    expect(await names(state)).toEqual([]);
  });

  it('are not learned where the application has given one', async () => {
    const state = await testState();
    for (let n = 0; n < 5; n++) await state.join(...cameBack(n, 'mx.example.org'));
    expect([...(await ownServers(state.store, { ...identity, authservId: 'given.example.org' }))]).toEqual([
      'given.example.org',
    ]);
    await state.writer.run(async (tx) => {
      expect([...(await ownServers(tx, identity))]).toEqual(['mx.example.org']);
    });
  });
});

describe('what a message says about its sender', () => {
  const servers = new Set(['mx.example.org']);
  const signed = (result: string) => ({ server: 'mx.example.org', dkim: [{ result, domain: 'example.net' }] });
  const mail = textMail({ id: 'a@example.net', from: 'bob@example.net', to: [ME], text: 'Hi' });

  it('is what the best of equal copies says, in any order', async () => {
    const copies = [
      arrivalOf(mail),
      { ...arrivalOf(mail), authentication: signed('fail') },
      { ...arrivalOf(mail), authentication: signed('pass') },
    ];
    for (const arrivals of [copies, [...copies].reverse()]) {
      const state = await testState();
      const [message] = await state.join(...arrivals);
      expect(message && dkimOutcome(message, servers)).toBe('pass');
    }
  });

  it('goes with the header that it was said of', async () => {
    const forged = textMail({ id: 'a@example.net', from: 'bob@example.net', to: [ME], text: 'Hi', subject: 'Aaa' });
    const copies = [
      { ...arrivalOf(mail), authentication: signed('pass') },
      { ...arrivalOf(forged), authentication: signed('none') },
    ];
    for (const arrivals of [copies, [...copies].reverse()]) {
      const state = await testState();
      const [message] = await state.join(...arrivals);
      expect(message?.subject).toBeUndefined();
      expect(message && dkimOutcome(message, servers)).toBe('pass');
    }
  });
});
