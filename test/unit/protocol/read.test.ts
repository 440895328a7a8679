import { readChatMail, writeChatMail } from 'coi-sdk/protocol';
import { describe, expect, it } from 'vitest';
import { parsedMailFromParts } from '../../../src/mail/body-structure.js';
import type { ChatTextMail } from '../../../src/protocol/chat-mail.js';
import { chatMailOf } from '../../../src/protocol/read.js';

const encoder = new TextEncoder();

function mail(...lines: string[]): string {
  return ['From: bob@example.net', 'To: ada@example.org', ...lines].join('\r\n');
}

function mixed(header: string[], ...parts: string[][]): string {
  const body = parts.flatMap((part) => ['--b', ...part]);
  return mail(...header, 'Content-Type: multipart/mixed; boundary=b', '', ...body, '--b--', '');
}

async function message(raw: string | Uint8Array): Promise<ChatTextMail> {
  const read = await readChatMail(raw);
  if (read.kind !== 'message') throw new Error(`read as ${read.kind}`);
  return read;
}

const image = ['Content-Type: image/png', 'Content-Transfer-Encoding: base64', '', 'AAAA'];
const audio = ['Content-Type: audio/aac', 'Content-Transfer-Encoding: base64', '', 'AAAA'];
const text = ['Content-Type: text/plain', '', 'words'];

