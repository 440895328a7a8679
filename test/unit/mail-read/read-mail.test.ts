import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { AbortedError, InputError } from '../../../src/core/errors.js';
import { limits } from '../../../src/core/limits.js';
import type { MailPart } from '../../../src/mail/parsed-mail.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { latin1MailOf, mailOf } from './mail-text.js';

const outline = (part: MailPart): string[] => [`${part.path} ${part.contentType}`, ...part.children.flatMap(outline)];

describe('readMail', () => {
  it('reads a plain chat mail', async () => {
    const raw = mailOf(
      'From: "Lovelace, Ada" <Ada@Example.org>',
      'Sender: secretary@example.org',
      'To: Bob <bob@example.net>; carol@example.com, Team: dan@example.com, Eve <eve@example.com>;',
      'Cc: undisclosed-recipients:;',
      'Reply-To: list@example.org',
      'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
      ' =?utf-8?q?_aus_Wien?=',
      'Date: Fri, 20 Nov 2026 13:30:15 +0100',
      'Message-ID: <chat$abc@example.org>',
      'In-Reply-To: <chat$first@example.net>',
      'References: <chat$first@example.net>',
      ' <chat$last@example.net>',
      'Chat-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8; format=flowed',
      '',
      'Hello',
      '',
    );
    const mail = await readMail(raw);
    expect(mail).toMatchObject({
      from: [{ address: 'ada@example.org', name: 'Lovelace, Ada' }],
      sender: { address: 'secretary@example.org' },
      to: [
        { address: 'bob@example.net', name: 'Bob' },
        { address: 'carol@example.com' },
        { address: 'dan@example.com' },
        { address: 'eve@example.com', name: 'Eve' },
      ],
      cc: [],
      replyTo: [{ address: 'list@example.org' }],
      subject: 'Grüße aus Wien',
      date: Date.UTC(2026, 10, 20, 12, 30, 15),
      messageId: 'chat$abc@example.org',
      inReplyTo: ['chat$first@example.net'],
      references: ['chat$first@example.net', 'chat$last@example.net'],
      size: raw.length,
      problems: [],
    });
    expect(mail.headers.get('chat-version')).toBe('1.0');
    expect(mail.root.path).toBe('1');
    expect(mail.root.params.get('format')).toBe('flowed');
    expect(mail.root.text()).toBe('Hello\n');
  });

  it('numbers the parts like IMAP', async () => {
    const mail = await readMail(
      mailOf(
        'Content-Type: multipart/mixed; boundary="outer"',
        '',
        'preamble',
        '--outer',
        'Content-Type: multipart/alternative; boundary="in ner"',
        '',
        '--in ner',
        'Content-Type: text/plain',
        '',
        'plain',
        '--in ner',
        'Content-Type: text/html',
        '',
        '<p>html</p>',
        '--in ner--',
        'epilogue',
        '--outer',
        'Content-Type: message/rfc822',
        'Content-Disposition: attachment; filename="mail.eml"',
        '',
        'Subject: attached',
        'Content-Type: multipart/mixed; boundary=x',
        '',
        '--x',
        '',
        'not to be looked into',
        '--x--',
        '--outer',
        'Content-Type: image/png; name="=?utf-8?q?Bild_=C3=A4.png?="',
        "Content-Disposition: inline; filename*0*=utf-8''Bild%20; filename*1*=%C3%A4.png; size=3",
        'Content-Transfer-Encoding: BASE64 (comment)',
        'Content-ID: <cid1@example.org>',
        '',
        'AAEC',
        '--outer--',
        '',
      ),
    );
    expect(outline(mail.root)).toEqual([
      ' multipart/mixed',
      '1 multipart/alternative',
      '1.1 text/plain',
      '1.2 text/html',
      '2 message/rfc822',
      '3 image/png',
    ]);
    const [alternative, attached, image] = mail.root.children;
    expect(alternative?.children[0]?.text()).toBe('plain');
    expect(alternative?.children[1]?.text()).toBe('<p>html</p>');
    expect(new TextDecoder().decode(attached?.content())).toContain('not to be looked into\r\n--x--');
    expect(attached?.dispositionParams.get('filename')).toBe('mail.eml');
    expect(image).toMatchObject({
      disposition: 'inline',
      encoding: 'base64',
      contentId: 'cid1@example.org',
      encodedSize: 4,
    });
    expect(image?.dispositionParams.get('filename')).toBe('Bild ä.png');
    expect(image?.params.get('name')).toBe('Bild ä.png');
    expect([...(image?.content() ?? [])]).toEqual([0, 1, 2]);
    expect(mail.problems).toEqual([]);
  });

  it('ends inner multiparts at an outer delimiter, and takes delimiters with blanks behind them', async () => {
    const mail = await readMail(
      mailOf(
        'Content-Type: multipart/mixed; boundary=o',
        '',
        '--o  ',
        'Content-Type: multipart/alternative; boundary=i',
        '',
        '--i',
        '',
        'text',
        '--o\t',
        'Content-Type: image/png',
        '',
        'png',
        '--o-- ',
      ),
    );
    expect(outline(mail.root)).toEqual([
      ' multipart/mixed',
      '1 multipart/alternative',
      '1.1 text/plain',
      '2 image/png',
    ]);
    expect(mail.root.children[0]?.children[0]?.text()).toBe('text');
  });

  it('reads what is there when the end is missing', async () => {
    const mail = await readMail(
      mailOf('Content-Type: multipart/mixed; boundary=o', '', '--o', 'Content-Type: text/plain', '', 'half a li'),
    );
    expect(mail.root.children[0]?.text()).toBe('half a li');
    const headerOnly = await readMail(
      mailOf('Content-Type: multipart/mixed; boundary=o', '', '--o', 'Content-Type: text/html'),
    );
    expect(headerOnly.root.children[0]?.contentType).toBe('text/html');
    expect(headerOnly.root.children[0]?.text()).toBe('');
  });

  it('gives parts of a digest their own default type', async () => {
    const mail = await readMail(
      mailOf('Content-Type: multipart/digest; boundary=o', '', '--o', '', 'Subject: x', '', 'y', '--o--'),
    );
    expect(mail.root.children[0]?.contentType).toBe('message/rfc822');
  });

  it('keeps parts apart whose boundaries begin alike', async () => {
    const mail = await readMail(
      mailOf(
        'Content-Type: multipart/mixed; boundary=a',
        '',
        '--a',
        'Content-Type: multipart/mixed; boundary=a--',
        '',
        '--a--',
        '',
        'x',
        '--a----',
        '--a',
        '',
        'y',
        '--a--',
      ),
    );
    expect(outline(mail.root)).toEqual([' multipart/mixed', '1 multipart/mixed', '1.1 text/plain', '2 text/plain']);
  });

  it('makes a text of a multipart without parts', async () => {
    const mail = await readMail(mailOf('Content-Type: multipart/alternative; boundary=nowhere', '', 'Hello'));
    expect(mail.root).toMatchObject({ path: '1', contentType: 'text/plain' });
    expect(mail.root.text()).toBe('Hello');
    expect(mail.problems.map(({ code }) => code)).toEqual(['unreadable']);
  });

  it('takes broken types as text/plain', async () => {
    for (const type of ['text', 'foo bar', ';;;', '']) {
      expect((await readMail(mailOf(`Content-Type: ${type}`, '', 'x'))).root.contentType).toBe('text/plain');
    }
  });

  it('reads headers in raw UTF-8 and in latin1', async () => {
    const utf8 = await readMail(mailOf('From: Jürgen <j@example.org>', 'Subject: Grüße', '', ''));
    expect(utf8).toMatchObject({ from: [{ name: 'Jürgen' }], subject: 'Grüße' });
    const latin1 = await readMail(
      latin1MailOf('From: J\u00fcrgen <j@example.org>', 'Subject: Gr\u00fc\u00dfe', '', ''),
    );
    expect(latin1).toMatchObject({ from: [{ name: 'Jürgen' }], subject: 'Grüße' });
  });

  it('does without Message-ID, Date, From, or any header', async () => {
    const mail = await readMail(mailOf('Subject: x', '', 'y'));
    expect(mail.from).toEqual([]);
    expect(mail).not.toHaveProperty('messageId');
    expect(mail).not.toHaveProperty('date');
    const bare = await readMail(mailOf('', 'just a body'));
    expect(bare.root.text()).toBe('just a body');
    expect((await readMail(new Uint8Array())).root.text()).toBe('');
  });

  it('prefers the id that Exchange replaced', async () => {
    const mail = await readMail(
      mailOf('Message-ID: <new@outlook.example>', 'X-Microsoft-Original-Message-ID: <chat$old@example.org>', '', ''),
    );
    expect(mail.messageId).toBe('chat$old@example.org');
  });

  it('skips lines that are no fields, and keeps the order of equal ones', async () => {
    const mail = await readMail(
      mailOf('From ada Mon Jan 1 00:00:00 2026', 'Received: one', 'no colon here', 'Received : two', ': empty', '', ''),
    );
    expect(mail.headers.getAll('received')).toEqual(['one', 'two']);
    expect([...mail.headers.entries()]).toEqual([
      ['Received', 'one'],
      ['Received', 'two'],
    ]);
  });

  it('finds the charset that HTML declares for itself', async () => {
    const mail = await readMail(
      latin1MailOf('Content-Type: text/html', '', '<meta charset="koi8-r"><p>\u00f0\u00d2\u00c9</p>'),
    );
    expect(mail.root.text()).toContain('При');
  });

  it('reads a stream of chunks like the whole', async () => {
    const raw = mailOf('Subject: x', 'Content-Type: multipart/mixed; boundary=o', '', '--o', '', 'text', '--o--', '');
    async function* chunks() {
      for (let i = 0; i < raw.length; i += 7) yield raw.subarray(i, i + 7);
    }
    const [streamed, whole] = [await readMail(chunks()), await readMail(raw)];
    expect(streamed.bodyHash).toBe(whole.bodyHash);
    expect(streamed.size).toBe(raw.length);
    expect(outline(streamed.root)).toEqual(outline(whole.root));
  });
});

