import fc from 'fast-check';
import type { ChatMail } from '../../src/protocol/chat-mail.js';
import type { Arrival, CopyPlace } from '../../src/sync/ingest/arrival.js';
import { addressOf, arrivalOf, bounceMail, type MailValues, receiptMail, textMail } from '../support/mail-values.js';
import { ALIAS, ME } from '../support/state.js';

/** Something that happens to a mailbox. */
export type MailboxEvent =
  | { readonly kind: 'arrive'; readonly arrival: Arrival & { readonly place: CopyPlace } }
  | { readonly kind: 'remove'; readonly place: CopyPlace }
  | { readonly kind: 'flag'; readonly place: CopyPlace };

/** A copy of a mail, with all that ever happens to it. */
export interface History {
  readonly arrivals: readonly (Arrival & { readonly place: CopyPlace })[];
  /** Places that are empty again in the end. */
  readonly removed: ReadonlySet<CopyPlace>;
  /** Places whose mail is seen in the end, though it may have come in unseen. */
  readonly seen: ReadonlySet<CopyPlace>;
}

const PEOPLE = ['Bob <bob@example.net>', 'carol@example.com', 'Dave D. <dave@example.net>', 'Eve <eve@evil.example>'];
const GROUPS = ['GroupOne0001', 'GroupTwo0002'];
const START = 1_700_000_000_000;
const DAY = 24 * 3600_000;

const kinds = [
  'plain-single',
  'plain-reply',
  'chat-single',
  'plain-several',
  'chat-several',
  'group',
  'plain-in-group',
  'list',
  'bounce',
  'receipt',
  'same-id',
  'self',
] as const;

