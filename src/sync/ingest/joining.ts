import { isOnlyAboutOthers } from '../../model/delivery.js';
import { effectiveDate, messageKey, shadowKey } from '../../model/identity.js';
import {
  assemble,
  contentIn,
  contentOf,
  headIn,
  headOf,
  joinContents,
  joinHeads,
  type MessageContent,
  type MessageHead,
  type MessageStatus,
  statusIn,
  strippedContent,
  tellingSenderOf,
} from '../../model/message-facts.js';
import { type GraphFacts, graphFactsOf } from '../../model/placement.js';
import { compareSecurity, joinSecurity, PLAIN } from '../../model/security.js';
import type { MessageRecord, RecipientRecord, SecurityRecord } from '../../store/records.js';
import type { Arrival } from './arrival.js';

/** An arrival with what it says about itself. */
export interface Joining {
  readonly arrival: Arrival;
  readonly head: MessageHead;
  readonly sender: string | undefined;
  readonly graph: GraphFacts;
  /** Key of the mail's identity. */
  readonly base: string;
  /** Never to be shown: a receipt or report, or a mail in a folder whose mails are no messages. */
  readonly silent: boolean;
}

/** Reads from an arrival what joining needs. `own`: the account's addresses. */
export function joiningOf(arrival: Arrival, own: ReadonlySet<string>): Joining {
  const { mail, place } = arrival;
  const { outerId } = arrival;
  const head = { ...headOf(mail, own, arrival.authentication), ...(outerId !== undefined && { outerId }) };
  const shadow = place?.role === 'contacts';
  const identity = messageKey(head.from.address, head.messageId);
  const silent = shadow || isOnlyAboutOthers(mail);
  return {
    arrival,
    head,
    sender: shadow ? undefined : tellingSenderOf(mail, own),
    base: shadow ? shadowKey(place.role, identity) : identity,
    silent,
    // What stands outside of an encryption is no fact: the mail may say something else once it is open.
    graph: silent || arrival.unopened ? { linked: [], answers: [] } : graphFactsOf(head, own),
  };
}

/** The message of a mail that was not known. */
export function newMessage(joining: Joining, key: string): MessageRecord {
  const { arrival, head } = joining;
  const { place, sentTo } = arrival;
  const status: MessageStatus = {
    key,
    chatId: '',
    date: effectiveDate(head.headerDate, place?.internalDate),
    ...(place !== undefined && { internalDate: place.internalDate }),
    state: !head.fromMe ? 'delivered' : sentTo === undefined ? 'sent' : 'queued',
    ...(head.fromMe && { recipients: recipientsOf(head, sentTo) }),
    seen: head.fromMe || isSeen(arrival),
    unread: 0,
    hidden: joining.silent ? 1 : 0,
    pending: 0,
    ...securedBy(arrival),
    ...(joining.sender !== undefined && { sender: joining.sender }),
    ...ownCopyOf(head, isOwnCopy(joining)),
  };
  return assemble(head, contentOf(arrival.mail, key), status);
}

/** A known message after another copy of its mail came in. */
export function joinedMessage(known: MessageRecord, joining: Joining): MessageRecord {
  const { arrival } = joining;
  const compared = compareSecurity(known, securedBy(arrival));
  // Of one that vanished there is no text left that could be worth more.
  const worth = compared > 0 && known.gone === 'vanished' && arrival.place !== undefined ? -1 : compared;
  if (worth < 0 && known.unopened) return openedMessage(known, joining);
  const internalDate = earlier(known.internalDate, arrival.place?.internalDate);
  const { gone, authserv: _, unopened: _u, ...status } = statusIn(known);
  const revived = gone === 'vanished' && arrival.place !== undefined;
  const head = worth > 0 ? headIn(known) : worth < 0 ? joining.head : joinHeads(headIn(known), joining.head);
  const next: MessageStatus = {
    ...status,
    ...(worth === 0 && known.unopened && { unopened: true }),
    security: securityOf(known, arrival, worth),
    ...(gone !== undefined && !revived && { gone }),
    ...(internalDate !== undefined && { internalDate }),
    date: effectiveDate(head.headerDate, internalDate),
    seen: known.seen || isSeen(arrival),
    hidden: revived ? (joining.silent ? 1 : 0) : known.hidden,
    ...(joining.sender !== undefined && { sender: joining.sender }),
    ...ownCopyOf(head, known.ownCopy === true || isOwnCopy(joining)),
  };
  return assemble(head, joinedContent(known, arrival, worth), next);
}

/** A message of which there were only copies that could not be opened, after one could: as if those had never been read. */
function openedMessage(known: MessageRecord, joining: Joining): MessageRecord {
  const fresh = newMessage(joining, known.key);
  const { arrival } = joining;
  const internalDate = earlier(known.internalDate, arrival.place?.internalDate);
  const deleted = known.gone === 'deleted';
  const status: MessageStatus = {
    ...statusIn(fresh),
    chatId: known.chatId,
    date: effectiveDate(joining.head.headerDate, internalDate),
    ...(internalDate !== undefined && { internalDate }),
    state: joining.head.fromMe ? known.state : fresh.state,
    seen: known.seen || fresh.seen,
    pending: known.pending,
    ...(deleted && { hidden: 1, pending: 0, gone: 'deleted' }),
    ...ownCopyOf(joining.head, known.ownCopy === true || isOwnCopy(joining)),
  };
  const content = contentIn(fresh);
  return assemble(joining.head, deleted ? strippedContent(content) : content, status);
}

function securityOf(known: MessageRecord, { security = PLAIN }: Arrival, worth: number): SecurityRecord {
  return worth === 0 ? joinSecurity(known.security, security) : worth > 0 ? known.security : security;
}

function securedBy({ security = PLAIN, unopened }: Arrival): Pick<MessageRecord, 'security' | 'unopened'> {
  return unopened ? { security, unopened: true } : { security };
}

function joinedContent(known: MessageRecord, { mail }: Arrival, worth: number): MessageContent {
  const old = contentIn(known);
  if (known.gone === 'deleted') return old;
  const fresh = contentOf(mail, known.key);
  const plain = withoutClaim(old);
  const joined = known.gone === 'vanished' || worth < 0 ? fresh : worth > 0 ? plain : joinContents(plain, fresh);
  // Whether another mail claims the same identity is no property of the mail itself.
  const claims = known.problem?.code === 'duplicate-id' && joined.problem === undefined;
  return claims && known.problem !== undefined ? { ...joined, problem: known.problem } : joined;
}

function withoutClaim(content: MessageContent): MessageContent {
  if (content.problem?.code !== 'duplicate-id') return content;
  const { problem: _, ...rest } = content;
  return rest;
}

function recipientsOf(head: MessageHead, sentTo: readonly string[] | undefined): RecipientRecord[] {
  if (sentTo !== undefined) return sentTo.map((address) => ({ address, state: 'pending' }));
  const addresses = new Set([...head.to, ...head.cc].map(({ address }) => address));
  return [...addresses].map((address) => ({ address, state: 'sent' }));
}

function isSeen({ place }: Arrival): boolean {
  return place?.flags.includes('\\Seen') === true;
}

function isOwnCopy({ arrival, head }: Joining): boolean {
  return head.fromMe && (arrival.sentTo !== undefined || arrival.place?.role === 'sent');
}

function ownCopyOf({ authentication }: MessageHead, own: boolean): Pick<MessageStatus, 'ownCopy' | 'authserv'> {
  if (!own) return {};
  return authentication === undefined ? { ownCopy: true } : { ownCopy: true, authserv: authentication.server };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
