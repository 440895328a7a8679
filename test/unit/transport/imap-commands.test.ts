import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import type { ImapFolderSession, ImapTransport } from '../../../src/transport/imap.js';
import { failure, imap, serve } from './helpers.js';
import { type Answer, CAPABILITIES, imapScript, select } from './imap-script.js';
import type { ScriptedServer } from './scripted-server.js';

async function connected(answers: Record<string, Answer> = {}): Promise<[ImapTransport, ScriptedServer]> {
  const server = await serve(imapScript(answers));
  const transport = imap(server.port);
  await transport.connect();
  return [transport, server];
}

async function inbox<T>(answers: Record<string, Answer>, work: (folder: ImapFolderSession) => Promise<T>) {
  const [transport, server] = await connected(answers);
  const result = await transport.withFolder('INBOX', work);
  return { result, lines: server.lines.map((line) => line.replace(/^[0-9A-F]+ /, '')) };
}

const without = (...names: string[]): Answer => [
  `* CAPABILITY ${CAPABILITIES.split(' ')
    .filter((name) => !names.includes(name))
    .join(' ')}`,
  '% OK',
];

describe('folders', () => {
  it('are listed with their uses, found by attribute or by a common name', async () => {
    const [transport] = await connected({
      LIST: [
        '* LIST (\\HasChildren) "." INBOX',
        '* LIST (\\HasNoChildren) "." "Gesendete Objekte"',
        '* LIST (\\HasNoChildren \\Trash) "." "Old things"',
        '* LIST (\\Noselect) "." Lists',
        '* LIST () "." "Entw&APw-rfe"',
        '% OK',
      ],
      LSUB: ['* LSUB () "." INBOX', '% OK'],
    });
    const folders = await transport.listFolders();
    const by = (path: string) => folders.find((folder) => folder.path === path);
    expect(by('INBOX')).toEqual({
      path: 'INBOX',
      delimiter: '.',
      specialUse: '\\Inbox',
      subscribed: true,
      selectable: true,
    });
    expect(by('Gesendete Objekte')?.specialUse).toBe('\\Sent');
    expect(by('Old things')?.specialUse).toBe('\\Trash');
    expect(by('Lists')?.selectable).toBe(false);
    expect(by('Entwürfe')?.specialUse).toBe('\\Drafts');
  });

  it('are created and subscribed, also if they exist', async () => {
    const [transport, server] = await connected();
    await transport.createFolder('COI/Chäts');
    expect(server.lines.some((line) => line.endsWith('CREATE COI/Ch&AOQ-ts'))).toBe(true);
    expect(server.lines.some((line) => line.endsWith('SUBSCRIBE COI/Ch&AOQ-ts'))).toBe(true);

    const [other, exists] = await connected({
      CREATE: ['% NO Mailbox already exists'],
      LIST: ['* LIST () "/" INBOX', '* LIST () "/" Chats', '% OK'],
    });
    await other.createFolder('Chats');
    expect(exists.lines.some((line) => line.endsWith('SUBSCRIBE "Chats"'))).toBe(true);
  });

  it('that cannot be created are an error with the words of the server', async () => {
    const [transport] = await connected({ CREATE: ['% NO [NOPERM] Not here'], LIST: ['* LIST () "/" INBOX', '% OK'] });
    const error = await failure(transport.createFolder('Chats'));
    expect(error).toMatchObject({ code: 'SERVER_REFUSED', statusCode: 'NOPERM', response: 'Not here' });
  });

  it('tell their status without being opened', async () => {
    const [transport, server] = await connected({
      STATUS: ['* STATUS Sent (MESSAGES 5 UIDNEXT 9 UIDVALIDITY 3 HIGHESTMODSEQ 12)', '% OK'],
    });
    expect(await transport.status('Sent')).toEqual({ messages: 5, uidNext: 9, uidValidity: '3', highestModSeq: '12' });
    expect(server.lines.some((line) => /SELECT|EXAMINE/.test(line))).toBe(false);
  });

  it('that are missing give FOLDER_MISSING', async () => {
    const [transport] = await connected({
      SELECT: ['% NO Unknown Mailbox'],
      LIST: ['% OK'],
      STATUS: ["% NO Mailbox doesn't exist"],
      APPEND: ['% NO [TRYCREATE] Create it first'],
    });
    expect((await failure(transport.withFolder('Nowhere', async () => {}))).code).toBe('FOLDER_MISSING');
    expect((await failure(transport.status('Nowhere'))).code).toBe('FOLDER_MISSING');
    expect((await failure(transport.append('Nowhere', new Uint8Array([65]), []))).code).toBe('FOLDER_MISSING');
  });

  it('tell what can be stored', async () => {
    const { result } = await inbox({ SELECT: select(3, 4, 10) }, async ({ state }) => ({
      ...state,
      seen: state.canStoreFlag('\\seen'),
      answered: state.canStoreFlag('\\Answered'),
      keyword: state.canStoreFlag('$Other'),
    }));
    expect(result).toMatchObject({
      path: 'INBOX',
      uidValidity: '77',
      uidNext: 4,
      exists: 3,
      highestModSeq: '10',
      readOnly: false,
    });
    expect(result).toMatchObject({ seen: true, answered: false, keyword: true });
  });

  it('are opened with EXAMINE for reading only', async () => {
    const [transport, server] = await connected();
    const state = await transport.withFolder('INBOX', async (folder) => folder.state, { readOnly: true });
    expect(state.readOnly).toBe(true);
    expect(state.canStoreFlag('\\Seen')).toBe(false);
    expect(server.lines.some((line) => line.endsWith('EXAMINE INBOX'))).toBe(true);
  });

  it('are handed out one at a time, and are of no use afterwards', async () => {
    const [transport] = await connected();
    const order: string[] = [];
    let kept: ImapFolderSession | undefined;
    await Promise.all(
      ['INBOX', 'Sent'].map((path) =>
        transport.withFolder(path, async (folder) => {
          kept = folder;
          order.push(`${path} in`);
          await folder.uids();
          order.push(`${path} out`);
        }),
      ),
    );
    expect(order).toEqual(['INBOX in', 'INBOX out', 'Sent in', 'Sent out']);
    expect(await failure(kept?.uids() ?? Promise.resolve())).toBeInstanceOf(InputError);
  });

  it('let other commands through while they are open', async () => {
    const [transport] = await connected({ APPEND: ['% OK [APPENDUID 5 8] done'] });
    const result = await transport.withFolder('INBOX', () => transport.append('Sent', new Uint8Array([65]), []));
    expect(result).toEqual({ uid: 8, uidValidity: '5' });
  });
});

