import { normalizeAddress } from '../../directory.js';
import type { Arguments } from '../arguments.js';
import { ImapBad, ImapNo } from '../errors.js';
import type { ImapCommand, ImapSession } from '../session.js';

/** CAPABILITY, NOOP, CHECK, LOGOUT, LOGIN, AUTHENTICATE, ID, ENABLE, NAMESPACE, IDLE. */
export const sessionCommands: Record<string, ImapCommand> = {
  CAPABILITY: {
    state: 'any',
    run(session) {
      session.line(`* CAPABILITY ${session.capabilityList}`);
      return undefined;
    },
  },
  NOOP: { state: 'any', run: () => undefined },
  CHECK: { state: 'selected', run: () => undefined },
  LOGOUT: {
    state: 'any',
    run(session) {
      session.line('* BYE See you');
      session.end();
      return undefined;
    },
  },
  LOGIN: {
    state: 'new',
    run(session, args) {
      const user = args.text('user name');
      const password = args.text('password');
      args.end();
      return logIn(session, user, { password });
    },
  },
  AUTHENTICATE: { state: 'new', run: (session, args, { mechanism }) => authenticate(session, args, mechanism) },
  ID: {
    state: 'any',
    needs: 'id',
    run(session) {
      session.line('* ID ("name" "coi-sdk mail host")');
      return undefined;
    },
  },
  ENABLE: {
    state: 'user',
    needs: 'enable',
    run(session, args) {
      const enabled: string[] = [];
      while (args.more) {
        if (args.text('extension').toUpperCase() !== 'CONDSTORE' || !session.context.capabilities.condstore) continue;
        session.condstore = true;
        enabled.push(' CONDSTORE');
      }
      session.line(`* ENABLED${enabled.join('')}`);
      return undefined;
    },
  },
  NAMESPACE: {
    state: 'user',
    needs: 'namespace',
    run(session) {
      const { prefix, delimiter } = session.mailbox.layout;
      session.line(`* NAMESPACE (("${prefix}" "${delimiter}")) NIL NIL`);
      return undefined;
    },
  },
  IDLE: {
    state: 'user',
    needs: 'idle',
    async run(session) {
      session.line('+ idling');
      const line = await session.readLine({ idle: true });
      if (line.trim().toUpperCase() !== 'DONE') throw new ImapBad('Expected DONE');
      return undefined;
    },
  },
};

/** AUTHENTICATE PLAIN (RFC 4616) and XOAUTH2, with or without initial response (RFC 4959). */
async function authenticate(session: ImapSession, args: Arguments, mechanism: string | undefined): Promise<string> {
  if (mechanism !== 'PLAIN' && mechanism !== 'XOAUTH2') throw new ImapNo('[CANNOT] Unknown mechanism');
  const encoded = args.more ? args.text('initial response') : await challenge(session);
  args.end();
  if (encoded === '*') throw new ImapBad('Cancelled');
  const answer = encoded === '=' ? '' : Buffer.from(encoded, 'base64').toString();
  if (mechanism === 'PLAIN') {
    const [, name = '', password = ''] = answer.split('\0');
    return logIn(session, name, { password });
  }
  const fields = answer.split('\x01');
  const name = fields.find((field) => field.startsWith('user='))?.slice(5) ?? '';
  const accessToken = fields.find((field) => field.startsWith('auth=Bearer '))?.slice(12) ?? '';
  return logIn(session, name, { accessToken });
}

function challenge(session: ImapSession): Promise<string> {
  session.line('+ ');
  return session.readLine();
}

function logIn(
  session: ImapSession,
  name: string,
  credentials: { password: string } | { accessToken: string },
): string {
  const { directory, plan } = session.context;
  const user = directory.authenticate(name, credentials);
  if (!user || plan.rejectsLogin(normalizeAddress(user.email))) {
    throw new ImapNo('[AUTHENTICATIONFAILED] Wrong user name or password');
  }
  session.logIn(user);
  return `[CAPABILITY ${session.capabilityList}] Logged in`;
}
