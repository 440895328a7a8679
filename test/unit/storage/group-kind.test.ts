import { describe, expect, it } from 'vitest';
import { readMail } from '../../../src/mail/read-mail.js';
import { type GroupStorage, writeGroupStorage } from '../../../src/protocol/kinds/group-storage.js';
import { cardOf, cardsOf } from '../../../src/sync/storage/cards.js';
import { groupKind } from '../../../src/sync/storage/group-kind.js';
import { useHostBench } from '../../support/host-bench.js';

const GROUP_ID = 'Abcdefghijkl123456';
const bench = useHostBench();

async function readingOf(storage: Partial<GroupStorage>) {
  const target = { from: 'ada@example.org', messageId: 'coi.group.1@example.org' };
  const mail = await readMail((await writeGroupStorage({ date: 0, groupId: GROUP_ID, ...storage }, target)).bytes);
  return groupKind.read(mail, { headers: mail.headers, received: 0 });
}

async function settingsAfter(...all: readonly string[]) {
  const device = await bench.open();
  return device.writer.run(async (tx) => {
    for (const settings of all) await (await readingOf({ settings }))?.merge(tx);
    const { muted, pinned, archived } = await cardOf(cardsOf(tx), `group:${GROUP_ID}`);
    return { muted, pinned, archived };
  });
}

describe('a group storage message', () => {
  it('is none without a group id that can be one', async () => {
    expect(await readingOf({ groupId: 'short' })).toBeUndefined();
    expect(await readingOf({ groupId: 'x'.repeat(65) })).toBeUndefined();
    expect(await readingOf({ groupId: '../etc/passwd/' })).toBeUndefined();
  });

  it.each([
    '',
    'null',
    '[',
    '"muted"',
    '{"muted":true}',
    '{"muted":{"at":-1,"value":true}}',
    '{"muted":{"at":1e300,"value":true}}',
    '{"muted":{"at":1,"value":"yes"}}',
    '{"__proto__":{"muted":{"at":1,"value":true}}}',
  ])('says nothing with the settings %s', async (settings) => {
    expect(await settingsAfter(settings)).toEqual({ muted: undefined, pinned: undefined, archived: undefined });
  });

  it('makes the later value count, whichever comes first', async () => {
    const early = '{"muted":{"at":1,"value":true},"pinned":{"at":5,"value":true}}';
    const late = '{"muted":{"at":2,"value":false},"pinned":{"at":4,"value":false}}';
    const joined = { muted: false, pinned: true, archived: undefined };
    expect(await settingsAfter(early, late)).toEqual(joined);
    expect(await settingsAfter(late, early, late)).toEqual(joined);
  });
});
