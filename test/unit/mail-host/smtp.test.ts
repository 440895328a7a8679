import { MailHost, ManualClock } from 'coi-sdk/testing';
import { describe, expect, it, vi } from 'vitest';
import { mail, mailer, startHost } from './support.js';

const to = (address: string | string[], more: object = {}) => ({
  envelope: { from: 'ada@example.org', to: address },
  raw: mail({ From: 'ada@example.org', To: [address].flat().join(', ') }),
  ...more,
});

describe('submission', () => {
  it('delivers to users and aliases, once each, with trace headers', async () => {
    const clock = new ManualClock(Date.UTC(2026, 4, 6, 7, 8, 9));
    const host = await startHost({ clock });
    const message = to(['bob@example.org', 'countess@example.org', 'ADA@EXAMPLE.ORG']);
    const info = await mailer(host).sendMail(message);
    expect(info.response).toMatch(/^250 2\.0\.0/);
    const [received, ...more] = host.mailbox('bob@example.org').folder('INBOX').messages;
    expect(more).toEqual([]);
    expect(host.mailbox('ada@example.org').folder('INBOX').messages).toHaveLength(1);
    expect(received?.header('return-path')).toBe('<ada@example.org>');
    expect(received?.header('received')).toContain('by mail.example.org');
    expect(received?.raw.toString().endsWith(message.raw)).toBe(true);
    expect(received?.internalDate).toBe(clock.now());
    expect(host.sent).toHaveLength(1);
    expect(host.sent[0]).toMatchObject({
      user: 'ada@example.org',
      from: 'ada@example.org',
      to: ['bob@example.org', 'countess@example.org', 'ADA@example.org'],
      date: clock.now(),
    });
    expect(host.sent[0]?.raw.toString()).toBe(message.raw);
  });

  it('takes PLAIN, LOGIN and XOAUTH2', async () => {
    const host = await startHost();
    const user = 'ada@example.org';
    for (const method of ['PLAIN', 'LOGIN']) {
      expect(await mailer(host, user, { user, pass: 'secret', method }).verify()).toBe(true);
    }
    expect(await mailer(host, user, { type: 'OAuth2', user, accessToken: 'token' }).verify()).toBe(true);
    await expect(mailer(host, user, { user, pass: 'wrong' }).verify()).rejects.toMatchObject({
      code: 'EAUTH',
      responseCode: 535,
    });
    await expect(mailer(host, user, { type: 'OAuth2', user, accessToken: 'old' }).verify()).rejects.toThrow();
  });

  it('refuses unknown recipients, foreign senders and large messages', async () => {
    const host = await startHost({ maxMessageBytes: 5000 });
    const transport = mailer(host);
    const partly = await transport.sendMail(to(['bob@example.org', 'nobody@example.org']));
    expect(partly.accepted).toEqual(['bob@example.org']);
    expect(partly.rejectedErrors?.[0]).toMatchObject({ responseCode: 550 });
    expect(partly.rejectedErrors?.[0]?.response).toMatch(/^550 5\.1\.1 /);
    await expect(
      transport.sendMail({ ...to('bob@example.org'), envelope: { from: 'bob@example.org', to: ['ada@example.org'] } }),
    ).rejects.toMatchObject({ responseCode: 553 });
    const large = mail({}, 'x'.repeat(6000));
    await expect(transport.sendMail({ ...to('bob@example.org'), raw: large })).rejects.toMatchObject({
      responseCode: 552,
    });
    expect(host.mailbox('bob@example.org').folder('INBOX').messages).toHaveLength(1);
  });

  it('takes no more recipients at once than it is told', async () => {
    const host = await startHost();
    const all = host.faults.limitRecipients(1);
    const info = await mailer(host).sendMail(to(['bob@example.org', 'countess@example.org']));
    expect(info.accepted).toEqual(['bob@example.org']);
    expect(info.rejectedErrors?.[0]).toMatchObject({ responseCode: 452, recipient: 'countess@example.org' });
    all();
    expect((await mailer(host).sendMail(to(['bob@example.org', 'countess@example.org']))).rejected).toEqual([]);
  });

  it('takes addresses in other scripts, and any bytes', async () => {
    const host = await startHost();
    host.addUser('jörg@bücher.example', 'secret');
    const raw = Buffer.concat([
      Buffer.from(mail({ From: 'ada@example.org' }, '')),
      Buffer.from([0xe9, 13, 10, 46, 13, 10]),
    ]);
    await mailer(host).sendMail({ envelope: { from: 'ada@example.org', to: ['jörg@xn--bcher-kva.example'] }, raw });
    const [received] = host.mailbox('jörg@bücher.example').folder('INBOX').messages;
    expect(received?.raw.subarray(-6)).toEqual(Buffer.from([0xe9, 13, 10, 46, 13, 10]));
  });

  it('drops mail to other domains, or bounces it', async () => {
    const dropping = await startHost();
    await mailer(dropping).sendMail(to('x@elsewhere.example'));
    expect(dropping.mailbox('ada@example.org').folder('INBOX').messages).toEqual([]);
    const bouncing = await startHost({ otherDomains: 'bounce' });
    await mailer(bouncing).sendMail(to(['x@elsewhere.example', 'bob@example.org']));
    const [report] = bouncing.mailbox('ada@example.org').folder('INBOX').messages;
    expect(report?.header('return-path')).toBe('<>');
    expect(report?.header('content-type')).toContain('report-type=delivery-status');
    expect(report?.raw.toString()).toContain('Final-Recipient: rfc822; x@elsewhere.example');
    expect(bouncing.mailbox('bob@example.org').folder('INBOX').messages).toHaveLength(1);
  });

  it('bounces mail to an address made for that', async () => {
    const host = await startHost();
    host.addBouncingAddress('gone@example.org');
    await mailer(host).sendMail({ ...to('gone@example.org'), raw: mail({ 'Message-ID': '<lost@example.org>' }) });
    const text = host.mailbox('ada@example.org').folder('INBOX').messages[0]?.raw.toString();
    expect(text).toMatch(/^Status: 5\.1\.1\r$/m);
    expect(text).toMatch(/^Message-ID: <lost@example\.org>\r$/m);
  });
});

