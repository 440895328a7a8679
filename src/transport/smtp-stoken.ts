import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { limits } from '../core/limits.js';
import type { ServerTokens } from './smtp.js';

/*
 * Tokens of submission servers (draft-slusarz-extra-smtp-submission-token): `MAIL FROM:<…> SYNC` and `RCPT TO:<…> STOKEN=… MYSTOKEN=…`.
 * nodemailer knows neither parameters of one's own nor an EHLO after AUTH. What we need of its internals is declared and checked here
 * and nowhere else; with a nodemailer that has them no longer no token is sent, and all else goes on.
 */

type Callback = (error: Error | null, result?: unknown) => void;

interface Refusal extends Error {
  recipient?: string;
  rejectedErrors?: Refusal[];
  responseCode?: number;
}

interface Envelope {
  readonly accepted: string[];
  readonly rejected: string[];
  readonly rejectedErrors: Refusal[];
}

interface Internals {
  _envelope: Envelope;
  readonly _recipientQueue: readonly string[];
  readonly _responseActions: ((reply: string) => void)[];
  _sendCommand(command: string, logged?: string): void;
  _actionRCPT(reply: string, callback: Callback): void;
  _actionSMTPStream(reply: string, callback: Callback): void;
  _formatError(message: string, code: string, reply: string, command: string): Refusal;
}

const METHODS = ['_sendCommand', '_actionRCPT', '_actionSMTPStream', '_formatError'];
const FIELDS = ['_responseActions', '_recipientQueue'];

function hasInternals(connection: SMTPConnection): connection is SMTPConnection & Internals {
  return (
    METHODS.every((name) => typeof Reflect.get(connection, name) === 'function') &&
    FIELDS.every((name) => Array.isArray(Reflect.get(connection, name)))
  );
}

/** What can stand in a command as the value of a parameter (RFC 5321 4.1.2), less the brackets that replies put around a token. */
const TOKEN = /^[!-;?-~]+$/;

/** True for a token that fits into a command, where it cannot become anything else. */
export function isServerToken(token: string): boolean {
  return token.length <= limits.serverTokenChars && TOKEN.test(token);
}

/** The token in a reply `250 2.1.12 <token> …`; undefined if there is none, or none that could ever be sent. */
export function renewedToken(reply: string): string | undefined {
  const token = /^250[ -]2\.1\.12 <([^<>\r\n]*)>(?:[ \r\n]|$)/.exec(reply)?.[1];
  return token !== undefined && isServerToken(token) ? token : undefined;
}

/** The dialogue about tokens over one connection. */
export class TokenDialogue {
  readonly #connection: SMTPConnection & Internals;
  /** Of the message that is just being sent, by recipient. */
  #tokens: ReadonlyMap<string, ServerTokens> = new Map();
  #renewed = new Map<string, string>();

  private constructor(connection: SMTPConnection & Internals) {
    this.#connection = connection;
    const { _sendCommand: send, _actionRCPT: recipient, _actionSMTPStream: finish } = connection;
    connection._sendCommand = (command, logged) => send.call(connection, this.#withParameters(command), logged);
    connection._actionRCPT = (reply, callback) => {
      this.#learn(connection._recipientQueue[0], reply);
      recipient.call(connection, reply, callback);
    };
    connection._actionSMTPStream = (reply, callback) => {
      const { accepted } = connection._envelope;
      const last = (only: string) => finish.call(connection, only, callback);
      if (this.#tokens.size > 0 && accepted.length > 1) this.#repliesFrom(reply, last, callback);
      else {
        this.#learn(accepted[0], reply);
        last(reply);
      }
    };
  }

  /** Asks the server once more what it offers, now that we are logged in (RFC 5321 4.1.4 allows it); undefined if tokens are not among it. */
  static async open(connection: SMTPConnection): Promise<TokenDialogue | undefined> {
    if (!hasInternals(connection)) return undefined;
    const reply = await new Promise<string>((resolve) => {
      connection._responseActions.push(resolve);
      connection._sendCommand('EHLO [127.0.0.1]');
    });
    return /^250[ -]STOKEN\s*$/im.test(reply) ? new TokenDialogue(connection) : undefined;
  }

  /** From here on the commands carry these tokens. */
  begin(tokens: ReadonlyMap<string, ServerTokens>): void {
    this.#tokens = tokens;
    this.#renewed = new Map();
  }

  /** No tokens any more; returns the renewed ones that came, by recipient. */
  end(): ReadonlyMap<string, string> {
    this.#tokens = new Map();
    return this.#renewed;
  }

  #withParameters(command: string): string {
    if (this.#tokens.size === 0) return command;
    if (command.startsWith('MAIL FROM:')) return `${command} SYNC`;
    const address = /^RCPT TO:<([^>]*)>/.exec(command)?.[1];
    const tokens = address === undefined ? undefined : this.#tokens.get(address);
    if (!tokens) return command;
    const own = tokens.own === undefined ? '' : ` MYSTOKEN=${tokens.own}`;
    return `${command} STOKEN=${tokens.held}${own}`;
  }

  /** A token counts only for one that we presented. */
  #learn(recipient: string | undefined, reply: string): void {
    const token = renewedToken(reply);
    if (recipient !== undefined && token !== undefined && this.#tokens.has(recipient))
      this.#renewed.set(recipient, token);
  }

  /**
   * After SYNC a server answers the content once for each recipient that it took, as in LMTP (RFC 2033 4.2). Whether this one does is not
   * said anywhere in the dialogue, and waiting for a reply that never comes would take minutes. So a HELP follows the first reply: its answer
   * looks like no other, and marks the end.
   */
  #repliesFrom(first: string, single: (reply: string) => void, callback: Callback): void {
    const connection = this.#connection;
    const replies = [first];
    const next = (reply: string): void => {
      if (!/^(?:21[14]|50[0-4])/.test(reply) && replies.length <= connection._envelope.accepted.length) {
        replies.push(reply);
        connection._responseActions.push(next);
      } else if (replies.length === 1) single(first);
      else if (replies.length === connection._envelope.accepted.length) this.#settle(replies, callback);
      else callback(connection._formatError('Unexpected Response', 'EPROTOCOL', '', 'DATA'));
    };
    connection._responseActions.push(next);
    connection._sendCommand('HELP');
  }

  /** One reply for each recipient. */
  #settle(replies: readonly string[], callback: Callback): void {
    const connection = this.#connection;
    const { accepted, rejected, rejectedErrors } = connection._envelope;
    const taken = replies.filter((reply) => reply.startsWith('2'));
    accepted.splice(0).forEach((recipient, i) => {
      const reply = replies[i] ?? '';
      if (reply.startsWith('2')) {
        this.#learn(recipient, reply);
        accepted.push(recipient);
        return;
      }
      const error = connection._formatError('Message failed', 'EMESSAGE', reply, 'DATA');
      rejected.push(recipient);
      rejectedErrors.push(Object.assign(error, { recipient }));
    });
    const [success] = taken;
    const reply = success ?? replies.find((other) => other.startsWith('4')) ?? replies[0] ?? '';
    const error = success ? null : connection._formatError('Message failed', 'EMESSAGE', reply, 'RCPT TO');
    callback(error && Object.assign(error, { rejectedErrors }), reply);
  }
}
