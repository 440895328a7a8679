import type { Peer, Script } from './scripted-server.js';

/** Replies by command (`MAIL`, `RCPT`, `DATA`, `.` for the end of the content, …); functions get the whole line. */
export type Replies = Record<string, string | ((line: string, peer: Peer) => string | undefined)>;

const DEFAULTS: Replies = {
  EHLO: '250-mail.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 100000\r\n250 AUTH PLAIN XOAUTH2',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  '.': '250 2.0.0 queued as 1',
  RSET: '250 2.0.0 ok',
  QUIT: '221 2.0.0 bye',
};

/** An SMTP server from canned replies. */
export function smtpScript(replies: Replies = {}, greeting = '220 mail.example.org ESMTP'): () => Script {
  return () => {
    let content = false;
    return {
      greet: (peer) => peer.send(`${greeting}\r\n`),
      line(line, peer) {
        if (content && line !== '.') return;
        const name = content ? '.' : (line.split(' ')[0] ?? '').toUpperCase();
        content = false;
        const reply = replies[name] ?? DEFAULTS[name] ?? '500 5.5.1 what?';
        const text = typeof reply === 'function' ? reply(line, peer) : reply;
        if (text === undefined) return;
        if (text.startsWith('354')) content = true;
        peer.send(`${text}\r\n`);
        if (name === 'QUIT') peer.socket.end();
      },
    };
  };
}