describe('hashes', () => {
  const body = [
    'Content-Type: multipart/mixed; boundary=o',
    '',
    '--o',
    '',
    'text',
    '--o',
    'Content-Type: image/png',
    '',
    'png',
    '--o--',
  ];

  it('do not depend on line ends, blank lines at the end, or the header', async () => {
    const first = await readMail(mailOf('Subject: a', ...body, '', ''));
    const other = await readMail(new TextEncoder().encode(['Received: x', 'Subject: a', ...body].join('\n')));
    expect(other.bodyHash).toBe(first.bodyHash);
    expect(other.shapeHash).toBe(first.shapeHash);
    expect(first.bodyHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('depend on the text; only the body hash on files', async () => {
    const first = await readMail(mailOf(...body));
    const otherText = await readMail(mailOf(...body.map((line) => line.replace('text', 'TEXT'))));
    expect(otherText.shapeHash).not.toBe(first.shapeHash);
    const otherFile = await readMail(mailOf(...body.map((line) => (line === 'png' ? 'PNG' : line))));
    expect(otherFile.shapeHash).toBe(first.shapeHash);
    expect(otherFile.bodyHash).not.toBe(first.bodyHash);
  });

  it('are the same for small and large bodies of equal text', async () => {
    const large = 'x'.repeat(20_000);
    const [a, b] = [await readMail(mailOf('', large)), await readMail(mailOf('', large, ''))];
    expect(a.bodyHash).toBe(b.bodyHash);
  });
});

describe('wrong use', () => {
  it('refuses what is no mail', async () => {
    // @ts-expect-error: what a JavaScript caller may pass.
    await expect(readMail('From: a@b')).rejects.toThrowError(InputError);
    // @ts-expect-error: what a JavaScript caller may pass.
    await expect(readMail(null)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    async function* strings() {
      yield 'From: a@b';
    }
    // @ts-expect-error: what a JavaScript caller may pass.
    await expect(readMail(strings())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('stops when aborted, even if the stream hangs', async () => {
    await expect(readMail(mailOf('', ''), { signal: AbortSignal.abort() })).rejects.toThrowError(AbortedError);
    const abort = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield mailOf('Subject: x');
      abort.abort();
      await new Promise(() => {});
    }
    await expect(readMail(hanging(), { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('stops reading an endless stream at the limit', async () => {
    const chunk = new Uint8Array(8 * 1024 * 1024).fill(0x61);
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield chunk;
      } finally {
        ended = true;
      }
    }
    const mail = await readMail(endless());
    expect(mail.size).toBe(limits.mailBytes);
    expect(mail.problems.map(({ code }) => code)).toContain('too-large');
    expect(ended).toBe(true);
  });
});

describe('compared with mailparser', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'ö', '漢', ' ', '=', '-', '.', '\n'), maxLength: 80 });
  it('reads the same text, subject and files', async () => {
    await fc.assert(
      fc.asyncProperty(
        word,
        word,
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        async (text, subject, file, inBase64) => {
          const clean = text.replace(/[ \n]+$/gm, '').replace(/^-/gm, 'x');
          const words = Buffer.from(clean.replace(/\n/g, '\r\n'));
          const raw = mailOf(
            'From: Ada <ada@example.org>',
            `Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`,
            'MIME-Version: 1.0',
            'Content-Type: multipart/mixed; boundary="=-x"',
            '',
            '--=-x',
            'Content-Type: text/plain; charset=utf-8',
            `Content-Transfer-Encoding: ${inBase64 ? 'base64' : '8bit'}`,
            '',
            inBase64 ? words.toString('base64') : words.toString(),
            '--=-x',
            'Content-Type: application/x-y; name="y.bin"',
            'Content-Disposition: attachment; filename="y.bin"',
            'Content-Transfer-Encoding: base64',
            '',
            Buffer.from(file).toString('base64'),
            '--=-x--',
            '',
          );
          const [ours, theirs] = [await readMail(raw), await simpleParser(Buffer.from(raw))];
          expect(ours.root.children[0]?.text()?.trimEnd()).toBe((theirs.text ?? '').trimEnd());
          expect((ours.subject ?? '').replace(/\s+/g, ' ')).toBe((theirs.subject ?? '').replace(/\s+/g, ' ').trim());
          expect([...(ours.root.children[1]?.content() ?? [])]).toEqual([...(theirs.attachments[0]?.content ?? [])]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
