import { limits } from '../../core/limits.js';
import { withChatId, withSettingsOf } from '../../model/chat-summary.js';
import { factsOf, withDeliveryFacts } from '../../model/delivery.js';
import { locationKey, variantKey } from '../../model/identity.js';
import { attachmentBlobId, type MessageHead, sameContent } from '../../model/message-facts.js';
import { chatOf, type GraphFacts, graphFactsOf } from '../../model/placement.js';
import { compareSecurity } from '../../model/security.js';
import { realVariant, withClaim } from '../../model/variants.js';
import type { MessageRecord } from '../../store/records.js';
import { learnArrivals } from '../keys/learn-arrivals.js';
import { retryIfOutdated } from '../keys/waiting.js';
import type { Transaction } from '../transaction.js';
import type { Arrival } from './arrival.js';
import { confine } from './confinement.js';
import { GroupLedger } from './group-ledger.js';
import { type Joining, joinedMessage, joiningOf, newMessage } from './joining.js';
import { noteProfile } from './profiles.js';
import { idsWithReceipts, noteReceipt, withKnownReceipts } from './receipts.js';
import { ThreadGraph } from './thread-graph.js';
import { tombstone } from './tombstones.js';

/** Kind of the facts that say which messages answer a message-id; their value is the key of the answer. */
const ANSWER_FACT = 'answer';
/** Kind of the fact that says which of several mails of one identity is the real one; its value is that one's key. */
const VARIANT_FACT = 'variant';

/**
 * Joins mails into the state: the result depends on the set of all mails joined so far, not on their order, on how often
 * they came, or on how they were divided among transactions. Returns the message of each arrival, in their order.
 */
export async function join(tx: Transaction, arrivals: readonly Arrival[]): Promise<MessageRecord[]> {
  return new Join(tx).run(arrivals);
}

class Join {
  readonly #tx: Transaction;
  readonly #own: ReadonlySet<string>;
  readonly #graph: ThreadGraph;
  readonly #groups: GroupLedger;
  /** Messages whose chat has to be found (again). */
  readonly #toPlace = new Set<string>();
  /** Messages with a copy in the folder for blocked mail, and those that may have had all of theirs there. */
  readonly #toConfine = new Set<string>();
  /** New messages; true while nothing speaks against announcing them. */
  readonly #news = new Map<string, boolean>();
  /** Message-IDs of own messages and of those that reports speak of. */
  readonly #reported = new Set<string>();
  /** Message-IDs that receipts say something new about. */
  readonly #receipted = new Set<string>();
  /** Own messages that are new or changed. */
  readonly #ownMails: MessageRecord[] = [];
  /** What copies may wait for that came with these very mails. */
  #newKeys: ReadonlySet<string> = new Set();
  /** Messages that a copy was taken from. */
  readonly #left = new Set<string>();

  constructor(tx: Transaction) {
    this.#tx = tx;
    this.#own = tx.identity.addresses;
    this.#graph = new ThreadGraph(tx);
    this.#groups = new GroupLedger(tx);
  }

  async run(arrivals: readonly Arrival[]): Promise<MessageRecord[]> {
    const joinings = arrivals.map((arrival) => joiningOf(arrival, this.#own));
    await this.#prefetch(joinings);
    this.#newKeys = await learnArrivals(this.#tx, lessonsOf(arrivals));
    const keys: string[] = [];
    for (const joining of joinings) keys.push(await this.#joinOne(joining));
    await this.#removeLeft();
    await this.#placeAll();
    for (const key of this.#toConfine) await confine(this.#tx, key);
    await this.#applyReports();
    const records = await this.#tx.getMany('messages', keys);
    return records.filter((record) => record !== undefined);
  }

  async #prefetch(joinings: readonly Joining[]): Promise<void> {
    await this.#tx.getMany(
      'messages',
      joinings.map(({ base }) => base),
    );
    await this.#tx.getMany(
      'locations',
      joinings.flatMap(({ arrival }) => (arrival.place === undefined ? [] : keyOfPlace(arrival.place))),
    );
    await this.#groups.prefetch(joinings);
    await this.#graph.load(
      joinings.flatMap(({ head, graph }) =>
        graph.node === undefined ? graph.answers : [head.messageId, ...graph.linked],
      ),
    );
  }

