import { describe, expect, it } from 'vitest';
import { connect, mail, mailer, next, run, startHost } from './support.js';

const config = '/private/vendor/vendor.dovecot/coi/config';
const chat = { 'Chat-Version': '1.0', 'Message-ID': '<chat$abc@example.net>' };

/** Entries and values of the METADATA responses. */
async function getMetadata(client: Awaited<ReturnType<typeof connect>>, args: string) {
  const { lines } = await run(client, 'GETMETADATA', args, 'METADATA');
  const entries = new Map<string, string | null>();
  for (const line of lines as { attributes: { value: string | Buffer }[][] }[]) {
    const list = line.attributes[1] ?? [];
    for (let i = 0; i < list.length; i += 2)
      entries.set(String(list[i]?.value), list[i + 1]?.value?.toString() ?? null);
  }
  return entries;
}

describe('METADATA', () => {
  it('keeps annotations of the server and of folders', async () => {
    const client = await connect(await startHost());
    await run(client, 'SETMETADATA', '"" (/private/comment "mine" /private/vendor/x/y "deep")');
    await run(client, 'SETMETADATA', 'INBOX (/shared/comment "box")');
    expect(await getMetadata(client, '"" /private/comment')).toEqual(new Map([['/private/comment', 'mine']]));
    expect(await getMetadata(client, 'INBOX (/shared/comment /private/comment)')).toEqual(
      new Map([
        ['/shared/comment', 'box'],
        ['/private/comment', null],
      ]),
    );
    expect((await getMetadata(client, '(DEPTH 1) "" (/private)')).size).toBe(1);
    expect((await getMetadata(client, '(DEPTH infinity) "" (/private)')).size).toBe(2);
    await run(client, 'SETMETADATA', '"" (/private/comment NIL)');
    expect(await getMetadata(client, '"" /private/comment')).toEqual(new Map([['/private/comment', null]]));
    await expect(run(client, 'GETMETADATA', 'Nowhere /private/comment')).rejects.toMatchObject({
      responseStatus: 'NO',
    });
  });

  it('is unknown where it is off', async () => {
    const client = await connect(await startHost({ capabilities: { metadata: false } }));
    await expect(run(client, 'GETMETADATA', '"" /private/comment')).rejects.toMatchObject({ responseStatus: 'BAD' });
  });
});

describe('a COI server', () => {
  it('shows and takes the configuration, without METADATA too', async () => {
    const host = await startHost({ coi: true, capabilities: { metadata: false }, delimiter: '.' });
    const client = await connect(host);
    expect(await getMetadata(client, `(DEPTH 1) "" (${config})`)).toEqual(new Map([[`${config}/mailbox-root`, 'COI']]));
    await run(client, 'SETMETADATA', `"" (${config}/enabled yes)`);
    await run(client, 'SETMETADATA', `"" (${config}/message-filter active)`);
    expect(await getMetadata(client, `(DEPTH 1) "" (${config})`)).toEqual(
      new Map([
        [`${config}/mailbox-root`, 'COI'],
        [`${config}/enabled`, 'yes'],
        [`${config}/message-filter`, 'active'],
      ]),
    );
    const own = host.mailbox('ada@example.org');
    expect(own.folder('COI.Chats').subscribed).toBe(true);
    expect(own.folder('COI.Contacts').path).toBe('COI.Contacts');
    for (const pair of ['enabled true', 'message-filter NIL', 'message-filter inactive', 'mailbox-root x']) {
      const [entry, value] = pair.split(' ');
      const refusal = await run(client, 'SETMETADATA', `"" (${config}/${entry} ${value})`).catch((error) => error);
      expect(refusal, pair).toMatchObject({ responseStatus: 'NO' });
      expect(JSON.stringify(refusal.response), pair).toContain('CANNOT');
    }
  });

  it('leaves mail alone until it is switched on', async () => {
    const host = await startHost({ coi: { messageFilter: 'active' } });
    host.deliver(mail(chat));
    const [message] = host.mailbox('ada@example.org').folder('INBOX').messages;
    expect([...(message?.flags ?? [])]).toEqual([]);
  });

  it('marks chat mail by each of its three signs', async () => {
    const host = await startHost({ coi: { enabled: true } });
    host.deliver(mail({ 'Chat-Version': '1.0' }));
    host.deliver(mail({ 'Message-ID': '<chat$1@x>' }));
    host.deliver(mail({ References: '<chat$1@x> <other@x>' }));
    host.deliver(mail({ References: '<other@x> <chat$1@x>', Subject: 'chat$' }));
    const flags = host
      .mailbox('ada@example.org')
      .folder('INBOX')
      .messages.map((message) => message.flags.has('$Chat'));
    expect(flags).toEqual([true, true, true, false]);
  });

  it('files it at delivery (active), without a trace in INBOX', async () => {
    const host = await startHost({ coi: { enabled: true, messageFilter: 'active' } });
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    let seen = 0;
    client.on('exists', () => seen++);
    host.deliver(mail(chat));
    await client.noop();
    expect(seen).toBe(0);
    const own = host.mailbox('ada@example.org');
    expect(own.folder('COI/Chats').messages).toHaveLength(1);
    host.deliver(mail());
    expect(own.folder('INBOX').messages).toHaveLength(1);
  });

  it('files it once it was seen (seen)', async () => {
    const host = await startHost({ coi: { enabled: true, messageFilter: 'seen' } });
    const own = host.mailbox('ada@example.org');
    host.deliver(mail(chat));
    host.deliver(mail());
    host.deliver(mail(chat));
    const client = await connect(host);
    await client.mailboxOpen('INBOX');
    const expunge = next(client, 'expunge');
    await client.messageFlagsAdd('1:2', ['\\Seen'], { uid: true });
    await client.noop();
    expect(await expunge).toMatchObject({ seq: 1 });
    expect(own.folder('INBOX').messages.map((message) => message.uid)).toEqual([2, 3]);
    await run(client, 'UID FETCH', '3 (BODY[])');
    expect(own.folder('INBOX').messages.map((message) => message.uid)).toEqual([2]);
    expect(own.folder('COI/Chats').messages.map((message) => message.flags.has('\\Seen'))).toEqual([true, true]);
  });

  it("files the sender's own copy, unseen", async () => {
    const host = await startHost({ coi: { enabled: true } });
    await mailer(host).sendMail({ from: 'ada@example.org', to: 'bob@example.org', text: 'x', headers: chat });
    const [copy] = host.mailbox('ada@example.org').folder('COI/Chats').messages;
    expect(copy?.header('message-id')).toBeDefined();
    expect([...(copy?.flags ?? [])]).toEqual(['$Chat']);
    await mailer(host).sendMail({ from: 'ada@example.org', to: 'bob@example.org', text: 'plain mail' });
    expect(host.mailbox('ada@example.org').folder('COI/Chats').messages).toHaveLength(1);
  });
});
