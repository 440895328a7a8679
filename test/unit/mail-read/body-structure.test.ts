import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { type BodyStructurePart, parsedMailFromParts, partsToFetch } from '../../../src/mail/body-structure.js';
import type { MailPart } from '../../../src/mail/parsed-mail.js';
import { readMail } from '../../../src/mail/read-mail.js';
import type { ImapBodyPart } from '../../../src/transport/imap.js';
import { mailOf } from './mail-text.js';

const raw = mailOf(
  'From: Ada <ada@example.org>',
  'Subject: Files',
  'Message-ID: <chat$x@example.org>',
  'Content-Type: multipart/mixed; boundary=o',
  '',
  '--o',
  'Content-Type: multipart/alternative; boundary=i',
  '',
  '--i',
  'Content-Type: text/plain; charset=utf-8; format=flowed',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=C3=BC=C3=9Fe',
  '--i',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Hi</p>',
  '--i--',
  '--o',
  'Content-Type: text/plain',
  'Content-Disposition: attachment; filename=notes.txt',
  '',
  'notes',
  '--o',
  'Content-Type: audio/ogg',
  'Chat-Voice-Message: 1',
  'Content-Transfer-Encoding: base64',
  'Content-ID: <voice@example.org>',
  '',
  'AAEC',
  '--o--',
  '',
);

/** What a server tells about a mail, made from the mail itself. */
function structureOf(part: MailPart): BodyStructurePart {
  return {
    part: part.path,
    type: part.contentType.toUpperCase(),
    params: Object.fromEntries([...part.params].map(([name, value]) => [name.toUpperCase(), value])),
    ...(part.disposition !== undefined && { disposition: part.disposition.toUpperCase() }),
    dispositionParams: Object.fromEntries(part.dispositionParams),
    ...(part.contentId !== undefined && { id: `<${part.contentId}>` }),
    encoding: part.encoding.toUpperCase(),
    size: part.encodedSize,
    children: part.children.map(structureOf),
  };
}

const header = raw.subarray(0, new TextDecoder().decode(raw).indexOf('\r\n\r\n') + 4);
const encoded = new Map([
  ['1.1', new TextEncoder().encode('Gr=C3=BC=C3=9Fe')],
  ['1.2', new TextEncoder().encode('<p>Hi</p>')],
]);

describe('parsedMailFromParts', () => {
  it('takes the structure that the transport gives', () => {
    const part: ImapBodyPart = {
      part: '',
      type: 'text/plain',
      params: {},
      dispositionParams: {},
      size: 1,
      children: [],
    };
    expect(partsToFetch(part)).toEqual(['1']);
  });

  it('gives the same mail as reading it whole', async () => {
    const whole = await readMail(raw);
    const structure = structureOf(whole.root);
    expect(partsToFetch(structure)).toEqual(['1.1', '1.2', '1.2.MIME', '2.MIME', '3.MIME']);
    const pieces = await parsedMailFromParts({ headers: header, structure, parts: encoded, size: raw.length });
    expect(pieces.shapeHash).toBe(whole.shapeHash);
    expect(pieces).not.toHaveProperty('bodyHash');
    for (const field of ['from', 'subject', 'messageId', 'size', 'problems'] as const)
      expect(pieces[field]).toEqual(whole[field]);
    expect([...pieces.headers.entries()]).toEqual([...whole.headers.entries()]);
    const compare = (a: MailPart, b: MailPart): void => {
      for (const field of [
        'path',
        'contentType',
        'params',
        'disposition',
        'dispositionParams',
        'contentId',
        'encoding',
        'encodedSize',
      ] as const) {
        expect(a[field]).toEqual(b[field]);
      }
      expect(a.children).toHaveLength(b.children.length);
      for (const [i, child] of a.children.entries()) {
        const other = b.children[i];
        if (other) compare(child, other);
      }
    };
    compare(pieces.root, whole.root);
    expect(pieces.root.children[0]?.children[0]?.text()).toBe('Grüße');
  });

  it('leaves contents and part headers undefined that were not fetched', async () => {
    const structure = structureOf((await readMail(raw)).root);
    const without = await parsedMailFromParts({ headers: header, structure, parts: encoded, size: raw.length });
    const voice = without.root.children[2];
    expect(voice?.content()).toBeUndefined();
    expect(voice?.text()).toBeUndefined();
    expect([...(voice?.headers.entries() ?? [])]).toEqual([]);
    const mime = new TextEncoder().encode('Content-Type: audio/ogg\r\nChat-Voice-Message: 1\r\n\r\n');
    const withHeader = await parsedMailFromParts({
      headers: header,
      structure,
      parts: new Map([...encoded, ['3.MIME', mime]]),
      size: raw.length,
    });
    expect(withHeader.root.children[2]?.headers.get('chat-voice-message')).toBe('1');
  });

  it('reads a mail of a single part', async () => {
    const single = mailOf('Subject: x', 'Content-Type: text/plain', '', 'Hello', '');
    const whole = await readMail(single);
    const structure = structureOf(whole.root);
    const pieces = await parsedMailFromParts({
      headers: mailOf('Subject: x', 'Content-Type: text/plain', '', ''),
      structure,
      parts: new Map([['1', new TextEncoder().encode('Hello\r\n')]]),
      size: single.length,
    });
    expect(pieces.root.path).toBe('1');
    expect(pieces.root.text()).toBe('Hello\n');
    expect(pieces.shapeHash).toBe(whole.shapeHash);
  });

  it('asks for no text that is too large, whether whole or in pieces', async () => {
    const large = mailOf(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      '',
      'small',
      '--o',
      '',
      'x'.repeat(limits.textPartBytes + 1),
      '--o--',
    );
    const whole = await readMail(large);
    const structure = structureOf(whole.root);
    expect(partsToFetch(structure)).toEqual(['1', '2.MIME']);
    const pieces = await parsedMailFromParts({
      headers: mailOf('Content-Type: multipart/mixed; boundary=o', ''),
      structure,
      parts: new Map([['1', new TextEncoder().encode('small')]]),
      size: large.length,
    });
    expect(pieces.shapeHash).toBe(whole.shapeHash);
  });

  it('asks for small reports and polls', async () => {
    const report = await readMail(
      mailOf(
        'Content-Type: multipart/report; boundary=o',
        '',
        '--o',
        '',
        'sorry',
        '--o',
        'Content-Type: message/delivery-status',
        '',
        'Action: failed',
        '--o',
        'Content-Type: message/rfc822',
        '',
        'Subject: x',
        '',
        '--o--',
      ),
    );
    expect(partsToFetch(structureOf(report.root))).toEqual(['1', '2', '3.MIME']);
  });

  it('survives a structure that never ends', async () => {
    let structure: BodyStructurePart = {
      part: '1',
      type: 'text/plain',
      params: {},
      dispositionParams: {},
      size: 1,
      children: [],
    };
    for (let i = 0; i < 5000; i++) structure = { ...structure, type: 'multipart/mixed', children: [structure] };
    const wide: BodyStructurePart = {
      ...structure,
      children: Array.from({ length: 20_000 }, () => ({ ...structure, type: 'text/plain', children: [] })),
    };
    for (const hostile of [structure, wide]) {
      const mail = await parsedMailFromParts({ headers: header, structure: hostile, parts: new Map(), size: 1 });
      expect(mail.problems.map(({ code }) => code)).toContain('limit');
      expect(partsToFetch(hostile).length).toBeLessThanOrEqual(limits.mimeParts);
    }
  });
});
