import type { Peer, Script } from './scripted-server.js';

/** What an {@link imapScript} answers to one command: lines without line break (`%` is the tag), or a function. */
export type Answer =
  | readonly string[]
  | ((peer: Peer, command: { tag: string; args: string }) => readonly string[] | undefined);

export const CAPABILITIES =
  'IMAP4rev1 AUTH=PLAIN SASL-IR ID ENABLE IDLE CONDSTORE UIDPLUS MOVE ESEARCH NAMESPACE LITERAL+ SPECIAL-USE';

/** Answers of a well-behaved server with one folder; tests replace some. */
const DEFAULTS: Record<string, Answer> = {
  CAPABILITY: [`* CAPABILITY ${CAPABILITIES}`, '% OK'],
  ID: ['* ID NIL', '% OK'],
  AUTHENTICATE: (peer) => {
    peer.send('+ \r\n');
    return undefined;
  },
  LOGIN: ['% OK'],
  NAMESPACE: ['* NAMESPACE (("" "/")) NIL NIL', '% OK'],
  ENABLE: ['* ENABLED CONDSTORE', '% OK'],
  LIST: ['* LIST (\\HasNoChildren) "/" INBOX', '* LIST (\\HasNoChildren \\Sent) "/" Sent', '% OK'],
  LSUB: ['* LSUB () "/" INBOX', '% OK'],
  SELECT: select(3, 4, 10),
  EXAMINE: select(3, 4, 10),
  NOOP: ['% OK'],
  IDLE: (peer) => {
    peer.send('+ idling\r\n');
    return undefined;
  },
  LOGOUT: ['* BYE see you', '% OK'],
};

/** Answer to SELECT. */
export function select(exists: number, uidNext: number, modSeq: number, uidValidity = 77): string[] {
  return [
    '* FLAGS (\\Seen \\Deleted $Chat)',
    '* OK [PERMANENTFLAGS (\\Seen \\Deleted $Chat \\*)] ok',
    `* ${exists} EXISTS`,
    `* OK [UIDVALIDITY ${uidValidity}] ok`,
    `* OK [UIDNEXT ${uidNext}] ok`,
    `* OK [HIGHESTMODSEQ ${modSeq}] ok`,
    '% OK [READ-WRITE] done',
  ];
}

/**
 * An IMAP server from canned answers by command name (`UID FETCH`, `SELECT`, …). Literals in commands are non-synchronising
 * (LITERAL+ is announced) and arrive as further lines, which are ignored.
 */
export function imapScript(answers: Record<string, Answer> = {}, greeting = '* OK ready'): () => Script {
  return () => {
    let idle: string | undefined;
    let auth: string | undefined;
    return {
      greet: (peer) => peer.send(`${greeting}\r\n`),
      line(line, peer) {
        if (idle !== undefined) {
          if (line === 'DONE') {
            peer.send(`${idle} OK idle done\r\n`);
            idle = undefined;
          }
          return;
        }
        if (auth !== undefined) {
          const refused = answers.AUTH;
          const lines = Array.isArray(refused) ? (refused as string[]) : ['% OK'];
          peer.send(`${lines.map((entry) => entry.replace('%', auth ?? '')).join('\r\n')}\r\n`);
          auth = undefined;
          return;
        }
        const match = /^([0-9A-F]+) ((?:UID )?[A-Z]+) ?(.*)$/.exec(line);
        if (!match) return;
        const [, tag = '', name = '', args = ''] = match;
        const answer = answers[name] ?? DEFAULTS[name] ?? ['% OK'];
        const lines = typeof answer === 'function' ? answer(peer, { tag, args }) : answer;
        if (name === 'IDLE' && !lines) idle = tag;
        if (name === 'AUTHENTICATE' && !lines) auth = tag;
        if (lines?.length) peer.send(`${lines.map((entry) => entry.replace('%', tag)).join('\r\n')}\r\n`);
      },
    };
  };
}