describe('MailHost', () => {
  it('refuses unknown options, users twice, and strangers, by name', async () => {
    await expect(MailHost.start({ domian: 'x' } as never)).rejects.toThrow('Did you mean "domain"');
    await expect(MailHost.start({ capabilities: { idel: false } } as never)).rejects.toThrow('unknown option "idel"');
    const host = await startHost();
    expect(() => host.addUser('countess@EXAMPLE.org')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => host.addUser('nonsense')).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }));
    expect(() => host.settings('nobody@example.org')).toThrow("addUser('nobody@example.org')");
    expect(() => host.mailbox('ada@example.org').folder('Nowhere')).toThrow('INBOX, Drafts, Junk, Sent, Trash');
    expect(() => host.deliver(mail({ To: 'x@elsewhere.example' }))).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  it('delivers to those in To and Cc, or to whom it is told', async () => {
    const host = await startHost();
    const inbox = (email: string) => host.mailbox(email).folder('INBOX').messages;
    host.deliver('To: "A" <ada@example.org>,\n x@example.net\nCc: Bob <bob@example.org>\n\nbody\n');
    expect(inbox('ada@example.org')[0]?.raw.toString()).toContain('\r\n\r\nbody\r\n');
    expect(inbox('bob@example.org')).toHaveLength(1);
    const bytes = Buffer.from('bare\nlines');
    host.deliver(bytes, { to: 'bob@example.org', flags: ['\\Seen'], internalDate: 5 });
    expect(inbox('bob@example.org')[1]).toMatchObject({ raw: bytes, internalDate: 5, flags: new Set(['\\Seen']) });
  });

  it('lets a test wait for what it expects', async () => {
    const host = await startHost();
    const inbox = host.mailbox('bob@example.org').folder('INBOX');
    const arrived = inbox.until(({ messages }) => messages.length === 1);
    await mailer(host).sendMail(to('bob@example.org'));
    await arrived;
    const never = inbox.until(() => false, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(never).rejects.toThrow('enough');
  });

  it('says which package is missing', async () => {
    vi.doMock('smtp-server', () => {
      throw new Error('not installed');
    });
    try {
      await expect(MailHost.start()).rejects.toMatchObject({
        code: 'PEER_DEPENDENCY_MISSING',
        message: expect.stringContaining('npm install smtp-server'),
      });
    } finally {
      vi.doUnmock('smtp-server');
    }
  });

  it('is closed by `await using`, twice without harm', async () => {
    let port = 0;
    {
      await using host = await MailHost.start();
      port = host.imap.port;
      await host.close();
    }
    const { createConnection } = await import('node:net');
    const code = await new Promise((resolve) =>
      createConnection(port, '127.0.0.1').once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    );
    expect(code).toBe('ECONNREFUSED');
  });
});
