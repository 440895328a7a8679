import { type Account, type AccountOptions, isGroup } from 'coi-sdk';
import { expect, it } from 'vitest';
import { eventually } from '../servers/temp.js';
import type { TestUser } from './servers.js';
import { messageIdsIn, nextMessage, withImap } from './support.js';

/** What these tests need of their suite. */
interface Suite {
  newUser(local: string): Promise<TestUser>;
  account(user: TestUser, options?: Partial<AccountOptions>): Promise<Account>;
}

/** Plain mail can be recognised in the mailbox. */
const PLAIN = { encryption: 'off' } as const;

/** Both have written, so that each knows that the other uses a chat program. */
async function talk(from: Account, to: Account): Promise<void> {
  const first = nextMessage(to, (m) => m.text === 'hello');
  await (await from.chat(to.email)).send('hello');
  const answer = nextMessage(from, (m) => m.text === 'hello yourself');
  await (await first).reply('hello yourself');
  await answer;
}

/** How many receipts are in a mailbox. */
async function receiptsIn(user: TestUser): Promise<number> {
  return withImap(user, async (client) => {
    let count = 0;
    for (const { path, flags } of await client.list()) {
      if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue;
      const lock = await client.getMailboxLock(path);
      try {
        if (!client.mailbox || client.mailbox.exists === 0) continue;
        const mails = await client.fetchAll('1:*', { bodyStructure: true });
        count += mails.filter((mail) => mail.bodyStructure?.type === 'multipart/report').length;
      } finally {
        lock.release();
      }
    }
    return count;
  });
}

/** Who has read what. */
export function receiptTests({ newUser, account }: Suite): void {
  it('tells who has read a message, one by one in a group', async () => {
    const users = [await newUser('ada'), await newUser('bob'), await newUser('carol')] as const;
    const [ada, bob, carol] = [await account(users[0]), await account(users[1]), await account(users[2])];
    await talk(ada, bob);
    await talk(ada, carol);
    const arrived = nextMessage(bob, (m) => m.text === 'read this');
    const sent = await (await ada.chat(bob.email)).send('read this');
    await (await arrived).markRead();
    await sent.read({ signal: AbortSignal.timeout(30_000) });
    expect(sent.receipts).toMatchObject([{ address: bob.email, state: 'read' }]);

    const group = await ada.createGroup('Crew', [bob.email, carol.email]);
    const all = [bob, carol].map((who) => nextMessage(who, (m) => m.text === 'read this, all of you'));
    const toAll = await group.send('read this, all of you');
    const [bobs, carols] = await Promise.all(all);
    expect(bobs && isGroup(bobs.chat)).toBe(true);
    // Whoever is asked into a group by somebody they know has not to accept it.
    await carols?.markRead();
    const readers = () => toAll.receipts.filter(({ state }) => state === 'read').map(({ address }) => address);
    await eventually(() => expect(readers()).toEqual([carol.email]), 30_000);
    expect(toAll.state).not.toBe('read');
    await bobs?.markRead();
    await toAll.read({ signal: AbortSignal.timeout(30_000) });
    expect(readers().sort()).toEqual([bob.email, carol.email].sort());
  }, 120_000);

  it('sends one receipt, whichever of two devices reads a message', async () => {
    const [adaUser, bobUser] = [await newUser('ada'), await newUser('bob')];
    const [ada, phone] = [await account(adaUser, PLAIN), await account(bobUser, PLAIN)];
    await talk(ada, phone);
    const laptop = await account(bobUser, PLAIN);
    const toBob = await ada.chat(bobUser.email);
    const chats = [await phone.chat(adaUser.email), await laptop.chat(adaUser.email)];
    const arrived = [phone, laptop].map((who) => nextMessage(who, (m) => m.text === 'read this', 80_000));
    const sent = await toBob.send('read this');
    await Promise.all(arrived);
    await eventually(async () => expect(await messageIdsIn(bobUser, 'COI/Chats')).toContain(sent.messageId), 30_000);
    await Promise.all(chats.map((chat) => chat.markRead()));
    await sent.read({ signal: AbortSignal.timeout(60_000) });
    // What was sent after the receipts arrives after them.
    for (const [text, chat] of [
      ['from the phone', chats[0]],
      ['from the laptop', chats[1]],
    ] as const) {
      const last = nextMessage(ada, (m) => m.text === text);
      await chat?.send(text);
      await last;
    }
    expect(await receiptsIn(adaUser)).toBe(1);
    expect(sent.receipts).toMatchObject([{ address: bobUser.email, state: 'read' }]);
  }, 150_000);
}
