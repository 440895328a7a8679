import { describe, expect, it } from 'vitest';
import { parseAutocryptHeader } from '../../../../src/autocrypt/header.js';
import type { KeyManager } from '../../../../src/autocrypt/key-manager.js';
import { readMail } from '../../../../src/mail/read-mail.js';
import { openMail } from '../../../../src/openpgp/open-mail.js';
import type { ChatMailDraft } from '../../../../src/protocol/chat-mail.js';
import { writeChatMail } from '../../../../src/protocol/write.js';
import {
  type OutgoingQuestion,
  planOutgoing,
  sealOutgoing,
  sealToSelf,
} from '../../../../src/sync/keys/seal-outgoing.js';
import {
  clockAt,
  DAY,
  incoming,
  ME,
  mail,
  mailWithKey,
  manager,
  NOW,
  type Person,
  person,
  readyManager,
} from '../../autocrypt/people.js';

const draft: ChatMailDraft = {
  from: { address: ME, name: 'Ada Lovelace' },
  to: [{ address: 'bob@example.net', name: 'Bob Builder' }],
  text: 'Meet me at the old mill.',
  date: NOW,
  requestReceipt: true,
};

async function write(keys: KeyManager, given: ChatMailDraft, question: Partial<OutgoingQuestion> = {}) {
  const recipients = [...given.to, ...(given.cc ?? [])].map(({ address }) => ({ address, usesChat: true }));
  const plan = await planOutgoing(keys, { from: given.from.address, recipients, ...question });
  const written = await writeChatMail(given, { encrypted: plan.encrypted });
  return sealOutgoing(keys, written, plan, { now: NOW });
}