describe('fetching', () => {
  const rows: Answer = [
    '* 2 FETCH (UID 7 FLAGS (\\Seen $Chat) INTERNALDATE "01-Feb-2024 10:00:00 +0000" RFC822.SIZE 13 MODSEQ (41) BODY[] {13}\r\nA: b\r\n\r\nbody!)',
    '* 1 FETCH (UID 5 FLAGS () INTERNALDATE "01-Feb-2024 11:00:00 +0100" RFC822.SIZE 3 MODSEQ (40) BODY[] {3}\r\nxyz)',
    '% OK',
  ];

  it('asks without setting \\Seen, and gives mails ascending', async () => {
    const { result, lines } = await inbox({ 'UID FETCH': rows }, (folder) => folder.fetch([7, 5, 6], { source: true }));
    expect(lines).toContain('UID FETCH 5:7 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[] MODSEQ)');
    expect(result.map(({ uid }) => uid)).toEqual([5, 7]);
    expect(result[1]).toMatchObject({ flags: ['\\Seen', '$Chat'], size: 13, modSeq: '41' });
    expect(result[1]?.internalDate).toBe(Date.UTC(2024, 1, 1, 10));
    expect(result[0]?.internalDate).toBe(Date.UTC(2024, 1, 1, 10));
    expect(Buffer.from(result[1]?.source ?? []).toString()).toBe('A: b\r\n\r\nbody!');
  });

  it('asks for header fields, structure and parts with their MIME headers', async () => {
    const { result, lines } = await inbox(
      {
        'UID FETCH': [
          '* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 99 BODY[HEADER.FIELDS (From Chat-Version)] {13}\r\nFrom: a@b\r\n\r\n ' +
            'BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 4 1 NIL NIL NIL)' +
            '("image" "png" ("name" "a.png") "<i@x>" NIL "base64" 800 NIL ("attachment" ("filename" "a.png" "size" "600")) NIL)' +
            ' "mixed" ("boundary" "b") NIL NIL) BODY[1] "text" BODY[1.MIME] {4}\r\nC: d)',
          '% OK',
        ],
      },
      (folder) => folder.fetch([5], { headers: ['From', 'Chat-Version'], structure: true, parts: ['1'] }),
    );
    expect(lines.find((line) => line.startsWith('UID FETCH'))).toBe(
      'UID FETCH 5 (UID FLAGS BODYSTRUCTURE INTERNALDATE RFC822.SIZE MODSEQ BODY.PEEK[HEADER.FIELDS (From Chat-Version)] BODY.PEEK[1] BODY.PEEK[1.MIME]<0.2097153>)',
    );
    const [mail] = result;
    expect(Buffer.from(mail?.headers ?? []).toString()).toContain('From: a@b');
    expect(Buffer.from(mail?.parts?.get('1') ?? []).toString()).toBe('text');
    expect(Buffer.from(mail?.parts?.get('1.MIME') ?? []).toString()).toBe('C: d');
    expect(mail?.structure).toMatchObject({ part: '', type: 'multipart/mixed' });
    expect(mail?.structure?.children[1]).toEqual({
      part: '2',
      type: 'image/png',
      params: { name: 'a.png' },
      disposition: 'attachment',
      dispositionParams: { filename: 'a.png', size: '600' },
      id: '<i@x>',
      encoding: 'base64',
      size: 800,
      children: [],
    });
  });

  it('finds a mail again whose structure is too deep to be read', async () => {
    const deep = `${'('.repeat(40)}"text" "plain" NIL NIL NIL "7bit" 1 1${' "mixed")'.repeat(39)})`;
    const { result } = await inbox(
      {
        'UID FETCH': (_, { args }) =>
          args.includes('BODYSTRUCTURE')
            ? [`* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 9 BODYSTRUCTURE ${deep})`, '% OK']
            : ['* 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 9)', '% OK'],
      },
      (folder) => folder.fetch([5], { structure: true }),
    );
    expect(result).toMatchObject([{ uid: 5, flags: ['\\Seen'], size: 9 }]);
    expect(result[0]?.structure).toBeUndefined();
  });

  it('does not take the last mail for a new one', async () => {
    const { result } = await inbox({ 'UID FETCH': ['* 3 FETCH (UID 3 FLAGS () RFC822.SIZE 1)', '% OK'] }, (folder) =>
      folder.fetch({ from: 4, to: '*' }, {}),
    );
    expect(result).toEqual([]);
  });

  it('asks only for changed flags', async () => {
    const { result, lines } = await inbox(
      { 'UID FETCH': ['* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (50))', '% OK'] },
      (folder) => folder.flags({ from: 1, to: '*' }, { changedSince: '41' }),
    );
    expect(lines).toContain('UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 41)');
    expect(result).toEqual([{ uid: 3, flags: ['\\Seen'], modSeq: '50' }]);
  });

  it('downloads a part in pieces', async () => {
    const size = 256 * 1024;
    const { result, lines } = await inbox(
      {
        'UID FETCH': (_, { args }) => {
          const start = /BODY\.PEEK\[2\]<(\d+)\./.exec(args)?.[1];
          const piece = start === '0' ? 'x'.repeat(size) : 'yz';
          return [`* 1 FETCH (UID 5 BODY[2]<${start}> {${piece.length}}\r\n${piece})`, '% OK'];
        },
      },
      async (folder) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of folder.download(5, '2')) pieces.push(piece);
        return pieces.map((piece) => piece.length);
      },
    );
    expect(result).toEqual([size, 2]);
    expect(lines.filter((line) => line.startsWith('UID FETCH')).length).toBe(2);
  });

  it('tells a mail that was expunged in the middle of a download from its end', async () => {
    const piece = 'x'.repeat(256 * 1024);
    const download = async (stays: boolean) => {
      let gone = false;
      const { result } = await inbox(
        {
          'UID FETCH': (_, { args }) => {
            const start = /BODY\.PEEK\[2\]<(\d+)\./.exec(args)?.[1];
            if (start !== '0') gone = !stays;
            if (start !== '0' || gone) return [`* 1 FETCH (UID 5 BODY[2]<${start}> NIL)`, '% OK'];
            return [`* 1 FETCH (UID 5 BODY[2]<0> {${piece.length}}\r\n${piece})`, '% OK'];
          },
        },
        async (folder) => {
          let length = 0;
          for await (const { length: more } of folder.download(5, '2')) length += more;
          return length;
        },
      );
      return result;
    };
    expect(await download(true)).toBe(piece.length);
    expect((await failure(download(false))).code).toBe('NOT_FOUND');
  });

  it('says so when the mail to download is gone', async () => {
    const [transport] = await connected({ 'UID FETCH': ['% OK'] });
    const download = transport.withFolder('INBOX', async (folder) => {
      for await (const _ of folder.download(5, '2')) throw new Error('nothing expected');
    });
    expect((await failure(download)).code).toBe('NOT_FOUND');
  });

  it('splits long lists of UIDs over several commands', async () => {
    const uids = Array.from({ length: 3000 }, (_, i) => 1 + i * 2);
    const { lines } = await inbox({}, (folder) => folder.fetch(uids, {}));
    const fetches = lines.filter((line) => line.startsWith('UID FETCH'));
    expect(fetches.length).toBeGreaterThan(1);
    for (const line of fetches) expect(line.length).toBeLessThan(8192);
  });

  it('refuses what is no UID or no part', async () => {
    const [transport] = await connected();
    for (const bad of [[0], [1.5], [-1], [2 ** 32], [Number.NaN]]) {
      const error = await failure(transport.withFolder('INBOX', (folder) => folder.fetch(bad, {})));
      expect(error.code).toBe('INVALID_OPTION');
    }
    const part = transport.withFolder('INBOX', (folder) => folder.fetch([1], { parts: ['1] BODY[2'] }));
    expect((await failure(part)).code).toBe('INVALID_OPTION');
  });
});

