import { nextGroupTime } from '../../src/model/group-state.js';
import type { ChatMail, ChatMailDraft } from '../../src/protocol/chat-mail.js';
import type { GroupDraft, GroupMemberDraft } from '../../src/protocol/group-mail.js';
import { readChatMail } from '../../src/protocol/read.js';
import { writeChatMail } from '../../src/protocol/write.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { ChatRecord } from '../../src/store/records.js';
import type { Arrival } from '../../src/sync/ingest/arrival.js';
import { join } from '../../src/sync/ingest/join.js';
import { StateWriter } from '../../src/sync/state-writer.js';

const GROUP = 'Abcdefgh-_1234';
const CHAT = `group:${GROUP}`;
export const PEOPLE = ['ada', 'bob', 'carol', 'dave', 'eve'].map((name) => `${name}@example.org`);

const START = Date.UTC(2026, 0, 6, 9);
const CLOCK = { now: () => START, after: () => () => undefined };
const PNG = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);

/** A mail on its way. */
export interface SentMail {
  readonly from: number;
  readonly to: readonly string[];
  /** Read from the octets that were written. */
  readonly mail: ChatMail;
  /** True time at which it was handed over. */
  readonly at: number;
  /** Whom it adds or who leaves with it, and the time that it claims for that. */
  readonly step?: { readonly kind: 'added' | 'left'; readonly address: string; readonly time: number };
}

/** What came of a history. */
export interface Played {
  readonly mails: readonly SentMail[];
  /** The devices on which it happened, one for each of {@link PEOPLE}, when all mails have arrived. */
  readonly devices: readonly Device[];
}

/** A device of somebody, with a store of its own, fed with the octets of mails. */
export class Device {
  readonly owner: string;
  readonly #writer: StateWriter;
  readonly #store = new MemoryStore();
  readonly #ready: Promise<void>;
  #uid = 1;

