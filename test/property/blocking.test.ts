import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeCards, newCard } from '../../src/model/card-merge.js';
import type { Arrival, CopyPlace } from '../../src/sync/ingest/arrival.js';
import { removeLocations } from '../../src/sync/ingest/locations.js';
import { cardsOf, putCard } from '../../src/sync/storage/cards.js';
import { goldenDump } from '../support/golden-dump.js';
import { arrivalOf, textMail } from '../support/mail-values.js';
import { ME, type TestState, testState } from '../support/state.js';

const PEOPLE = ['bob@example.net', 'carol@example.com', 'dave@example.net'];
const START = 1_700_000_000_000;

/** What happens to an account: mails come and go, and devices say whom they block and accept. */
type Event =
  | { readonly kind: 'arrive'; readonly arrival: Arrival & { readonly place: CopyPlace } }
  | { readonly kind: 'remove'; readonly place: CopyPlace }
  | {
      readonly kind: 'card';
      readonly id: string;
      readonly name: 'blocked' | 'accepted';
      readonly value: boolean;
      readonly at: number;
    }
  | { readonly kind: 'person'; readonly id: string; readonly person: string };

const mails = fc.array(
  fc.record({
    from: fc.nat(PEOPLE.length),
    kind: fc.constantFrom('single', 'single', 'group', 'several', 'list', 'automatic'),
    folders: fc.subarray(['INBOX', 'Chats', 'Blocked'], { minLength: 1 }),
    removed: fc.boolean(),
    sent: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);
const words = fc.array(
  fc.record({
    who: fc.nat(PEOPLE.length),
    name: fc.constantFrom('blocked', 'blocked', 'accepted'),
    value: fc.boolean(),
    at: fc.nat(5),
  }),
  { maxLength: 6 },
);
const histories = fc
  .record({ mails, words, samePerson: fc.boolean() })
  .map(({ mails: specs, words: said, samePerson }): Event[][] => {
    const lines: Event[][] = specs.map((spec, i) => {
      const from = PEOPLE[spec.from] ?? ME;
      const others = PEOPLE.filter((person) => person !== from);
      const several = spec.kind === 'several' || spec.kind === 'group';
      const mail = textMail({
        id: `${spec.kind === 'automatic' ? '' : 'chat$'}m${i}@example.net`,
        from,
        to: several ? [...others, ME] : [from === ME ? (others[0] ?? ME) : ME],
        date: START + i * 60_000,
        text: `text ${i}`,
        chat: spec.kind === 'single',
        automatic: spec.kind === 'automatic',
        ...(spec.kind === 'group' && { groupId: 'GroupOne0001' }),
        ...(spec.kind === 'list' && { listId: 'dev.lists.example' }),
      });
      const line: Event[] = [];
      spec.folders.forEach((name, c) => {
        const folder = from === ME && spec.sent ? 'Sent' : name;
        const role = ({ INBOX: 'inbox', Chats: 'chats', Blocked: 'blocked', Sent: 'sent' } as const)[folder] ?? 'other';
        const arrival = arrivalOf(mail, { folder, role, uid: i * 10 + c + 1, internalDate: START + i * 60_000 });
        line.push({ kind: 'arrive', arrival });
        // One copy stays.
        if (spec.removed && c > 0) line.push({ kind: 'remove', place: arrival.place });
      });
      return line;
    });
    for (const { who, name, value, at } of said) {
      const id = PEOPLE[who] ?? 'group:GroupOne0001';
      lines.push([{ kind: 'card', id, name, value, at: START + at }]);
    }
    if (samePerson) lines.push(PEOPLE.slice(0, 2).map((id) => ({ kind: 'person', id, person: 'one' })));
    return lines;
  });

/** The events in an order in which each mail's own keep theirs. */
function courseOf(lines: readonly (readonly Event[])[], numbers: readonly number[]): Event[] {
  const rest = lines.map((line) => [...line]);
  const course: Event[] = [];
  for (let n = 0; rest.some((line) => line.length > 0); n++) {
    const open = rest.filter((line) => line.length > 0);
    const event = open[(numbers[n % numbers.length] ?? 0) % open.length]?.shift();
    if (event !== undefined) course.push(event);
  }
  return course;
}

async function play(events: readonly Event[]): Promise<TestState> {
  const state = await testState();
  for (const event of events) {
    if (event.kind === 'arrive') await state.join(event.arrival);
    else if (event.kind === 'remove') {
      const { folder, uidValidity, uid } = event.place;
      await state.writer.run((tx) => removeLocations(tx, folder, uidValidity, [uid]));
    } else
      await state.writer.run(async (tx) => {
        const [known] = await cardsOf(tx).get([event.id]);
        const before = known ?? newCard(event.id);
        const change =
          event.kind === 'card'
            ? { ...before, shared: { [event.name]: { at: event.at, value: event.value } } }
            : { ...before, person: event.person, personAt: START };
        putCard(tx, before, mergeCards(before, change), false);
      });
  }
  return state;
}

/** What of the state has to be the same. */
async function outcome({ store }: TestState): Promise<string> {
  const messages = await store.list('messages');
  const flags = messages.map(({ key, hidden, blocked, confined, gone }) =>
    [key, hidden, blocked ?? '-', gone === undefined ? (confined ?? '-') : gone].join(' '),
  );
  return [await goldenDump(store), ...flags.sort()].join('\n');
}

describe('blocking and accepting', () => {
  it('give the same state whatever comes first, the mails, their moves, or the word of any device', async () => {
    const numbers = fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(histories, numbers, numbers, async (lines, a, b) => {
        const first = await play(courseOf(lines, a));
        const second = await play(courseOf(lines, b));
        expect(await outcome(second)).toBe(await outcome(first));
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it('show nothing that a blocked person wrote, and everything else', async () => {
    const numbers = fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(histories, numbers, async (lines, order) => {
        const { store } = await play(courseOf(lines, order));
        const contacts = new Map((await store.list('contacts')).map((contact) => [contact.address, contact]));
        for (const message of await store.list('messages')) {
          if (message.fromMe || message.gone !== undefined) continue;
          const blocked = contacts.get(message.from.address)?.blocked === true;
          if (blocked) expect(message.hidden).toBe(1);
          else if (message.confined !== true) expect(message.hidden).toBe(0);
        }
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});
