import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { ImapFlowTransport } from '../../../src/transport/imapflow-transport.js';
import { NodemailerTransport } from '../../../src/transport/nodemailer-transport.js';
import { mail, startHost } from './support.js';

const surroundings = {
  credentials: { user: 'ada@example.org', password: 'secret' },
  logger: { log() {} },
  clock: systemClock,
};

const bare = { idle: false, move: false, uidplus: false, condstore: false, specialUse: false, listExtended: false };

it.each([
  ['with all extensions', {}],
  ['with few extensions', { capabilities: bare, delimiter: '.', namespacePrefix: 'INBOX.' }],
] as const)("serves the library's own transports, %s", async (_, options) => {
  const host = await startHost({ ...options, coi: true });
  const prefix = 'namespacePrefix' in options ? options.namespacePrefix : '';
  const delimiter = 'delimiter' in options ? options.delimiter : '/';
  const imap = new ImapFlowTransport({ ...surroundings, server: host.imap });
  const smtp = new NodemailerTransport({ ...surroundings, server: host.smtp });
  try {
    await imap.connect();
    expect(imap.namespace).toEqual({ prefix, delimiter });
    const chats = `${prefix}COI${delimiter}Chats`;
    await imap.createFolder(chats);
    await imap.createFolder(chats);
    const folders = await imap.listFolders();
    expect(folders.find((folder) => folder.path === chats)).toMatchObject({ subscribed: true, selectable: true });
    expect(folders.find((folder) => folder.path === `${prefix}Sent`)?.specialUse).toBe('\\Sent');
    const config = '/private/vendor/vendor.dovecot/coi/config';
    await imap.setMetadata('', { [`${config}/enabled`]: 'yes' });
    expect((await imap.getMetadata('', config, { depth: 1 })).get(`${config}/enabled`)).toBe('yes');

    const stop = new AbortController();
    const changed = new Promise((resolve) => imap.on('change', resolve));
    const waiting = imap.idle('INBOX', { signal: stop.signal });
    const bytes = Buffer.from(
      mail({ From: 'ada@example.org', 'Message-ID': '<1@example.org>', 'Chat-Version': '1.0' }),
    );
    await smtp.send({ from: 'ada@example.org', to: ['ada@example.org', 'bob@example.org'], bytes });
    // Without IDLE the transport only polls, which nobody wants to wait for.
    if ('capabilities' in options) stop.abort();
    else await changed;
    await waiting;

    await imap.withFolder('INBOX', async (folder) => {
      const [uid = 0] = await folder.searchHeader('Message-ID', '<1@example.org>');
      expect(await folder.uids()).toEqual([uid]);
      const [fetched] = await folder.fetch([uid], {
        source: true,
        structure: true,
        headers: ['Message-ID'],
        parts: ['1'],
      });
      expect(Buffer.from(fetched?.source ?? []).toString()).toContain('Return-Path: <ada@example.org>');
      expect(fetched).toMatchObject({ uid, flags: ['$Chat'], structure: { type: 'text/plain' } });
      expect(Buffer.from(fetched?.parts?.get('1') ?? []).toString()).toBe('Hello\r\n');
      const before = folder.state.highestModSeq;
      if (before) {
        host.mailbox('ada@example.org').folder('INBOX').setFlags(uid, ['\\Answered']);
        expect(await folder.store([uid], { add: ['$MDNSent'], unchangedSince: before })).toEqual([uid]);
      }
      expect(await folder.store([uid], { add: ['\\Seen'] })).toEqual([]);
      const moved = await folder.move([uid], chats);
      expect([...moved.uids.keys()]).toEqual('capabilities' in options ? [] : [uid]);
    });
    const own = host.mailbox('ada@example.org');
    expect(own.folder('INBOX').messages).toHaveLength(0);
    // The submission server had filed the sender's copy there already.
    expect(own.folder(chats).messages).toHaveLength(2);
    await imap.append(`${prefix}Sent`, bytes, ['\\Seen']);
    expect(own.folder(`${prefix}Sent`).messages[0]?.raw).toEqual(bytes);
  } finally {
    await Promise.all([imap.close(), smtp.close()]);
  }
});
