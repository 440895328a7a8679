import { describe, expect, it } from 'vitest';
import { connect, imapClient, mail, run, startHost } from './support.js';

describe('login', () => {
  it('takes LOGIN and AUTHENTICATE PLAIN', async () => {
    const host = await startHost();
    const plain = await connect(host);
    expect(plain.authenticated).toBe(true);
    const login = await connect(host, 'ada@example.org', {
      auth: { user: 'ada@example.org', pass: 'secret', loginMethod: 'LOGIN' },
    });
    expect(login.authenticated).toBe(true);
  });

  it('takes an access token', async () => {
    const host = await startHost();
    const client = await connect(host, 'ada@example.org', { auth: { user: 'ada@example.org', accessToken: 'token' } });
    expect(client.authenticated).toBe(true);
    const wrong = imapClient(host, 'ada@example.org', { auth: { user: 'ada@example.org', accessToken: 'old' } });
    await expect(wrong.connect()).rejects.toMatchObject({ authenticationFailed: true });
  });

  it('refuses a wrong password and an unknown user with AUTHENTICATIONFAILED', async () => {
    const host = await startHost();
    for (const user of ['ada@example.org', 'nobody@example.org']) {
      const client = imapClient(host, user, { auth: { user, pass: 'wrong' } });
      await expect(client.connect()).rejects.toMatchObject({
        authenticationFailed: true,
        serverResponseCode: 'AUTHENTICATIONFAILED',
      });
    }
  });

  it('takes the new password after a change', async () => {
    const host = await startHost();
    host.setPassword('ada@example.org', 'new "quoted\\');
    await expect(imapClient(host).connect()).rejects.toMatchObject({ authenticationFailed: true });
    const client = await connect(host, 'ada@example.org', {
      auth: { user: 'ada@example.org', pass: 'new "quoted\\', loginMethod: 'LOGIN' },
    });
    expect(client.usable).toBe(true);
  });

  it('shows its extensions, COI only after login and only if it is on', async () => {
    const client = await connect(await startHost({ coi: true }));
    for (const name of ['IDLE', 'CONDSTORE', 'UIDPLUS', 'MOVE', 'SPECIAL-USE', 'NAMESPACE', 'METADATA', 'COI']) {
      expect(client.capabilities.has(name), name).toBe(true);
    }
    expect((await connect(await startHost())).capabilities.has('COI')).toBe(false);
  });

  it('plays a server without extensions', async () => {
    const capabilities = {
      literalPlus: false,
      saslIr: false,
      id: false,
      enable: false,
      namespace: false,
      children: false,
      unselect: false,
      idle: false,
      move: false,
      uidplus: false,
      condstore: false,
      specialUse: false,
      listExtended: false,
      metadata: false,
    };
    const host = await startHost({ capabilities });
    const client = await connect(host);
    expect([...client.capabilities.keys()]).toEqual(['IMAP4rev1']);
    await client.append('INBOX', mail({ Subject: 'One' }));
    await client.mailboxOpen('INBOX');
    await client.messageMove('1', 'Trash');
    const lists = await client.list();
    expect(lists.find((folder) => folder.path === 'Sent')?.specialUse).toBe('\\Sent');
    expect(host.mailbox('ada@example.org').folder('Trash').messages).toHaveLength(1);
    expect(host.mailbox('ada@example.org').folder('INBOX').messages).toHaveLength(0);
  });
});

