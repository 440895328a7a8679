import type { FetchMessageObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { connect, mail, run, startHost } from './support.js';

const nested = [
  'From: "Eve, the \\"Great\\"" <eve@example.net>, Bob <bob@example.org>',
  'Sender: post@example.net',
  'To: Team: ada@example.org, bob@example.org;, =?utf-8?Q?J=C3=BCrgen?= <j@example.net>',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Date: Thu, 1 Jan 2026 10:00:00 +0100',
  'Message-ID: <one@example.net>',
  'In-Reply-To: <zero@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  'preamble',
  '--outer',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  'Content-Type: text/plain; charset=utf-8; format=flowed',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Grüße',
  'two',
  '--inner',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Hello</p>',
  '--inner--',
  '--outer',
  'Content-Type: application/pdf; name="a b.pdf"',
  'Content-Transfer-Encoding: base64',
  "Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf; size=3",
  'Content-ID: <cid@example.net>',
  '',
  'AQID',
  '--outer',
  'Content-Type: message/rfc822',
  '',
  'From: inside@example.net',
  'Subject: Inner',
  'Content-Type: multipart/mixed; boundary=deep',
  '',
  '--deep',
  '',
  'deep text',
  '--deep--',
  '--outer--',
  'epilogue',
  '',
].join('\r\n');

async function fetchOne(raw: string, query: Parameters<Awaited<ReturnType<typeof connect>>['fetchOne']>[1]) {
  const host = await startHost();
  host
    .mailbox('ada@example.org')
    .folder('INBOX')
    .append(raw, {
      flags: ['\\Flagged', '$Chat'],
      internalDate: Date.UTC(2026, 1, 3, 4, 5, 6),
    });
  const client = await connect(host);
  await client.mailboxOpen('INBOX');
  const message = await client.fetchOne('1', query);
  return { host, client, message: found(message) };
}

function found(message: FetchMessageObject | false | undefined): FetchMessageObject {
  if (!message) throw new Error('nothing fetched');
  return message;
}

const part = (message: FetchMessageObject, key: string) => message.bodyParts?.get(key)?.toString();

describe('FETCH', () => {
  it('gives size, date, flags, UID and MODSEQ', async () => {
    const { message } = await fetchOne(nested, { size: true, internalDate: true, flags: true, uid: true });
    expect(message).toMatchObject({ uid: 1, seq: 1, size: Buffer.byteLength(nested), modseq: 2n });
    expect(message.internalDate).toEqual(new Date(Date.UTC(2026, 1, 3, 4, 5, 6)));
    expect([...(message.flags ?? [])].sort()).toEqual(['$Chat', '\\Flagged']);
  });

  it('gives the source, whole and in pieces, without setting \\Seen', async () => {
    const { client, message, host } = await fetchOne(nested, { source: true });
    expect(message.source?.toString()).toBe(nested);
    const piece = await client.fetchOne('1', { source: { start: 6, maxLength: 10 } });
    expect(found(piece).source?.toString()).toBe(nested.slice(6, 16));
    expect(host.mailbox('ada@example.org').folder('INBOX').messages[0]?.flags.has('\\Seen')).toBe(false);
  });

  it('gives the envelope with groups and encoded words', async () => {
    const { message } = await fetchOne(nested, { envelope: true });
    expect(message.envelope).toMatchObject({
      subject: 'Grüße',
      messageId: '<one@example.net>',
      inReplyTo: '<zero@example.org>',
      date: new Date(Date.UTC(2026, 0, 1, 9)),
      from: [
        { name: 'Eve, the "Great"', address: 'eve@example.net' },
        { name: 'Bob', address: 'bob@example.org' },
      ],
      sender: [{ address: 'post@example.net' }],
      replyTo: [{ address: 'eve@example.net' }, { address: 'bob@example.org' }],
    });
    const to = message.envelope?.to?.map(({ name, address }) => `${name} ${address}`.trim());
    expect(to).toContain('Jürgen j@example.net');
    expect(to).toContain('ada@example.org');
  });

  it('gives the body structure', async () => {
    const { message } = await fetchOne(nested, { bodyStructure: true });
    const root = message.bodyStructure;
    expect(root).toMatchObject({ type: 'multipart/mixed', parameters: { boundary: 'outer' } });
    const [alternative, pdf, inner] = root?.childNodes ?? [];
    expect(alternative?.childNodes?.map((node) => [node.part, node.type])).toEqual([
      ['1.1', 'text/plain'],
      ['1.2', 'text/html'],
    ]);
    expect(alternative?.childNodes?.[0]).toMatchObject({
      parameters: { charset: 'utf-8', format: 'flowed' },
      encoding: '8bit',
      size: Buffer.byteLength('Grüße\r\ntwo'),
      lineCount: 1,
    });
    expect(pdf).toMatchObject({
      part: '2',
      type: 'application/pdf',
      id: '<cid@example.net>',
      encoding: 'base64',
      size: 4,
      disposition: 'attachment',
      dispositionParameters: { filename: 'café.pdf', size: '3' },
      parameters: { name: 'a b.pdf' },
    });
    expect(inner).toMatchObject({ part: '3', type: 'message/rfc822', envelope: { subject: 'Inner' } });
    expect(inner?.childNodes?.[0]?.childNodes?.[0]).toMatchObject({ part: '3.1', type: 'text/plain', size: 9 });
  });

  it('gives parts, their headers, and the mail inside a mail', async () => {
    const keys = [
      '1.1',
      '1.2',
      '1.2.mime',
      '2',
      '2.mime',
      '3',
      '3.header',
      '3.text',
      '3.1',
      'header',
      'text',
      '9',
      '1.1.1',
    ];
    const { message } = await fetchOne(nested, { bodyParts: keys });
    expect(part(message, '1.1')).toBe('Grüße\r\ntwo');
    expect(part(message, '1.2')).toBe('<p>Hello</p>');
    expect(part(message, '1.2.mime')).toBe('Content-Type: text/html; charset=utf-8\r\n\r\n');
    expect(part(message, '2')).toBe('AQID');
    expect(part(message, '3.header')).toMatch(/^From: inside@example\.net\r\n.*deep\r\n\r\n$/s);
    expect(part(message, '3')).toBe(`${part(message, '3.header')}${part(message, '3.text')}`);
    expect(part(message, '3.1')).toBe('deep text');
    expect(`${message.headers}${part(message, 'text')}`).toBe(nested);
    expect(message.bodyParts?.get('9')).toBeFalsy();
    expect(message.bodyParts?.get('1.1.1')).toBeFalsy();
  });

  it('gives part 1 of a mail without parts, and its text in pieces', async () => {
    const { client, message } = await fetchOne(mail({}, 'Just text\r\n'), { bodyParts: ['1', '1.mime'] });
    expect(part(message, '1')).toBe('Just text\r\n');
    expect(part(message, '1.mime')).toMatch(/^From: eve/);
    const piece = await client.fetchOne('1', { bodyParts: [{ key: '1', start: 5, maxLength: 4 }] });
    expect(part(found(piece), '1')).toBe('text');
    const { content } = await client.download('1', '1');
    const chunks: Buffer[] = [];
    for await (const chunk of content ?? []) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('Just text\r\n');
  });

  it('gives header fields, named or all', async () => {
    const { message, client } = await fetchOne(nested, { headers: ['message-id', 'X-None', 'to'] });
    expect(message.headers?.toString()).toMatch(/^To: Team:.*\r\nMessage-ID: <one@example.net>\r\n\r\n$/s);
    const all = await client.fetchOne('1', { headers: true });
    expect(found(all).headers?.toString()).toBe(nested.slice(0, nested.indexOf('\r\n\r\n') + 4));
    const { lines } = await run(client, 'FETCH', '1 (BODY.PEEK[HEADER.FIELDS.NOT (To From)])');
    expect(JSON.stringify(lines)).not.toContain('Team');
  });

  it('sets \\Seen where nothing says PEEK, but not after EXAMINE', async () => {
    const { host, client } = await fetchOne(nested, { uid: true });
    const seen = () => host.mailbox('ada@example.org').folder('INBOX').messages[0]?.flags.has('\\Seen');
    await client.mailboxOpen('INBOX', { readOnly: true });
    await run(client, 'FETCH', '1 (BODY[TEXT])');
    expect(seen()).toBe(false);
    await client.mailboxOpen('INBOX');
    const { lines } = await run(client, 'FETCH', '1 (BODY[TEXT])');
    expect(JSON.stringify(lines)).toContain('Seen');
    expect(seen()).toBe(true);
  });

  it('knows the macros and the old names', async () => {
    const { client } = await fetchOne(mail(), { uid: true });
    for (const items of ['ALL', 'FAST', 'FULL', '(RFC822.HEADER RFC822.TEXT)', 'RFC822', 'BODY', 'BODYSTRUCTURE']) {
      const { lines } = await run(client, 'FETCH', `1 ${items}`);
      expect(lines, items).toHaveLength(1);
    }
    await expect(run(client, 'FETCH', '1 (NONSENSE)')).rejects.toMatchObject({ responseStatus: 'BAD' });
  });

  it('takes sets by number and UID, with gaps, stars and ranges the wrong way round', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 1; i <= 9; i++) inbox.append(mail({ Subject: String(i) }));
    inbox.expunge([2, 3, 8]);
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const uids = async (set: string, uid: boolean) =>
      (await client.fetchAll(set, { uid: true }, { uid })).map((message) => message.uid);
    expect(await uids('1:*', false)).toEqual([1, 4, 5, 6, 7, 9]);
    expect(await uids('2,4:3', false)).toEqual([4, 5, 6]);
    expect(await uids('*', false)).toEqual([9]);
    expect(await uids('2:5,7', true)).toEqual([4, 5, 7]);
    expect(await uids('100:*', true)).toEqual([9]);
    expect(await uids('1:4294967295', true)).toEqual([1, 4, 5, 6, 7, 9]);
    expect(await uids('10:20', true)).toEqual([]);
  });

  it('fetches 5,000 mails quickly', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    for (let i = 0; i < 5000; i++) inbox.append(mail({ 'Message-ID': `<${i}@example.net>` }, 'x'.repeat(1000)));
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const start = performance.now();
    let bytes = 0;
    for await (const message of client.fetch('1:*', { uid: true, flags: true, internalDate: true, source: true })) {
      bytes += message.source?.length ?? 0;
    }
    expect(bytes).toBeGreaterThan(5_000_000);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await client.search({ header: { 'message-id': '<4321@example.net>' } }, { uid: true })).toEqual([4322]);
  });
});