describe('searching', () => {
  it('gives UIDs ascending, from ranges and from lists', async () => {
    const compact = await inbox({ 'UID SEARCH': ['* ESEARCH (TAG "X") UID ALL 7,1:3', '% OK'] }, (folder) =>
      folder.uids(),
    );
    expect(compact.result).toEqual([1, 2, 3, 7]);
    expect(compact.lines).toContain('UID SEARCH RETURN (ALL) ALL');
    const plain = await inbox({ CAPABILITY: without('ESEARCH'), 'UID SEARCH': ['* SEARCH 9 2 4', '% OK'] }, (folder) =>
      folder.uids({ since: Date.UTC(2024, 1, 20, 15) }),
    );
    expect(plain.result).toEqual([2, 4, 9]);
    expect(plain.lines).toContain('UID SEARCH SINCE 20-Feb-2024');
  });

  it('quotes header values, and sends others as literals', async () => {
    const { lines } = await inbox({}, async (folder) => {
      await folder.searchHeader('Message-ID', '<chat$x@y>');
      await folder.searchHeader('Subject', 'Grüße "x"');
    });
    expect(lines).toContain('UID SEARCH RETURN (ALL) HEADER "Message-ID" "<chat$x@y>"');
    expect(lines).toContain('UID SEARCH CHARSET UTF-8 HEADER "Subject" {11+}');
  });
});