describe('folders', () => {
  it('lists them with special use, subscription and status', async () => {
    const host = await startHost();
    host.deliver(mail());
    const client = await connect(host);
    const folders = await client.list({ statusQuery: { messages: true, unseen: true, uidNext: true } });
    expect(folders.map((folder) => [folder.path, folder.specialUse, folder.subscribed])).toEqual(
      expect.arrayContaining([
        ['INBOX', '\\Inbox', true],
        ['Sent', '\\Sent', true],
        ['Drafts', '\\Drafts', true],
        ['Trash', '\\Trash', true],
        ['Junk', '\\Junk', true],
      ]),
    );
    expect(folders.find((folder) => folder.path === 'INBOX')?.status).toMatchObject({
      messages: 1,
      unseen: 1,
      uidNext: 2,
    });
  });

  it('creates, subscribes, renames and deletes, names in other scripts included', async () => {
    const host = await startHost();
    const client = await connect(host);
    await client.mailboxCreate('COI/Chats');
    await client.mailboxCreate('Größe & 日本');
    expect(await client.mailboxCreate('Größe & 日本')).toMatchObject({ created: false });
    const own = host.mailbox('ada@example.org');
    expect(own.folder('Größe & 日本').subscribed).toBe(true);
    const listed = await client.list();
    expect(listed.find((folder) => folder.path === 'COI')?.flags.has('\\Noselect')).toBe(true);
    expect(listed.find((folder) => folder.path === 'Größe & 日本')).toBeDefined();
    await client.mailboxUnsubscribe('Größe & 日本');
    expect(own.folder('Größe & 日本').subscribed).toBe(false);
    await client.mailboxRename('COI', 'Talk');
    expect(own.folder('Talk/Chats').path).toBe('Talk/Chats');
    const before = own.folder('Talk/Chats').uidValidity;
    await client.mailboxDelete('Talk/Chats');
    expect(own.find('Talk/Chats')).toBeUndefined();
    await client.mailboxCreate('Talk/Chats');
    expect(own.folder('Talk/Chats').uidValidity).not.toBe(before);
  });

  it('gives new folders a special use', async () => {
    const host = await startHost();
    const client = await connect(host);
    await run(client, 'CREATE', 'Old (USE (\\archive))');
    expect(host.mailbox('ada@example.org').folder('Old').specialUse).toBe('\\Archive');
    expect((await client.list()).find((folder) => folder.path === 'Old')?.specialUse).toBe('\\Archive');
    await expect(run(client, 'CREATE', 'New (USE (\\Nonsense))')).rejects.toMatchObject({ responseStatus: 'NO' });
  });

  it('has a delimiter and a namespace prefix of choice', async () => {
    const host = await startHost({ delimiter: '.', namespacePrefix: 'INBOX.' });
    const client = await connect(host);
    expect(client.namespace).toMatchObject({ prefix: 'INBOX.', delimiter: '.' });
    await client.mailboxCreate('INBOX.COI.Chats');
    expect((await client.list()).map((folder) => folder.path)).toEqual(
      expect.arrayContaining(['INBOX', 'INBOX.Sent', 'INBOX.COI.Chats']),
    );
    expect(host.mailbox('ada@example.org').folder('INBOX.COI.Chats').selectable).toBe(true);
    await expect(run(client, 'CREATE', 'Outside')).rejects.toMatchObject({ responseStatus: 'NO' });
  });

  it('opens them with everything a client has to know', async () => {
    const host = await startHost();
    const inbox = host.mailbox('ada@example.org').folder('INBOX');
    inbox.append(mail(), { flags: ['\\Seen', '$Chat'] });
    const client = await connect(host);
    const box = await client.mailboxOpen('INBOX');
    expect(box).toMatchObject({
      path: 'INBOX',
      exists: 1,
      uidNext: 2,
      uidValidity: BigInt(inbox.uidValidity),
      highestModseq: BigInt(inbox.highestModSeq),
      readOnly: false,
    });
    expect(box.permanentFlags?.has('\\*')).toBe(true);
    expect(box.flags.has('$Chat')).toBe(true);
    expect((await client.mailboxOpen('INBOX', { readOnly: true })).readOnly).toBe(true);
    await expect(client.mailboxOpen('Nowhere')).rejects.toMatchObject({ responseStatus: 'NO' });
    expect(await client.status('INBOX', { messages: true, highestModseq: true })).toMatchObject({ messages: 1 });
  });

  it('drops new keywords where they are not allowed', async () => {
    const host = await startHost({ keywords: false });
    host.deliver(mail());
    const client = await connect(host);
    const box = await client.mailboxOpen('INBOX');
    expect(box.permanentFlags?.has('\\*')).toBe(false);
    await run(client, 'STORE', '1 +FLAGS ($Chat \\Seen)');
    expect([...(host.mailbox('ada@example.org').folder('INBOX').messages[0]?.flags ?? [])]).toEqual(['\\Seen']);
  });
});