  /** Joins one mail into its message; returns the message's key. */
  async #joinOne(joining: Joining): Promise<string> {
    const { arrival, base, head, graph } = joining;
    const key = await this.#variantOf(base, arrival);
    const known = await this.#tx.get('messages', key);
    if (arrival.place !== undefined) await this.#locate(arrival.place, key, arrival.waiting);
    if (arrival.place?.role === 'blocked' || known?.confined === true) this.#toConfine.add(key);
    const next = known === undefined ? newMessage(joining, key) : joinedMessage(known, joining);
    const firstRead = known === undefined || (known.unopened === true && next.unopened !== true);
    // Every copy counts for the graph and for groups, also one whose header loses: what was said is never taken back.
    await this.#graph.add(head.messageId, graph);
    if (head.outerId !== undefined) await this.#graph.add(head.outerId, aliasOf(head.messageId, graph));
    await this.#groups.note(joining);
    for (const target of graph.answers) await this.#noteAnswer(key, target, head);
    if (known !== undefined && sameRecord(known, next)) return this.#keepQuiet(key, arrival);

    this.#tx.put('messages', next);
    this.#keepFiles(arrival, next, known);
    this.#toPlace.add(key);
    if (known === undefined && arrival.sentTo === undefined) this.#news.set(key, !arrival.history);
    if (firstRead) {
      for (const fact of factsOf(arrival.mail, next)) {
        this.#tx.put('facts', fact);
        this.#reported.add(fact.target);
      }
    }
    if (firstRead) await noteProfile(this.#tx, arrival.mail, next);
    if (known !== undefined) this.#keepQuiet(key, arrival);
    for (const id of await noteReceipt(this.#tx, arrival.mail, next)) this.#receipted.add(id);
    if (head.fromMe) this.#ownMails.push(next);
    if (firstRead && head.fromMe) this.#reported.add(head.messageId);
    const provenNow = next.ownCopy === true && known !== undefined && known.ownCopy !== true;
    const signedNow = known !== undefined && compareSecurity(known, next) < 0;
    if (key !== base || provenNow || signedNow) await this.#settleClaim(base, key, next);
    return key;
  }

  /** A copy among the history says that the message is no news, even if another copy in the same batch is. */
  #keepQuiet(key: string, arrival: Arrival): string {
    if (arrival.history && this.#news.has(key)) this.#news.set(key, false);
    return key;
  }

  /** Key of the message with this identity and this content. */
  async #variantOf(base: string, { mail, unopened }: Arrival): Promise<string> {
    const first = await this.#tx.get('messages', base);
    // A mail that could not be opened says nothing that another one of its identity could contradict.
    if (first === undefined || unopened || first.unopened || sameContent(first, mail)) return base;
    // By shape, so that copies which were fetched in pieces find it; by body if that alone makes the difference.
    const keys = [variantKey(base, mail.shapeHash), variantKey(base, mail.bodyHash ?? mail.shapeHash)] as const;
    const [byShape, byBody] = await this.#tx.getMany('messages', keys);
    if (byShape === undefined || sameContent(byShape, mail)) return keys[0];
    return byBody === undefined || sameContent(byBody, mail) ? keys[1] : keys[0];
  }

  /** Says again which mail of an identity is the real one, after one was added or ranks higher than before. */
  async #settleClaim(base: string, key: string, message: MessageRecord): Promise<void> {
    const factKey = `${VARIANT_FACT}\n${base}`;
    const fact = await this.#tx.get('facts', factKey);
    // An identity with a single mail has no such fact.
    if (fact === undefined && key === base) return;
    const winner = await this.#tx.get('messages', fact === undefined ? base : String(fact.value));
    const rival = await this.#tx.get('messages', key);
    if (winner === undefined || rival === undefined) return;
    const real = realVariant(winner, rival);
    this.#tx.put('facts', {
      key: factKey,
      target: `${VARIANT_FACT}:${base}`,
      kind: VARIANT_FACT,
      from: message.from.address,
      date: 0,
      value: real.key,
    });
    for (const record of new Set([winner, rival])) this.#put(record, withClaim(record, record === real));
  }

  async #locate(place: NonNullable<Arrival['place']>, key: string, waiting: Arrival['waiting']): Promise<void> {
    const before = await this.#tx.get('locations', keyOfPlace(place));
    if (before !== undefined && before.message !== key) this.#left.add(before.message);
    if (waiting !== undefined) await retryIfOutdated(this.#tx, waiting, this.#newKeys);
    const { folder, uidValidity, uid, flags, internalDate, size } = place;
    this.#tx.put('locations', {
      key: keyOfPlace(place),
      folder,
      uidValidity,
      uid,
      message: key,
      flags,
      internalDate,
      size,
      ...(waiting !== undefined && { waitsFor: waiting.waitsFor }),
      ...(before?.appended && { appended: true }),
      ...(place.role === 'blocked' && { blocked: true }),
    });
  }

  /** A mail that was opened may have another id inside, or be another one than was thought: what stood in for it goes when its last copy did. */
  async #removeLeft(): Promise<void> {
    for (const message of await this.#tx.getMany('messages', [...this.#left])) {
      if (message?.unopened !== true) continue;
      const copies = await this.#tx.list('locations', { index: 'byMessage', prefix: [message.key], limit: 1 });
      if (copies.length > 0) continue;
      this.#tx.remove('messages', message.key);
      this.#toPlace.delete(message.key);
    }
  }

  async #noteAnswer(key: string, target: string, head: MessageHead): Promise<void> {
    const factKey = `${ANSWER_FACT}\n${key}\n${target}`;
    if ((await this.#tx.get('facts', factKey)) !== undefined) return;
    this.#tx.put('facts', {
      key: factKey,
      target: answersTo(target),
      kind: ANSWER_FACT,
      from: head.from.address,
      date: 0,
      value: key,
    });
  }

  /** Keeps the files that came with the mail, unless they are there already. */
  #keepFiles(arrival: Arrival, next: MessageRecord, known: MessageRecord | undefined): void {
    if (arrival.mail.kind !== 'message' || next.gone === 'deleted') return;
    const have = new Set(known?.attachments.map(({ blob }) => blob));
    const wanted = new Set(next.attachments.map(({ blob }) => blob));
    for (const { part, content } of arrival.mail.attachments) {
      const blob = attachmentBlobId(next.key, part);
      if (content !== undefined && wanted.has(blob) && !have.has(blob)) this.#tx.putBlob(blob, content);
    }
  }

  /** Finds the chats of all messages for which they may have changed. */
  async #placeAll(): Promise<void> {
    const { threads, answers, merged } = this.#graph.changes();
    for (const id of threads) {
      const mails = await this.#tx.list('messages', { index: 'byMessageId', prefix: [id] });
      for (const { key } of mails) this.#toPlace.add(key);
    }
    for (const id of answers) {
      const facts = await this.#tx.list('facts', { index: 'byTarget', prefix: [answersTo(id)] });
      for (const { value } of facts) this.#toPlace.add(String(value));
    }
    for (const key of await this.#groups.moved()) this.#toPlace.add(key);
    const messages = (await this.#tx.getMany('messages', [...this.#toPlace])).filter((m) => m !== undefined);
    await this.#graph.load(messages.flatMap((message) => nodesFor(message, this.#own)));
    const found = messages.map((message) =>
      isSilent(message) ? '' : chatOf(message, this.#own, (id) => this.#graph.node(id)),
    );
    const chats = await this.#groups.placed(messages, found);
    for (const [from, into] of merged) await this.#merge(from, into);
    const records = await this.#tx.getMany('chats', chats);
    messages.forEach((message, i) => {
      this.#place(message, chats[i] ?? '', records[i]?.clearedUpTo);
    });
  }

  #place(message: MessageRecord, chatId: string, clearedUpTo: number | undefined): void {
    const news = this.#news.get(message.key);
    let next = message.chatId === chatId ? message : { ...message, chatId };
    if (news !== undefined && next.hidden === 0 && clearedUpTo !== undefined && next.date <= clearedUpTo) {
      next = tombstone(this.#tx, next, 'deleted');
    }
    if (news && next.hidden === 0) {
      this.#tx.announce(next.key);
      if (this.#tx.acknowledge && !next.fromMe) next = { ...next, pending: 1 };
    }
    this.#put(message, next);
  }

  async #merge(from: string, into: string): Promise<void> {
    const [old, target] = await this.#tx.getMany('chats', [from, into]);
    if (old === undefined) return;
    // A chat that is made by the merge takes over the settings as they are.
    this.#tx.put('chats', target === undefined ? withChatId(old, into) : withSettingsOf(target, old));
    this.#tx.remove('chats', from);
    this.#tx.merge(from, into);
  }

  /** Brings own messages in step with the reports about them, whichever came first. */
  async #applyReports(): Promise<void> {
    const withReceipts = new Set(this.#receipted);
    for (const id of await idsWithReceipts(this.#tx, this.#ownMails)) withReceipts.add(id);
    for (const id of new Set([...this.#reported, ...withReceipts])) {
      const facts = await this.#tx.list('facts', { index: 'byTarget', prefix: [id], limit: limits.addresses });
      if (facts.length === 0 && !withReceipts.has(id)) continue;
      const mails = await this.#tx.list('messages', { index: 'byMessageId', prefix: [id], limit: limits.sameIdMails });
      for (const mail of mails) {
        if (!mail.fromMe || isSilent(mail)) continue;
        const told = facts.length === 0 ? mail : withDeliveryFacts(mail, facts);
        this.#put(mail, await withKnownReceipts(this.#tx, told));
      }
    }
  }

  #put(before: MessageRecord, after: MessageRecord): void {
    if (before !== after) this.#tx.put('messages', after);
  }
}

function lessonsOf(arrivals: readonly Arrival[]) {
  return arrivals.flatMap(({ lesson, history, place }) => {
    const amongOwn = place?.role === 'sent' || place?.role === 'chats';
    return lesson === undefined ? [] : [{ lesson, history, amongOwn }];
  });
}

/** The id outside of an encryption is the same mail's: what answers to it say is about the mail. */
function aliasOf(messageId: string, { node, linked }: GraphFacts): GraphFacts {
  return node === undefined ? { linked: [], answers: [] } : { node, linked: [messageId, ...linked], answers: [] };
}

/** Target of the facts about answers: apart from what reports say about the message itself. */
function answersTo(messageId: string): string {
  return `${ANSWER_FACT}:${messageId}`;
}

/** Message-ids whose nodes decide where a message belongs. */
function nodesFor(message: MessageRecord, own: ReadonlySet<string>): readonly string[] {
  const { node, answers } = graphFactsOf(message, own);
  return node === undefined ? answers : [message.messageId];
}

/** True for what is in no chat: reports, receipts, and mails of folders whose mails are no messages. */
function isSilent(message: MessageRecord): boolean {
  return message.hidden === 1 && message.chatId === '';
}

function keyOfPlace(place: NonNullable<Arrival['place']>): string {
  return locationKey(place.folder, place.uidValidity, place.uid);
}

/** Compares records whose fields are in the same order or come from the same record. */
function sameRecord(a: MessageRecord, b: MessageRecord): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