describe('changing', () => {
  it('puts UNCHANGEDSINCE where servers look for it, and returns what was left alone', async () => {
    const { result, lines } = await inbox(
      { 'UID STORE': ['* 1 FETCH (UID 1 MODSEQ (42))', '% OK [MODIFIED 2,5:6] some failed'] },
      (folder) => folder.store([1, 2, 5, 6], { add: ['$MDNSent'], unchangedSince: '41' }),
    );
    expect(lines).toContain('UID STORE 1:2,5:6 (UNCHANGEDSINCE 41) +FLAGS.SILENT ($MDNSent)');
    expect(result).toEqual([2, 5, 6]);
  });

  it('adds and removes flags', async () => {
    const { result, lines } = await inbox({}, (folder) => folder.store([4], { add: ['\\Seen'], remove: ['$Old'] }));
    expect(lines).toContain('UID STORE 4 +FLAGS.SILENT (\\Seen)');
    expect(lines).toContain('UID STORE 4 -FLAGS.SILENT ($Old)');
    expect(result).toEqual([]);
  });

  it('refuses what is no flag', async () => {
    const [transport] = await connected();
    for (const flag of ['a b', 'x)', 'a"b', '', 'ä', '\\', 'x\r\nA1 LOGOUT']) {
      const error = await failure(transport.withFolder('INBOX', (folder) => folder.store([1], { add: [flag] })));
      expect(error.code, flag).toBe('INVALID_OPTION');
    }
  });

  it('moves with MOVE and learns the new UIDs', async () => {
    const { result, lines } = await inbox(
      { 'UID MOVE': ['* OK [COPYUID 9 3:4,8 11:13] moved', '* 1 EXPUNGE', '* 1 EXPUNGE', '* 1 EXPUNGE', '% OK'] },
      (folder) => folder.move([3, 4, 8], 'Chats & more'),
    );
    expect(lines).toContain('UID MOVE 3:4,8 "Chats &- more"');
    expect(result.uidValidity).toBe('9');
    expect([...result.uids]).toEqual([
      [3, 11],
      [4, 12],
      [8, 13],
    ]);
  });

  it('moves with COPY and UID EXPUNGE where MOVE is missing', async () => {
    const { result, lines } = await inbox(
      { CAPABILITY: without('MOVE'), 'UID COPY': ['% OK [COPYUID 9 3 11] copied'] },
      (folder) => folder.move([3], 'Chats'),
    );
    expect(result.uidValidity).toBe('9');
    expect([...result.uids]).toEqual([[3, 11]]);
    expect(lines.slice(-3)).toEqual(['UID COPY 3 Chats', 'UID STORE 3 +FLAGS.SILENT (\\Deleted)', 'UID EXPUNGE 3']);
  });

  it('never takes mails of others along when it must use EXPUNGE', async () => {
    const others = await inbox(
      { CAPABILITY: without('UIDPLUS', 'ESEARCH'), 'UID SEARCH': ['* SEARCH 1', '% OK'] },
      (folder) => folder.expunge([3]),
    );
    expect(others.lines.some((line) => line.endsWith('EXPUNGE'))).toBe(false);
    expect(others.lines).toContain('UID STORE 3 +FLAGS.SILENT (\\Deleted)');
    const alone = await inbox(
      { CAPABILITY: without('UIDPLUS', 'ESEARCH'), 'UID SEARCH': ['* SEARCH', '% OK'] },
      (folder) => folder.expunge([3]),
    );
    expect(alone.lines.at(-1)).toBe('EXPUNGE');
  });

  it('appends with flags and date', async () => {
    const [transport, server] = await connected({ APPEND: ['% OK [APPENDUID 5 8] done'] });
    const bytes = Buffer.from('A: b\r\n\r\nhello\r\n');
    const result = await transport.append('Sent', bytes, ['\\Seen', '$Chat'], Date.UTC(2024, 1, 3, 4, 5, 6));
    expect(result).toEqual({ uid: 8, uidValidity: '5' });
    const line = await server.seen(/APPEND/);
    expect(line).toContain('APPEND Sent (\\Seen $Chat) " 3-Feb-2024 04:05:06 +0000" {15+}');
    expect(server.peers[0]?.received).toContain('{15+}\r\nA: b\r\n\r\nhello\r\n');
  });

  it('waits for the server before it sends a large literal', async () => {
    let asked = '';
    const [transport, server] = await connected({
      CAPABILITY: without('LITERAL+'),
      APPEND: (peer, { tag, args }) => {
        asked = args;
        setTimeout(() => peer.send('+ go on\r\n'), 10);
        setTimeout(() => peer.send(`${tag} OK done\r\n`), 40);
        return [];
      },
    });
    expect(await transport.append('Sent', Buffer.from('x'.repeat(10_000)), [])).toEqual({});
    expect(asked).toBe('Sent {10000}');
    expect(server.peers[0]?.received.includes('x'.repeat(10_000))).toBe(true);
  });
});