const mailSpec = fc.record({
  kind: fc.constantFrom(...kinds),
  sender: fc.nat(PEOPLE.length),
  others: fc.subarray([0, 1, 2, 3], { minLength: 1, maxLength: 3 }),
  answers: fc.array(fc.nat(30), { maxLength: 3 }),
  group: fc.nat(GROUPS.length - 1),
  named: fc.boolean(),
  date: fc.constantFrom('right', 'right', 'right', 'missing', 'future'),
  id: fc.constantFrom('own', 'own', 'own', 'own', 'missing'),
  from: fc.constantFrom('known', 'known', 'known', 'known', 'renamed', 'missing'),
  subject: fc.constantFrom(undefined, 'Lunch', 'Re: Lunch', '...', 'AW: Re: Dinner', 'Trip'),
  automatic: fc.constantFrom(false, false, false, true),
  security: fc.constantFrom('none', 'none', 'valid', 'unknown-key'),
  copies: fc.array(
    fc.record({
      folder: fc.constantFrom('INBOX', 'INBOX', 'Chats', 'Sent'),
      seen: fc.boolean(),
      removed: fc.constantFrom(false, false, true),
      variant: fc.constantFrom('whole', 'whole', 'pieces', 'via-list'),
      server: fc.constantFrom(undefined, 'mx.example.org', 'mx.example.org', 'mx.evil.example'),
      dkim: fc.constantFrom('pass', 'fail', 'none', 'temperror'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

type MailSpec = typeof mailSpec extends fc.Arbitrary<infer T> ? T : never;

/** Random mailboxes: conversations of plain programs and chat programs, groups, lists, bounces, forged ids, copies, moves. */
export const histories: fc.Arbitrary<History> = fc.array(mailSpec, { minLength: 1, maxLength: 14 }).map(historyOf);

function historyOf(specs: readonly MailSpec[]): History {
  const arrivals: (Arrival & { readonly place: CopyPlace })[] = [];
  const removed = new Set<CopyPlace>();
  const seen = new Set<CopyPlace>();
  specs.forEach((spec, i) => {
    spec.copies.forEach((copy, c) => {
      const mail = mailOf(specs, i, copy.variant);
      const fromMe = mail.from?.address === ME || mail.from?.address === ALIAS;
      const folder = copy.folder === 'Sent' && !fromMe ? 'INBOX' : copy.folder;
      const role = folder === 'INBOX' ? 'inbox' : folder === 'Sent' ? 'sent' : 'chats';
      // Times are all different: what is shown at the same millisecond is ordered by local keys.
      const internalDate = START + i * 60_000 + (2 - c) * 7_000 + 1_000;
      const at = arrivalOf(mail, { folder, role, uid: i * 10 + c + 1, internalDate });
      const signature = spec.security;
      const domain = mail.from?.address.split('@')[1];
      const arrival = {
        ...at,
        security: { encrypted: signature !== 'none', signature },
        ...(copy.server !== undefined && {
          authentication: {
            server: copy.server,
            dkim: [{ result: copy.dkim, ...(domain !== undefined && { domain }) }],
          },
        }),
      };
      arrivals.push(arrival);
      if (copy.removed) removed.add(arrival.place);
      if (copy.seen) seen.add(arrival.place);
    });
  });
  return { arrivals, removed, seen };
}

function idOf(specs: readonly MailSpec[], at: number): string {
  const spec = specs[at];
  // Only an earlier mail's id is taken, so that this ends.
  if (spec?.kind === 'same-id' && at > 0) return idOf(specs, at - 1);
  const unique = `m${at}`;
  if (spec?.kind === 'chat-single' || spec?.kind === 'chat-several') return `chat$${unique}@example.net`;
  if (spec?.kind === 'group' && spec.named) return `chat$group.${GROUPS[spec.group]}.${unique}@example.net`;
  return `${unique}@example.net`;
}

function mailOf(specs: readonly MailSpec[], at: number, variant: 'whole' | 'pieces' | 'via-list'): ChatMail {
  const spec = specs[at] as MailSpec;
  if (spec.kind === 'same-id' && at > 0) {
    const forged = mailOf(specs, at - 1, 'whole');
    const text = `${forged.text} (another ${at})`;
    return { ...textMail(valuesOf(specs, at - 1)), text, bodyHash: `body:${text}`, shapeHash: `shape:${text}` };
  }
  const values: MailValues = {
    ...valuesOf(specs, at),
    pieces: variant === 'pieces',
    ...(variant === 'via-list' && spec.kind === 'plain-several' && { listId: 'dev.lists.example' }),
  };
  if (spec.kind === 'receipt') {
    const originals = spec.answers.map((answer) => idOf(specs, answer % specs.length));
    return receiptMail({ ...values, originals, disposition: spec.named ? 'displayed' : 'processed' });
  }
  if (spec.kind !== 'bounce') return textMail(values);
  const original = spec.answers[0] === undefined ? undefined : idOf(specs, spec.answers[0] % specs.length);
  return bounceMail({
    ...values,
    from: 'MAILER-DAEMON@example.org',
    to: [ME],
    ...(original !== undefined && { original }),
    statuses: spec.others.map((other) => ({
      recipient: addressOf(PEOPLE[other] ?? '').address,
      action: spec.named ? 'failed' : 'delayed',
      reason: `reason ${at}`,
    })),
  });
}

function valuesOf(specs: readonly MailSpec[], at: number): MailValues {
  const spec = specs[at] as MailSpec;
  const me = spec.sender === PEOPLE.length;
  const named = me ? (spec.named ? ALIAS : ME) : (PEOPLE[spec.sender] ?? ME);
  const from =
    spec.from === 'missing'
      ? undefined
      : spec.from === 'renamed'
        ? `Renamed ${at} <${addressOf(named).address}>`
        : named;
  const peer = PEOPLE[spec.others[0] ?? 0] ?? ME;
  const several = spec.others.map((other) => PEOPLE[other] ?? ME);
  const everyone = me ? several : [ME, ...several.filter((person) => person !== named)];
  const answered = spec.answers.map((answer) => idOf(specs, answer % specs.length));
  const date =
    spec.date === 'missing' ? undefined : START + at * 60_000 + 500 + (spec.date === 'future' ? 30 * DAY : 0);
  const common: MailValues = {
    id: spec.id === 'missing' ? undefined : idOf(specs, at),
    from,
    date,
    text: `text ${at}`,
    ...(spec.subject !== undefined && { subject: spec.subject }),
    inReplyTo: answered[0],
    references: answered,
    automatic: spec.automatic,
  };
  const groupIn = answered.map((id) => /^chat\$group\.([^.]+)\./.exec(id)?.[1]).find((id) => id !== undefined);
  const group = GROUPS[spec.group];
  switch (spec.kind) {
    case 'plain-several':
      return { ...common, to: everyone.slice(0, 1), cc: everyone.slice(1), groupId: groupIn };
    case 'chat-several':
      return { ...common, to: everyone, chat: true, groupId: groupIn, receiptTo: addressOf(named).address };
    case 'group':
      return { ...common, to: spec.others.length > 1 ? everyone : [me ? peer : ME], chat: true, groupId: group };
    case 'plain-in-group':
      return { ...common, to: everyone, groupId: group };
    case 'list':
      return { ...common, to: ['dev@lists.example'], listId: 'dev.lists.example' };
    case 'chat-single':
      return { ...common, to: [me ? peer : ME], chat: true, receiptTo: addressOf(named).address };
    case 'self':
      return { ...common, from: ME, to: [ALIAS] };
    default:
      // Also blind copies, whose only visible recipient is somebody else.
      return { ...common, to: [me || spec.automatic ? peer : ME], groupId: groupIn };
  }
}

/** Another course of events with the same outcome: order, repetitions and flags on arrival as the numbers say. */
export function courseOf(history: History, numbers: readonly number[]): MailboxEvent[] {
  let next = 0;
  const random = (below: number) => (numbers[next++ % numbers.length] ?? 0) % below;
  const events: MailboxEvent[] = [];
  const insert = (event: MailboxEvent, from: number) =>
    events.splice(from + random(events.length - from + 1), 0, event);
  for (const arrival of history.arrivals) {
    const { place } = arrival;
    const late = history.seen.has(place) && random(2) === 0;
    const flags = history.seen.has(place) && !late ? ['\\Seen'] : [];
    const event: MailboxEvent = { kind: 'arrive', arrival: { ...arrival, place: { ...place, flags } } };
    insert(event, 0);
    if (random(3) === 0) insert(event, events.indexOf(event) + 1);
    if (late) insert({ kind: 'flag', place }, lastArrival(events, place) + 1);
    if (history.removed.has(place)) insert({ kind: 'remove', place }, lastOf(events, place) + 1);
  }
  return events;
}

function placeOf(event: MailboxEvent): CopyPlace {
  return event.kind === 'arrive' ? event.arrival.place : event.place;
}

function lastOf(events: readonly MailboxEvent[], { folder, uid }: CopyPlace): number {
  return events.findLastIndex((event) => placeOf(event).uid === uid && placeOf(event).folder === folder);
}

function lastArrival(events: readonly MailboxEvent[], { folder, uid }: CopyPlace): number {
  return events.findLastIndex(
    (event) => event.kind === 'arrive' && event.arrival.place.uid === uid && event.arrival.place.folder === folder,
  );
}
