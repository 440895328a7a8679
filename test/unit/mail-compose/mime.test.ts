import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { composeMime, type MimeHeaderValue, type MimePart } from '../../../src/mail/compose/mime.js';

// Read back with mailparser, which knows nothing of our own reading half.

const decoder = new TextDecoder('latin1');
const base: (readonly [string, MimeHeaderValue])[] = [
  ['From', [{ address: 'ada@example.org', name: 'Ada' }]],
  ['To', [{ address: 'bob@example.net' }]],
  ['Date', { date: Date.UTC(2026, 0, 2, 3, 4, 5) }],
  ['Message-ID', 'chat$x@example.org'],
];

function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

async function text(root: MimePart): Promise<string> {
  return decoder.decode(await composeMime({ ...root, headers: [...base, ...(root.headers ?? [])] }, { random: zeros }));
}

async function reread(root: MimePart) {
  return simpleParser(Buffer.from(await composeMime({ ...root, headers: [...base, ...(root.headers ?? [])] })));
}

describe('composeMime', () => {
  it('writes exactly the header fields that it was given, and the MIME ones', async () => {
    const mail = await text({ contentType: 'text/plain; charset=utf-8', content: 'Hello\n' });
    expect(mail).toBe(
      [
        'From: Ada <ada@example.org>',
        'To: bob@example.net',
        'Date: Fri, 02 Jan 2026 03:04:05 +0000',
        'Message-ID: <chat$x@example.org>',
        'Content-Transfer-Encoding: 7bit',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Hello',
        '',
      ].join('\r\n'),
    );
  });

  it('writes a list of addresses into one field (RFC 5322 3.6)', async () => {
    const to = [{ address: 'a@example.org', name: 'A, B' }, { address: 'c@example.org' }];
    const mail = await text({ contentType: 'text/plain', content: 'x', headers: [['Cc', to]] });
    expect(mail).toContain('\r\nCc: "A, B" <a@example.org>, c@example.org\r\n');
  });

  it('keeps the case of header names', async () => {
    const headers = [
      ['COI-MySToken', 'a'],
      ['Chat-Group-ID', 'b'],
      ['X-eBay-ID', 'c'],
    ] as const;
    const mail = await text({ contentType: 'text/plain', content: 'x', headers });
    for (const [name, value] of headers) expect(mail).toContain(`\r\n${name}: ${value}\r\n`);
  });

  it('writes a structured value as it is, where quotes must not become encoded words', async () => {
    const value = 'profile; note="a b"';
    const mail = await text({
      contentType: 'text/plain',
      content: 'x',
      headers: [['Chat-Content', { structured: value }]],
    });
    expect(mail).toContain(`\r\nChat-Content: ${value}\r\n`);
  });

  it('encodes text that only looks encoded, so that readers show it as it is', async () => {
    const word = '=?utf-8?Q?x?=';
    const mail = await reread({
      contentType: 'text/plain',
      content: 'x',
      headers: [
        ['Subject', `${word} and ${word}`],
        ['Cc', [{ address: 'b@example.org', name: word }]],
      ],
    });
    expect(mail.subject).toBe(`${word} and ${word}`);
    expect([mail.cc].flat().flatMap((field) => field?.value ?? [])).toEqual([
      { address: 'b@example.org', name: '= ?utf-8?Q?x?=' },
    ]);
  });

  it('writes addresses into other fields as into To', async () => {
    const mail = await text({
      contentType: 'text/plain',
      content: 'x',
      headers: [['Disposition-Notification-To', [{ address: 'ada@example.org', name: 'Ada, Countess' }]]],
    });
    expect(mail).toContain('\r\nDisposition-Notification-To: "Ada, Countess" <ada@example.org>\r\n');
  });

  it('nests multiparts, with boundaries that only the random source decides', async () => {
    const tree: MimePart = {
      contentType: 'multipart/mixed',
      children: [
        {
          contentType: 'multipart/alternative',
          children: [
            { contentType: 'text/plain; charset=utf-8', content: 'words' },
            { contentType: 'text/html; charset=utf-8', content: '<p>words</p>' },
          ],
        },
        { contentType: 'image/png', content: new Uint8Array([1, 2, 3]), disposition: 'inline', filename: 'a.png' },
      ],
    };
    expect(await text(tree)).toBe(await text(tree));
    expect(decoder.decode(await composeMime(tree))).not.toBe(decoder.decode(await composeMime(tree)));
    const mail = await reread(tree);
    expect(mail.text?.trim()).toBe('words');
    expect(mail.html).toContain('<p>words</p>');
    expect(mail.attachments.map(({ filename, contentType, size }) => ({ filename, contentType, size }))).toEqual([
      { filename: 'a.png', contentType: 'image/png', size: 3 },
    ]);
  });

  it('says the size of a file in octets', async () => {
    const mail = await text({
      contentType: 'image/png',
      content: zeros(1234),
      disposition: 'inline',
      filename: 'a.png',
    });
    expect(mail).toContain('Content-Disposition: inline; size=1234; filename=a.png');
    expect(mail).toContain('Content-Transfer-Encoding: base64');
  });

  it.each([0, 1, 56, 57, 58, 114, 57_000, 57_001, 114_001])(
    'writes a file of %i octets in lines of 76 digits',
    async (size) => {
      const first = Uint8Array.from({ length: size }, (_, i) => (i * 7) >>> 2);
      const children = [first, new Uint8Array([1, 2, 3])].map((content) => ({ contentType: 'image/png', content }));
      const mail = await text({ contentType: 'multipart/mixed', children });
      const lines =
        Buffer.from(first)
          .toString('base64')
          .match(/.{1,76}/g) ?? [];
      const [, one = '', two = ''] = mail.split(/^--=_chat.*$/m).map((part) => part.split('\r\n\r\n')[1]);
      expect(one.trimEnd()).toBe(lines.join('\r\n'));
      expect(two).toBe('AQID\r\n');
    },
  );

  it('keeps every line within the 998 octets of RFC 5322, whatever the text', async () => {
    for (const content of ['x'.repeat(50_000), 'ä'.repeat(50_000), 'x y '.repeat(50_000)]) {
      const mail = await text({ contentType: 'text/plain; charset=utf-8', content });
      for (const line of mail.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
      expect(mail.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }
  });

  it('carries names, subjects, file names and octets through unharmed', async () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .map((value) => value.replace(/[\p{Cc}\p{Cs}\p{Z}]+/gu, ' ').trim())
      .filter((value) => value !== '' && !value.includes('=?'));
    await fc.assert(
      fc.asyncProperty(line, line, fc.uint8Array({ maxLength: 300 }), async (name, subject, content) => {
        const mail = await reread({
          contentType: 'application/octet-stream',
          headers: [
            ['Subject', subject],
            ['Reply-To', [{ address: 'carol@example.com', name }]],
          ],
          content,
          disposition: 'inline',
          filename: `${subject.replace(/[/\\]/g, '_')}.bin`,
        });
        expect(mail.subject).toBe(subject);
        expect(mail.replyTo?.value).toEqual([{ address: 'carol@example.com', name }]);
        expect(mail.attachments[0]?.filename).toBe(`${subject.replace(/[/\\]/g, '_')}.bin`);
        expect(new Uint8Array(mail.attachments[0]?.content ?? [])).toEqual(content);
      }),
    );
  });
});