async function open(bytes: Uint8Array, reader: Person, sender: KeyManager) {
  const outer = await readMail(bytes);
  const opened = await openMail(outer, {
    keys: [reader.key],
    keysOf: async () => sender.decryptionKeys.map((key) => key.toPublic()),
  });
  return { outer, ...opened };
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

async function knowing(...people: readonly Person[]): Promise<KeyManager> {
  const keys = await readyManager();
  for (const one of people) await keys.processMail(await mailWithKey(one));
  return keys;
}

describe('in plain text', () => {
  it('the mail gets the key of the address that it is written from', async () => {
    const alias = 'ada@alias.example';
    const keys = await readyManager({ addresses: [ME, alias] });
    for (const from of [ME, alias]) {
      const sent = await write(keys, { ...draft, from: { address: from } });
      expect(sent.sealed).toBeUndefined();
      const { headers, root } = await readMail(sent.bytes);
      expect(parseAutocryptHeader(headers.get('Autocrypt') ?? '').address).toBe(from);
      expect(root.text()).toContain('old mill');
    }
  });

  it('a mail without an own key has no Autocrypt field', async () => {
    const sent = await write(await manager(), draft);
    expect((await readMail(sent.bytes)).headers.get('Autocrypt')).toBeUndefined();
  });

  it('a message that may not go out so is refused, and says whose key is missing', async () => {
    const bob = await person('bob@example.net');
    const keys = await knowing(bob);
    const to = [{ address: bob.address }, { address: 'carol@example.com' }];
    for (const question of [{ replyToEncrypted: true }, { mode: 'require' }] as const) {
      await expect(write(keys, { ...draft, to }, question)).rejects.toMatchObject({
        code: 'MISSING_KEY',
        addresses: ['carol@example.com'],
      });
    }
    expect((await write(keys, { ...draft, to })).sealed).toBeUndefined();
  });

  it('an encrypted chat waits for a key that is on another device', async () => {
    const keys = await manager();
    const bob = await person('bob@example.net');
    await keys.processMail(await mailWithKey(bob));
    const me = await person(ME);
    await keys.processMail({ ...(await mailWithKey(me)), own: true });
    await expect(write(keys, draft, { replyToEncrypted: true })).rejects.toMatchObject({ code: 'KEY_IMPORT_NEEDED' });
  });
});

describe('encrypted', () => {
  it('one person reads it all; outside stands nothing that tells', async () => {
    const bob = await person('bob@example.net');
    const keys = await knowing(bob);
    const sent = await write(keys, draft);
    const { outer, mail: inside, security, payloadHeaders } = await open(sent.bytes, bob, keys);

    expect(security).toEqual({ encrypted: true, signature: 'valid', signer: sent.sealed?.signer });
    expect(inside.root.text()).toContain('old mill');
    expect(inside.from).toEqual([draft.from]);
    expect(inside.to).toEqual(draft.to);
    expect(inside.subject).toBe('Chat: Meet me at the old mill.');
    expect(payloadHeaders?.get('Chat-Disposition-Notification-To')).toBe(ME);
    expect(payloadHeaders?.getAll('Autocrypt-Gossip')).toEqual([]);
    expect(payloadHeaders?.get('Autocrypt')).toBe(outer.headers.get('Autocrypt'));
    expect(inside.messageId).toBe(sent.messageId);

    const names = [...outer.headers.entries()].map(([name]) => name.toLowerCase());
    expect(new Set(names)).toEqual(
      new Set([
        'chat-version',
        'from',
        'to',
        'date',
        'message-id',
        'autocrypt',
        'subject',
        'mime-version',
        'content-type',
      ]),
    );
    expect(outer.subject).toBe('...');
    expect(outer.messageId).toBe(sent.messageId);
    expect(textOf(sent.bytes)).not.toMatch(/mill|Lovelace|Builder|Notification/);
  });

  it('what the sender is shown is what is inside', async () => {
    const bob = await person('bob@example.net');
    const sent = await write(await knowing(bob), draft);
    const shown = await readMail(sent.sealed?.payload ?? new Uint8Array());
    const { mail: inside } = await open(sent.bytes, bob, await readyManager());
    expect(shown.bodyHash).toBe(inside.bodyHash);
    expect(shown.shapeHash).toBe(inside.shapeHash);
  });

  it('in a group everybody gets the keys of the others, and the group is named inside only', async () => {
    const people = await Promise.all(['bob@example.net', 'carol@example.com', 'dan@example.com'].map((a) => person(a)));
    const [bob] = people;
    if (!bob) throw new Error('nobody');
    const keys = await knowing(...people);
    const group = {
      groupId: 'Gr0upId-12345',
      subject: 'Secret Garden',
      to: people.map(({ address }) => ({ address })),
    };
    const sent = await write(keys, { ...draft, ...group });
    const { mail: inside, payloadHeaders } = await open(sent.bytes, bob, keys);

    expect(inside.headers.get('Chat-Group-ID')).toBe(group.groupId);
    expect(sent.messageId).toMatch(/^chat\$[a-z0-9]+@example\.org$/);
    expect(textOf(sent.bytes)).not.toMatch(/Gr0upId|Garden|Gossip/i);
    const gossip = (payloadHeaders?.getAll('Autocrypt-Gossip') ?? []).map(parseAutocryptHeader);
    expect(gossip.map(({ address }) => address)).toEqual(people.map(({ address }) => address));
    for (const one of people) expect((await open(sent.bytes, one, keys)).security.signature).toBe('valid');
  });

  it('a mail to somebody that the plan does not know is not sent', async () => {
    const bob = await person('bob@example.net');
    const keys = await knowing(bob);
    const plan = await planOutgoing(keys, { from: ME, recipients: [{ address: bob.address, usesChat: true }] });
    const written = await writeChatMail({ ...draft, cc: [{ address: 'eve@example.com' }] }, { encrypted: true });
    await expect(sealOutgoing(keys, written, plan, { now: NOW })).rejects.toMatchObject({
      code: 'MISSING_KEY',
      addresses: ['eve@example.com'],
    });
  });

  it('a chat that is switched off is in plain text, whatever was before', async () => {
    const bob = await person('bob@example.net');
    const keys = await knowing(bob);
    expect((await write(keys, draft, { mode: 'off', replyToEncrypted: true })).sealed).toBeUndefined();
  });

  it('to a person not known to use a chat client it takes both sides to want it', async () => {
    const bob = await person('bob@example.net');
    const keys = await readyManager();
    await keys.processMail(await incoming({ from: bob.address, fields: [['Autocrypt', bob.mutual]], date: NOW }));
    const plan = () => planOutgoing(keys, { from: ME, recipients: [bob.address] });
    expect((await plan()).encrypted).toBe(false);
    await keys.setPreferences({ preferEncrypt: 'mutual' });
    expect((await plan()).encrypted).toBe(true);
  });
});

describe('to oneself', () => {
  const card = {
    ...draft,
    to: [{ address: ME }],
    text: 'Contact',
    subject: 'Contact',
    requestReceipt: false,
    headers: { 'X-Hint': 'Bob Builder' },
  };

  it('is encrypted as soon as there is a key, with an index for servers outside', async () => {
    const me = await person(ME);
    const keys = await manager();
    const written = await writeChatMail(card);
    expect(await sealToSelf(keys, written, { from: ME, now: NOW })).toBe(written);

    await keys.importKey(me.key.bytes());
    await keys.setPreferences({ enabled: false });
    const sent = await sealToSelf(keys, written, { from: ME, now: NOW, outside: [['COI-From-Hash', '834d']] });
    const { outer, mail: inside, security } = await open(sent.bytes, me, keys);
    expect(outer.headers.get('COI-From-Hash')).toBe('834d');
    expect(inside.headers.get('X-Hint')).toBe('Bob Builder');
    expect(textOf(sent.bytes)).not.toContain('Builder');
    expect(security).toEqual({ encrypted: true, signature: 'valid', signer: me.fingerprint });
  });

  it('never falls back to plain text', async () => {
    const written = await writeChatMail(card);
    const elsewhere = await manager();
    await elsewhere.processMail({ mail: await mail({ from: ME, type: 'multipart/encrypted' }), receivedAt: NOW });
    await expect(sealToSelf(elsewhere, written, { from: ME, now: NOW })).rejects.toMatchObject({
      code: 'KEY_IMPORT_NEEDED',
    });
    const expired = await manager({ clock: clockAt(NOW) });
    await expired.importKey((await person(ME, { made: NOW - 2 * DAY, expires: NOW - DAY })).key.bytes());
    await expect(sealToSelf(expired, written, { from: ME, now: NOW })).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });
});
