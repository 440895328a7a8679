import { describe, expect, it } from 'vitest';
import type { ChatMailDraft } from '../../../src/protocol/chat-mail.js';
import type { GroupDraft } from '../../../src/protocol/group-mail.js';
import { readChatMail } from '../../../src/protocol/read.js';
import { writeChatMail } from '../../../src/protocol/write.js';

const ADA = { address: 'ada@example.org' };
const BOB = { address: 'bob@example.net', since: 1_700_000_000_000 };
const CAROL = { address: 'carol@example.com', since: 1_700_000_001_000 };
const ID = 'Abcdefgh-_1234';

async function written(group: Partial<GroupDraft>, options: Partial<ChatMailDraft> & { encrypted?: boolean } = {}) {
  const { encrypted = false, ...draft } = options;
  const mail = await writeChatMail(
    {
      from: ADA,
      to: [BOB, CAROL].map(({ address }) => ({ address })),
      text: 'x',
      group: { id: ID, name: 'Crew', ...group },
      ...draft,
    },
    { encrypted },
  );
  return { raw: new TextDecoder().decode(mail.bytes), mail, read: await readChatMail(mail.bytes) };
}

async function group(header: string) {
  const { group } = await readChatMail(
    `Chat-Version: 1.0\r\nFrom: a@x.example\r\nTo: b@x.example, c@x.example\r\nChat-Group-ID: ${ID}\r\n${header}\r\n\r\nx`,
  );
  return group;
}

describe('writing about a group', () => {
  it('keeps the id out of the Message-ID of an encrypted mail', async () => {
    const { mail, read } = await written({}, { encrypted: true });
    expect(mail.messageId).not.toContain(ID);
    expect(read.groupId).toBe(ID);
  });

  it('tells times, keys and former members only inside the encryption, or to somebody who is added', async () => {
    const fingerprint = 'ab'.repeat(20);
    const about = {
      members: [ADA, { ...BOB, fingerprint }, { ...CAROL, fingerprint }],
      pastMembers: [{ address: 'dave@example.net', timestamp: 1_600_000_000_000 }],
    };
    const secret = /Chat-Group-(?:Past-Members|Member-Timestamps|Member-Fpr)/;
    expect((await written(about)).raw).not.toMatch(secret);
    for (const { read } of [
      await written(about, { encrypted: true }),
      await written({ ...about, added: [CAROL.address] }),
    ]) {
      expect(read.group?.memberSince).toEqual(
        [BOB, CAROL].map(({ address, since }) => ({ address, timestamp: since })),
      );
      expect(read.group?.pastMembers).toEqual(about.pastMembers);
      expect(read.group?.fingerprints).toEqual([BOB, CAROL].map(({ address }) => ({ address, fingerprint })));
    }
  });

  it('names several added people in fields of their own', async () => {
    const { raw, read } = await written({ added: [BOB.address, CAROL.address], members: [ADA, BOB, CAROL] });
    expect(raw.match(/^Chat-Group-Member-Added: /gm)).toHaveLength(2);
    expect(read.group?.added).toEqual([BOB.address, CAROL.address]);
  });

  it('gives the time of everybody else when one is removed', async () => {
    const { read } = await written(
      {
        removed: [BOB.address],
        members: [ADA, CAROL],
        pastMembers: [{ address: BOB.address, timestamp: 1_700_000_009_000 }],
      },
      { encrypted: true },
    );
    expect(read.group?.left).toBe(true);
    expect(read.group?.memberSince).toEqual([{ address: CAROL.address, timestamp: CAROL.since }]);
    expect(read.group?.pastMembers).toEqual([{ address: BOB.address, timestamp: 1_700_000_009_000 }]);
  });

  it('shows the words and never the members in a plain mail program', async () => {
    const { read } = await written({ members: [ADA, BOB, CAROL] }, { text: 'Ada <added> Carol' });
    expect(read).toMatchObject({ text: 'Ada <added> Carol', attachments: [] });
    expect((read as { html?: string }).html).toBeUndefined();
    const formatted = await written({ members: [ADA] }, { html: '<b>Hi</b>' });
    expect(formatted.read).toMatchObject({ html: '<b>Hi</b>', attachments: [] });
    expect(formatted.read.group?.info?.cards).toHaveLength(1);
  });

  it('takes an empty description and the end of a picture', async () => {
    const { read } = await written({ description: '', descriptionChanged: true, avatar: 'none' });
    expect(read.group).toMatchObject({ description: '', descriptionChanged: true, avatar: 'none' });
  });

  it.each([
    ['an empty name', { name: ' ' }, 'INVALID_OPTION'],
    ['an id that is none', { id: 'short' }, 'INVALID_OPTION'],
    ['a line break in the name', { name: 'a\r\nBcc: x@y.example' }, 'INVALID_HEADER'],
    ['a line break in an address', { added: ['a@b.example\r\nBcc: x@y.example'] }, 'INVALID_ADDRESS'],
    ['a picture that is none', { avatar: { contentType: 'image/png', content: new Uint8Array(10) } }, 'INVALID_OPTION'],
    ['a description that is too long', { description: 'x'.repeat(2001) }, 'INVALID_OPTION'],
    ['an unknown option', { colour: 'red' }, 'UNKNOWN_OPTION'],
    ['a time in seconds as text', { nameTimestamp: '1700000000' }, 'INVALID_OPTION'],
    ['more members than a mail can have', { members: Array.from({ length: 502 }, () => ADA) }, 'TOO_MANY_RECIPIENTS'],
  ])('refuses %s', async (_, about, code) => {
    await expect(written(about as Partial<GroupDraft>)).rejects.toMatchObject({ code });
  });

  it('refuses a groupId or a Chat-Content that says something else', async () => {
    await expect(written({}, { groupId: 'Other-group-1' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(written({ requested: true }, { chatContent: { value: 'status' } })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('reading about a group', () => {
  it('does not guess whose times they are if their number does not fit', async () => {
    expect(await group('Chat-Group-Member-Timestamps: 1700000000')).toMatchObject({ memberSince: [] });
    expect(await group('Chat-Group-Member-Timestamps: 1700000000 x')).toMatchObject({
      memberSince: [{ address: 'b@x.example', timestamp: 1_700_000_000_000 }],
    });
  });

  it('takes each address once, and leaves out what is none', async () => {
    expect(
      await group('Chat-Group-Member-Added: B@x.example, nobody, b@X.example\r\nChat-Group-Member-Added: d@x.example'),
    ).toMatchObject({
      added: ['b@x.example', 'd@x.example'],
    });
  });

  it('ignores pictures that are none, and times beyond all bounds', async () => {
    const read = await group('Chat-Group-Avatar: base64:AAAA\r\nChat-Group-Name-Timestamp: 99999999999');
    expect(read?.avatar).toBeUndefined();
    expect(read?.nameTimestamp).toBeUndefined();
  });

  it('is silent about mails that belong to no group', async () => {
    expect(await readChatMail('Chat-Group-Member-Added: b@x.example\r\nFrom: a@x.example\r\n\r\nx')).not.toHaveProperty(
      'group',
    );
  });
});
