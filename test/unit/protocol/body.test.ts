import { describe, expect, it } from 'vitest';
import { readMail } from '../../../src/mail/read-mail.js';
import { readBody } from '../../../src/protocol/body.js';

/** A tree of parts: a leaf is its header line(s), a multipart its type and children. */
type Tree = string | Branch;
interface Branch extends ReadonlyArray<Tree> {
  readonly 0: string;
}

function write(tree: Tree, level = 0): string {
  if (typeof tree === 'string') return `${tree}\r\n\r\ncontent\r\n`;
  const type = tree[0];
  const children = tree.slice(1);
  const boundary = `b${level}x`;
  const parts = children.map((child, i) => `--${boundary}\r\n${write(child, level * 10 + i + 1)}`);
  const [media, ...params] = type.split(';');
  return `Content-Type: ${[media, `boundary=${boundary}`, ...params].join(';')}\r\n\r\n${parts.join('')}--${boundary}--\r\n`;
}

/** Paths of the parts by what they are. */
async function sorted(tree: Tree) {
  const mail = await readMail(new TextEncoder().encode(`From: a@b.example\r\n${write(tree)}`));
  const body = readBody(mail.root);
  return {
    text: body.blocks.map(({ plain, html, markdown }) => ({
      ...(plain.length ? { plain: plain.map(({ path }) => path) } : {}),
      ...(html.length ? { html: html.map(({ path }) => path) } : {}),
      ...(markdown.length ? { markdown: markdown.map(({ path }) => path) } : {}),
    })),
    files: body.files.map(({ path }) => path),
  };
}

const plain = 'Content-Type: text/plain';
const html = 'Content-Type: text/html';
const png = 'Content-Type: image/png';
const type = (name: string) => `Content-Type: ${name}`;

describe('readBody', () => {
  it('takes a single part by its type', async () => {
    expect(await sorted(plain)).toEqual({ text: [{ plain: ['1'] }], files: [] });
    expect(await sorted(png)).toEqual({ text: [], files: ['1'] });
    expect(await sorted(`${plain}; name=a.txt`)).toEqual({ text: [{ plain: ['1'] }], files: [] });
    const named = `${plain}\r\nContent-Disposition: inline; filename=a.txt`;
    expect(await sorted(named)).toEqual({ text: [], files: ['1'] });
    expect(await sorted(`${plain}\r\nContent-Disposition: attachment`)).toEqual({ text: [], files: ['1'] });
  });

  it('takes texts with a file name within a multipart for files', async () => {
    expect(await sorted(['multipart/mixed', plain, `${plain}; name=a.txt`, html])).toEqual({
      text: [{ plain: ['1'] }, { html: ['3'] }],
      files: ['2'],
    });
  });

  it('keeps all forms of an alternative, files inside included', async () => {
    expect(
      await sorted([
        'multipart/alternative',
        plain,
        ['multipart/related', html, png],
        type('text/markdown'),
        type('text/x-amp-html'),
      ]),
    ).toEqual({ text: [{ plain: ['1'], html: ['2.1'], markdown: ['3'] }], files: ['2.2'] });
  });

  it('joins HTML that an image interrupts', async () => {
    expect(await sorted(['multipart/alternative', plain, ['multipart/mixed', html, png, html]])).toEqual({
      text: [{ plain: ['1'], html: ['2.1', '2.3'] }],
      files: ['2.2'],
    });
  });

  it('finds the root of a multipart/related by its start parameter', async () => {
    const root = `${html}\r\nContent-ID: <root@x>`;
    expect(await sorted(['multipart/related;start="<root@x>"', png, root])).toEqual({
      text: [{ html: ['2'] }],
      files: ['1'],
    });
  });

  it('hides ignored parts with all that is in them, but never the whole mail', async () => {
    const ignore = '\r\nChat-Content: ignore';
    expect(await sorted(['multipart/mixed', plain, plain + ignore, png + ignore])).toEqual({
      text: [{ plain: ['1'] }],
      files: [],
    });
    expect(await sorted(plain + ignore)).toEqual({ text: [{ plain: ['1'] }], files: [] });
  });

  it('hides signatures, version parts and resource forks where they belong', async () => {
    expect(await sorted(['multipart/signed', plain, type('application/pgp-signature')])).toEqual({
      text: [{ plain: ['1'] }],
      files: [],
    });
    expect(
      await sorted(['multipart/encrypted', type('application/pgp-encrypted'), type('application/octet-stream')]),
    ).toEqual({ text: [], files: ['2'] });
    expect(
      await sorted(['multipart/mixed', plain, ['multipart/appledouble', type('application/applefile'), png]]),
    ).toEqual({ text: [{ plain: ['1'] }], files: ['2.2'] });
    expect(await sorted(['multipart/mixed', plain, type('application/pgp-signature')])).toEqual({
      text: [{ plain: ['1'] }],
      files: ['2'],
    });
  });

  it('shows an invitation once', async () => {
    const invitation: Tree = ['multipart/alternative', plain, type('text/calendar')];
    expect((await sorted(invitation)).files).toEqual(['2']);
    expect((await sorted(['multipart/mixed', invitation, type('application/ics; name=i.ics')])).files).toEqual(['2']);
  });

  it('shows parts for programs only where nothing else is', async () => {
    const card = `${html}\r\nChat-Content: groupinfo`;
    expect(await sorted(['multipart/alternative', plain, card])).toEqual({ text: [{ plain: ['1'] }], files: [] });
    expect(await sorted(['multipart/mixed', card])).toEqual({ text: [{ html: ['1'] }], files: [] });
  });

  it('shows text of an unknown kind', async () => {
    expect(await sorted(['multipart/mixed', `${html}\r\nChat-Content: com.example.Card`])).toEqual({
      text: [{ html: ['1'] }],
      files: [],
    });
  });

  it('takes the members of a digest for mails', async () => {
    expect((await sorted(['multipart/digest', type('message/rfc822'), type('message/rfc822')])).files).toHaveLength(2);
  });
});
