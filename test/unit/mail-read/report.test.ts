import { describe, expect, it } from 'vitest';
import { readMail } from '../../../src/mail/read-mail.js';
import { readDeliveryReport, readDispositionReport } from '../../../src/mail/report.js';
import { mailOf } from './mail-text.js';

const delivery = async (...lines: string[]) => readDeliveryReport(await readMail(mailOf(...lines)));
const disposition = async (...lines: string[]) => readDispositionReport(await readMail(mailOf(...lines)));
const daemon = ['From: Mail Delivery System <MAILER-DAEMON@mx.example.net>', 'To: ada@example.org', 'Subject: failure'];

describe('RFC 3464', () => {
  const dsn = (fields: string[], returned: string[], type = 'text/rfc822-headers') => [
    ...daemon,
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    '',
    'This is the mail system at host mx.example.net.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    ...fields,
    '--b',
    `Content-Type: ${type}`,
    '',
    ...returned,
    '--b--',
  ];

  it('reads recipients, codes, reasons and the original id', async () => {
    const report = await delivery(
      ...dsn(
        [
          'Reporting-MTA: dns; mx.example.net',
          '',
          'Final-Recipient: rfc822; Bob@Example.net',
          'Action: failed',
          'Status: 5.1.1',
          'Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>: user',
          '    unknown',
          '',
          'Original-Recipient: rfc822;carol@example.com',
          'Final-Recipient: rfc822; carol@internal.example.com',
          'Action: Delayed (will retry)',
          'Status: 4.4.1 (no answer)',
        ],
        ['From: ada@example.org', 'Message-ID:', ' <chat$orig@example.org>', 'Subject: x'],
      ),
    );
    expect(report).toEqual({
      originalMessageId: 'chat$orig@example.org',
      statuses: [
        {
          recipient: 'bob@example.net',
          action: 'failed',
          status: '5.1.1',
          reason: '550 5.1.1 <bob@example.net>: user unknown',
        },
        { recipient: 'carol@example.com', action: 'delayed', status: '4.4.1' },
      ],
      text: 'This is the mail system at host mx.example.net.',
    });
  });

  it('finds the id in a returned mail, and not in its body', async () => {
    const fields = ['Final-Recipient: rfc822; bob@example.net', 'Action: failed'];
    const whole = await delivery(
      ...dsn(fields, ['Message-ID: <a@example.org>', '', 'Message-ID: <evil@example.org>'], 'message/rfc822'),
    );
    expect(whole?.originalMessageId).toBe('a@example.org');
    const none = await delivery(...dsn(fields, ['Subject: x', '', 'Message-ID: <evil@example.org>'], 'message/rfc822'));
    expect(none).not.toHaveProperty('originalMessageId');
  });

  it('falls back to what the report answers', async () => {
    const fields = ['Final-Recipient: rfc822; bob@example.net', 'Action: failed'];
    const report = await delivery('In-Reply-To: <orig@example.org>', ...dsn(fields, ['Subject: x']));
    expect(report?.originalMessageId).toBe('orig@example.org');
  });
});