  constructor(owner: string) {
    this.owner = owner;
    this.#writer = new StateWriter({
      store: this.#store,
      identity: { email: owner, addresses: new Set([owner]) },
      clock: CLOCK,
    });
    this.#ready = this.#store.open();
  }

  get store(): MemoryStore {
    return this.#store;
  }

  /** Takes mails in one batch. */
  async receive(mails: readonly SentMail[]): Promise<void> {
    await this.#ready;
    const arrivals = mails.map(({ mail, at }): Arrival => {
      const place = { folder: 'INBOX', role: 'inbox', uidValidity: '1', uid: this.#uid++ } as const;
      return { mail, place: { ...place, flags: [], internalDate: at, size: mail.size }, history: false };
    });
    await this.#writer.run((tx) => join(tx, arrivals));
  }

  async group(): Promise<ChatRecord | undefined> {
    await this.#ready;
    return (await this.#store.get('chats', [CHAT]))[0];
  }

  /** What is to be the same on every device of the members: all but who looks. */
  async view(): Promise<string> {
    const chat = await this.group();
    if (chat?.group === undefined) return 'unknown';
    const { selfMember, description, avatar } = chat.group;
    const members = [...chat.members.map(({ address }) => address), ...(selfMember ? [this.owner] : [])].sort();
    return JSON.stringify({ name: chat.name, description, avatar: avatar?.blob, members });
  }
}

/** What somebody does. Numbers are taken modulo what is possible then. */
export interface Act {
  readonly who: number;
  readonly kind: 'say' | 'add' | 'remove' | 'leave' | 'rename' | 'describe' | 'avatar';
  readonly whom: number;
  /** Minutes since the act before. */
  readonly pause: number;
  /** The actor looks at the mailbox before. */
  readonly online: boolean;
}

/** Everything that happens to a group: each acts on what the own device knows, by the own clock. */
export async function playHistory(acts: readonly Act[], skews: readonly number[]): Promise<Played> {
  const devices = PEOPLE.map((owner) => new Device(owner));
  const waiting = PEOPLE.map((): SentMail[] => []);
  const sent: SentMail[] = [];
  let now = START;
  const send = async (who: number, group: GroupDraft, to: readonly string[], text: string, step?: SentMail['step']) => {
    const clock = now + (skews[who] ?? 0);
    const last = (await devices[who]?.group())?.lastMessageId;
    const draft: ChatMailDraft = {
      from: { address: PEOPLE[who] ?? '' },
      to: to.map((address) => ({ address })),
      date: clock,
      text,
      group,
      messageId: `chat$group.${GROUP}.${sent.length}@example.org`,
      ...(last !== undefined && { references: [last] }),
    };
    const { bytes } = await writeChatMail(draft, { encrypted: true });
    const mail: SentMail = { from: who, to, mail: await readChatMail(bytes), at: now, ...(step && { step }) };
    sent.push(mail);
    await devices[who]?.receive([mail]);
    for (const [i, owner] of PEOPLE.entries()) if (i !== who && to.includes(owner)) waiting[i]?.push(mail);
  };
  const [founder = '', ...others] = PEOPLE.slice(0, 3);
  const first = Math.floor((START + (skews[0] ?? 0)) / 1000) * 1000;
  const founding = [founder, ...others].map((address) => ({ address, since: first }));
  await send(0, { id: GROUP, name: 'Crew', nameTimestamp: first, members: founding }, others, 'Hello');
  for (const act of acts) {
    now += act.pause * 60_000;
    const device = devices[act.who];
    const inbox = waiting[act.who];
    if (device === undefined || inbox === undefined) continue;
    if (act.online) await device.receive(inbox.splice(0));
    await perform(act, device, now + (skews[act.who] ?? 0), (...mail) => send(act.who, ...mail));
  }
  for (const [i, device] of devices.entries()) await device.receive(waiting[i] ?? []);
  return { mails: sent, devices };
}

async function perform(
  act: Act,
  device: Device,
  clock: number,
  send: (group: GroupDraft, to: readonly string[], text: string, step?: SentMail['step']) => Promise<void>,
): Promise<void> {
  const chat = await device.group();
  const state = chat?.group;
  if (chat === undefined || state === undefined || !state.selfMember) return;
  const others = chat.members.map(({ address }) => address);
  const member = (address: string): GroupMemberDraft => {
    const since = state.since[address];
    return since === undefined ? { address } : { address, since };
  };
  const members = [device.owner, ...others].map(member);
  const pastMembers = state.pastMembers.map(({ address, at }) => ({ address, timestamp: at }));
  const name = { id: GROUP, name: chat.name };
  const named = { ...name, ...(state.newest.name !== undefined && { nameTimestamp: state.newest.name }) };
  const time = (register: 'name' | 'description' | 'avatar' | 'members') => nextGroupTime(state, register, clock);
  switch (act.kind) {
    case 'say':
      if (others.length > 0) await send(name, others, 'Something');
      return;
    case 'add': {
      const candidates = PEOPLE.filter((address) => address !== device.owner && !others.includes(address));
      const address = candidates[act.whom % Math.max(1, candidates.length)];
      if (address === undefined) return;
      const all = [...members, { address, since: time('members') }];
      const avatar = state.avatar === undefined ? {} : { avatar: { content: PNG, contentType: 'image/png' } };
      const described =
        state.newest.description === undefined
          ? {}
          : { description: state.description ?? '', descriptionTimestamp: state.newest.description };
      const past = pastMembers.filter((person) => person.address !== address);
      await send(
        { ...named, ...described, ...avatar, added: [address], members: all, pastMembers: past },
        [...others, address],
        `added ${address}`,
        { kind: 'added', address, time: time('members') },
      );
      return;
    }
    case 'remove': {
      const address = others[act.whom % Math.max(1, others.length)];
      if (address === undefined) return;
      const past = [
        ...pastMembers.filter((person) => person.address !== address),
        { address, timestamp: time('members') },
      ];
      const rest = members.filter((person) => person.address !== address);
      await send({ ...named, removed: [address], members: rest, pastMembers: past }, others, `removed ${address}`);
      return;
    }
    case 'leave':
      if (others.length === 0) return;
      await send(
        {
          ...name,
          removed: [device.owner],
          members: members.slice(1),
          pastMembers: [{ address: device.owner, timestamp: time('members') }],
        },
        others,
        'left',
        { kind: 'left', address: device.owner, time: time('members') },
      );
      return;
    case 'rename':
      if (others.length === 0) return;
      await send(
        { id: GROUP, name: `Crew ${act.whom}`, nameChangedFrom: chat.name, nameTimestamp: time('name'), members },
        others,
        'renamed',
      );
      return;
    case 'describe':
      if (others.length === 0) return;
      await send(
        {
          ...named,
          description: `About ${act.whom}`,
          descriptionChanged: true,
          descriptionTimestamp: time('description'),
          members,
        },
        others,
        'described',
      );
      return;
    case 'avatar': {
      if (others.length === 0) return;
      const content = new Uint8Array([...PNG, act.whom]);
      await send(
        { ...named, avatar: { content, contentType: 'image/png' }, avatarChanged: true, members },
        others,
        'avatar',
      );
    }
  }
}