describe('readChatMail', () => {
  it('takes octets, text and streams alike', async () => {
    const raw = mail('Message-ID: <chat$1@example.net>', '', 'grüße');
    const octets = encoder.encode(raw);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < octets.length; i += 7) controller.enqueue(octets.subarray(i, i + 7));
        controller.close();
      },
    });
    const whole = await readChatMail(octets);
    expect(whole).toMatchObject({ isChat: true, text: 'grüße', from: { address: 'bob@example.net' } });
    expect(await readChatMail(raw)).toEqual(whole);
    expect(await readChatMail(stream)).toEqual(whole);
  });

  it('refuses what is no mail', async () => {
    await expect(readChatMail(42 as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('can be given up', async () => {
    await expect(readChatMail(mail('', 'x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('makes something of nothing and of noise', async () => {
    expect(await message('')).toMatchObject({ text: '', attachments: [], isChat: false, automatic: false });
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);
    expect((await message(noise)).kind).toBe('message');
  });

  it('knows who asks for a receipt, in both forms', async () => {
    const asked = async (header: string) => (await message(mail(header, '', 'x'))).receiptRequestedBy;
    expect(await asked('Disposition-Notification-To: "Bob, B." <Bob@Example.net>')).toBe('bob@example.net');
    expect(await asked('Chat-Disposition-Notification-To: bob@example.net')).toBe('bob@example.net');
    expect(await asked('X-Nothing: bob@example.net')).toBeUndefined();
  });

  it('tells several senders from one', async () => {
    const two = await message('From: a@example.org, b@example.org\r\n\r\nx');
    expect(two).toMatchObject({ severalFrom: true, from: { address: 'a@example.org' } });
  });
});

describe('the text', () => {
  it('is the HTML where the plain part is empty', async () => {
    const raw = mail(
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      ' ',
      '--b',
      'Content-Type: text/html',
      '',
      '<p>only <b>here</b></p>',
      '--b--',
    );
    expect(await message(raw)).toMatchObject({ text: 'only here', html: '<p>only <b>here</b></p>' });
  });

  it('is the markdown where there is nothing else', async () => {
    expect(await message(mail('Content-Type: text/markdown', '', '**only** here'))).toMatchObject({
      text: '**only** here',
      markdown: '**only** here',
    });
  });

  it('joins stretches of text, and their HTML with what came as plain text', async () => {
    const read = await message(
      mixed([], text, image, ['Content-Type: text/html', '', '<p>more</p>'], ['Content-Type: text/plain', '', '1 < 2']),
    );
    expect(read.text).toBe('words\n\nmore\n\n1 < 2');
    expect(read.html).toBe('<div>words</div>\n<p>more</p>\n<div>1 &lt; 2</div>');
  });

  it('keeps what a chat program wrote where a mail program would mean a quote', async () => {
    const lines = ['', 'On Monday, Ada wrote:', '> hello', '', 'and I agree'];
    expect((await message(mail('Chat-Version: 1.0', ...lines))).text).toBe(
      'On Monday, Ada wrote:\n> hello\n\nand I agree',
    );
    expect((await message(mail(...lines))).quote).toBe('hello');
  });
});

describe('marks on files', () => {
  it('gives a mark in the header of the mail to the first file that it fits', async () => {
    const voice = await message(mixed(['Chat-Voice-Message: 1', 'Chat-Duration: 900'], text, image, audio, audio));
    expect(voice.attachments.map((file) => [file.voice, file.durationMs])).toEqual([
      [false, undefined],
      [true, 900],
      [false, undefined],
    ]);
    const sticker = await message(mixed(['Chat-Content: sticker'], audio, image, image));
    expect(sticker.attachments.map((file) => file.sticker)).toEqual([false, true, false]);
  });

  it('takes no nonsense for a duration', async () => {
    for (const value of ['-1', '0', '1e9', '99999999999', 'abc', '']) {
      const read = await message(mixed([`Chat-Duration: ${value}`], audio));
      expect(read.attachments[0]).not.toHaveProperty('durationMs');
    }
  });

  it('links each preview to the file after it, and leaves one without alone', async () => {
    const preview = ['Chat-Content: preview', ...image];
    const read = await message(mixed([], preview, audio, preview, preview, image, preview));
    expect(read.attachments.map(({ part, previewOf }) => [part, previewOf])).toEqual([
      ['1', '2'],
      ['2', undefined],
      ['3', '5'],
      ['4', '5'],
      ['5', undefined],
      ['6', undefined],
    ]);
  });

  it('names files that have no name, by their type', async () => {
    const read = await message(
      mixed([], image, audio, ['Content-Type: text/calendar', '', 'x'], ['Content-Type: message/rfc822', '', 'A: b']),
    );
    expect(read.attachments.map(({ filename }) => filename)).toEqual([
      'image.png',
      'audio.aac',
      'invite.ics',
      'message.eml',
    ]);
  });
});

describe('reports', () => {
  const status = [
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; x',
    '',
    'Final-Recipient: rfc822; c@example.org',
    'Action: failed',
    'Status: 5.1.1',
  ];
  const disposition = [
    'Content-Type: message/disposition-notification',
    '',
    'Original-Message-ID: <a@b>',
    'Disposition: manual-action/MDN-sent-manually; displayed',
  ];

  it('are not made of messages that have one attached', async () => {
    expect((await message(mixed([], text, status))).text).toBe('words');
    expect((await message(mixed(['Chat-Version: 1.0'], text, disposition))).attachments).toHaveLength(1);
  });

  it('are known in a signature', async () => {
    const report = ['Content-Type: multipart/report; boundary=r', '', '--r', ...text, '--r', ...disposition, '--r--'];
    const raw = mail(
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      ...report,
      '--b',
      'Content-Type: application/pgp-signature',
      '',
      'x',
      '--b--',
    );
    expect(await readChatMail(raw)).toMatchObject({
      kind: 'receipt',
      originalMessageIds: ['a@b'],
      disposition: 'displayed',
    });
  });

  it('of delivery never come from a chat program', async () => {
    const raw = mail(
      'Chat-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=r',
      '',
      '--r',
      ...text,
      '--r',
      ...status,
      '--r--',
    );
    expect((await readChatMail(raw)).kind).toBe('message');
    expect((await readChatMail(raw.replace('Chat-Version: 1.0\r\n', ''))).kind).toBe('delivery-report');
  });
});

describe('hostile mail', () => {
  it('with a thousand files, previews and links costs no more than its size', async () => {
    const html = ['Content-Type: text/html', '', `${'<img src="cid:%zz'.repeat(60_000)}`];
    const files = Array.from({ length: 998 }, (_, i) => [
      `Content-ID: <${i}@x>`,
      ...(i % 2 ? ['Chat-Content: preview'] : []),
      ...image,
    ]);
    const raw = mixed(['Chat-Voice-Message: 1', 'Chat-Content: sticker'], html, ...files);
    const start = performance.now();
    const read = await message(raw);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(read.attachments).toHaveLength(998);
    expect(read.attachments.filter(({ previewOf }) => previewOf !== undefined)).toHaveLength(498);
  });

  it('with alternatives within alternatives is read once', async () => {
    let part = ['Content-Type: text/plain', '', 'deep'];
    for (let i = 0; i < 40; i++) {
      part = [`Content-Type: multipart/alternative; boundary=b${i}x`, '', `--b${i}x`, ...part, `--b${i}x--`];
    }
    expect(await message(mail(...part))).toMatchObject({ text: 'deep', attachments: [] });
  });

  it('cannot smuggle header fields into an answer', async () => {
    const read = await message(
      'From: =?utf-8?Q?x=0D=0ABcc:_y@example.org?= <bob@example.net>\r\nMessage-ID: <a\tb@c>\r\n' +
        'Subject: =?utf-8?B?YQ0KQmNjOiB5QGV4YW1wbGUub3Jn?=\r\n\r\nx\0\r\n',
    );
    const { bytes } = await writeChatMail({
      from: { address: 'ada@example.org' },
      to: read.from ? [read.from] : [],
      subject: read.subject ?? '',
      text: 'answer',
      quote: read.text,
      forwarded: read.from?.name === undefined ? {} : { from: read.from.name },
      ...(read.messageId === undefined ? {} : { inReplyTo: read.messageId, references: [read.messageId] }),
    });
    expect(new TextDecoder().decode(bytes)).not.toMatch(/^(?:Bcc|y@)/im);
  });
});

describe('chatMailOf', () => {
  it('reads a mail of which only the text was fetched', async () => {
    const headers = encoder.encode(
      'From: bob@example.net\r\nMessage-ID: <chat$1@example.net>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n',
    );
    const leaf = { params: {}, dispositionParams: {}, children: [] };
    const parsed = await parsedMailFromParts({
      headers,
      size: 5_000_000,
      structure: {
        ...leaf,
        part: '',
        type: 'multipart/mixed',
        size: 0,
        children: [
          { ...leaf, part: '1', type: 'text/plain', encoding: '7bit', size: 5 },
          {
            ...leaf,
            part: '2',
            type: 'image/jpeg',
            encoding: 'base64',
            size: 7_800_000,
            disposition: 'inline',
            dispositionParams: { filename: 'sea.jpg' },
          },
        ],
      },
      parts: new Map([['1', encoder.encode('words')]]),
    });
    const read = await chatMailOf(parsed);
    expect(read).toMatchObject({ kind: 'message', text: 'words', isChat: true });
    const [file] = read.kind === 'message' ? read.attachments : [];
    expect(file).toMatchObject({ part: '2', filename: 'sea.jpg', size: 5_700_000, encoding: 'base64' });
    expect(file).not.toHaveProperty('content');
  });
});