describe('free-form bounces', () => {
  it('of qmail', async () => {
    const report = await delivery(
      ...daemon,
      '',
      'Hi. This is the qmail-send program at mx.example.net.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "This is a permanent error; I've given up. Sorry it didn't work out.",
      '',
      '<bob@example.net>:',
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
      '--- Below this line is a copy of the message.',
      '',
      'Return-Path: <ada@example.org>',
      'Received: (qmail 1 invoked); 20 Nov 2026',
      'From: ada@example.org',
      'Message-ID: <chat$orig@example.org>',
      '',
      'carol@example.com: not a recipient',
    );
    expect(report).toMatchObject({
      originalMessageId: 'chat$orig@example.org',
      statuses: [
        {
          recipient: 'bob@example.net',
          action: 'failed',
          status: '5.1.1',
          reason: 'Sorry, no mailbox here by that name. (#5.1.1)',
        },
      ],
    });
  });

  it('that is nothing but HTML', async () => {
    const report = await delivery(
      ...daemon,
      'Content-Type: text/html; charset=utf-8',
      '',
      '<html><body><h1>Undeliverable</h1><p>Delivery has failed to these recipients or groups:</p>',
      '<p><a href="mailto:bob@example.net">bob@example.net</a><br>The mailbox is full. 5.2.2</p></body></html>',
    );
    expect(report?.statuses).toMatchObject([{ recipient: 'bob@example.net', action: 'failed', status: '5.2.2' }]);
  });

  it('of Exim', async () => {
    const report = await delivery(
      'X-Failed-Recipients: bob@example.net',
      'Auto-Submitted: auto-replied',
      ...daemon,
      '',
      'This message was created automatically by mail delivery software.',
      '',
      'A message that you sent could not be delivered to one or more of its',
      'recipients. This is a permanent error. The following address(es) failed:',
      '',
      '  bob@example.net',
      '    host mx.example.net [192.0.2.1]',
      '    SMTP error from remote mail server after RCPT TO:<bob@example.net>:',
      '    550 No such user',
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '',
      'Message-ID: <chat$orig@example.org>',
    );
    expect(report?.originalMessageId).toBe('chat$orig@example.org');
    expect(report?.statuses).toEqual([
      expect.objectContaining({
        recipient: 'bob@example.net',
        action: 'failed',
        reason: expect.stringContaining('550 No such user'),
      }),
    ]);
  });

  it('of Postfix', async () => {
    const report = await delivery(
      ...daemon,
      'References: <chat$orig@example.org>',
      '',
      'This is the mail system at host mx.example.net.',
      '',
      "I'm sorry to have to inform you that your message could not",
      "be delivered to one or more recipients. It's attached below.",
      '',
      '<bob@example.net>: host mx2.example.net[192.0.2.1] said: 550 5.7.1 Spam',
      '    (in reply to end of DATA command)',
    );
    expect(report).toMatchObject({
      originalMessageId: 'chat$orig@example.org',
      statuses: [{ recipient: 'bob@example.net', status: '5.7.1' }],
    });
    expect(report?.statuses[0]?.reason).toContain('in reply to end of DATA');
  });

  it.each<[string, string[]]>([
    [
      'Exchange',
      [
        'Your message did not reach some or all of the intended recipients.',
        '',
        'The following recipient(s) cannot be reached:',
        '',
        "      'bob@example.net' on 20.11.2026 13:37",
        '            550 5.1.1 User unknown',
      ],
    ],
    [
      'Outlook',
      [
        'Delivery has failed to these recipients or groups:',
        '',
        'bob@example.net<mailto:bob@example.net>',
        'The email address could not be found. 550 5.1.1',
      ],
    ],
    [
      'Gmail',
      [
        'Delivery to the following recipient failed permanently:',
        '',
        '     bob@example.net',
        '',
        'Technical details of permanent failure:',
        '550 5.1.1 no such user',
      ],
    ],
    [
      'Gmail today',
      [
        'Address not found',
        '',
        "Your message wasn't delivered to bob@example.net because the address couldn't be found. 550 5.1.1",
      ],
    ],
    [
      'Yahoo',
      [
        'Sorry, we were unable to deliver your message to the following address.',
        '',
        '<bob@example.net>:',
        'Remote host said: 550 5.1.1 no mailbox',
      ],
    ],
    [
      'Sendmail',
      [
        '   ----- The following addresses had permanent fatal errors -----',
        '<bob@example.net>',
        '    (reason: 550 5.1.1 User unknown)',
      ],
    ],
  ])('of %s', async (_, lines) => {
    const report = await delivery(...daemon, 'In-Reply-To: <orig@example.org>', '', ...lines);
    expect(report).toMatchObject({
      originalMessageId: 'orig@example.org',
      statuses: [{ recipient: 'bob@example.net', action: 'failed' }],
    });
    expect(report?.statuses).toHaveLength(1);
    expect(report?.statuses[0]?.reason).toContain('5');
  });

  it('tells a warning from a failure', async () => {
    const report = await delivery(
      ...daemon,
      '',
      'THIS IS A WARNING MESSAGE ONLY.',
      'YOU DO NOT NEED TO RESEND YOUR MESSAGE.',
      '',
      '<bob@example.net>: connection timed out',
    );
    expect(report?.statuses).toEqual([expect.objectContaining({ recipient: 'bob@example.net', action: 'delayed' })]);
  });

  it('are none when a person tells of one', async () => {
    const said = ['', 'Hi. This is the qmail-send program at mx.example.net.', '', '<bob@example.net>:', 'no mailbox'];
    expect(await delivery('From: Carol <carol@example.com>', ...said)).toBeUndefined();
    expect(await delivery(...daemon, '', 'Your mailbox is nearly full, write to help@example.net')).toBeUndefined();
  });
});

describe('disposition notifications (RFC 8098)', () => {
  const mdn = (...fields: string[]) => [
    'From: bob@example.net',
    'In-Reply-To: <fallback@example.org>',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary=b',
    '',
    '--b',
    '',
    'Your message was read.',
    '--b',
    'Content-Type: message/disposition-notification',
    '',
    ...fields,
    '--b--',
  ];

  it('reads ids and disposition', async () => {
    expect(
      await disposition(
        ...mdn(
          'Reporting-UA: Coi',
          'Final-Recipient: rfc822;Bob@example.net',
          'Original-Message-ID: <one@example.org>',
          'Additional-Message-IDs: <two@example.org> <three@example.org>',
          'Disposition: manual-action/MDN-sent-manually; displayed/error',
        ),
      ),
    ).toEqual({
      originalMessageIds: ['one@example.org', 'two@example.org', 'three@example.org'],
      disposition: 'displayed',
      finalRecipient: 'bob@example.net',
      text: 'Your message was read.',
    });
  });

  it('falls back to the mail that it answers', async () => {
    const report = await disposition(...mdn('Disposition: automatic-action/MDN-sent-automatically; processed'));
    expect(report).toMatchObject({ originalMessageIds: ['fallback@example.org'], disposition: 'processed' });
  });

  it('is none without a disposition, or as a delivery report', async () => {
    expect(await disposition(...mdn('Original-Message-ID: <one@example.org>'))).toBeUndefined();
    expect(await disposition('From: bob@example.net', '', 'Disposition: x; displayed')).toBeUndefined();
    expect(
      await delivery(...mdn('Original-Message-ID: <one@example.org>', 'Disposition: x; displayed')),
    ).toBeUndefined();
  });
});