describe('annotations', () => {
  it('are read from a COI server that does not announce METADATA', async () => {
    const [transport, server] = await connected({
      CAPABILITY: [`* CAPABILITY ${CAPABILITIES} COI`, '% OK'],
      GETMETADATA: [
        '* METADATA "" (/private/vendor/vendor.dovecot/coi/config/enabled {3}\r\nyes /private/vendor/vendor.dovecot/coi/config/message-filter NIL /private/vendor/vendor.dovecot/coi/config/mailbox-root "COI")',
        '% OK',
      ],
    });
    const values = await transport.getMetadata('', '/private/vendor/vendor.dovecot/coi/config', { depth: 1 });
    expect([...values]).toEqual([
      ['/private/vendor/vendor.dovecot/coi/config/enabled', 'yes'],
      ['/private/vendor/vendor.dovecot/coi/config/mailbox-root', 'COI'],
    ]);
    expect(server.lines.at(-1)).toMatch(
      /GETMETADATA \(DEPTH 1\) "" \(\/private\/vendor\/vendor\.dovecot\/coi\/config\)$/,
    );
  });

  it('are written and removed', async () => {
    const [transport, server] = await connected({ CAPABILITY: [`* CAPABILITY ${CAPABILITIES} COI`, '% OK'] });
    await transport.setMetadata('', { '/private/a': 'yes', '/private/b': null, '/private/c': '{"ü": 1}' });
    expect(server.peers[0]?.received).toContain(
      'SETMETADATA "" (/private/a "yes" /private/b NIL /private/c {9+}\r\n{"\xc3\xbc": 1})\r\n',
    );
  });

  it('that a server refuses or does not know are errors', async () => {
    const [coi] = await connected({
      CAPABILITY: [`* CAPABILITY ${CAPABILITIES} COI`, '% OK'],
      SETMETADATA: ['% NO [CANNOT] not allowed'],
    });
    expect(await failure(coi.setMetadata('', { '/private/a': 'x' }))).toMatchObject({
      code: 'SERVER_REFUSED',
      statusCode: 'CANNOT',
    });
    expect((await failure(coi.setMetadata('', { 'no name': 'x' }))).code).toBe('INVALID_OPTION');
    const [plain] = await connected();
    expect((await failure(plain.getMetadata('', '/private/a'))).code).toBe('CAPABILITY_MISSING');
  });
});
