import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from './certificate.js';
import { eventually, freePorts, greeting, run } from './temp.js';

/** A private Postfix: submission with STARTTLS and implicit TLS, delivering everything by LMTP. */
export interface Postfix {
  readonly submissionPort: number;
  readonly submissionsPort: number;
  /** Port without authentication, where mail "from outside" comes in. */
  readonly inboundPort: number;
  /** Submission without TLS, for the bench. */
  readonly plaintextPort: number;
  addUser(email: string): Promise<void>;
  addUsers(emails: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Options of {@link startPostfix}. */
export interface PostfixOptions {
  readonly domain: string;
  readonly lmtpPort: number;
  /** Dovecot's SASL port. */
  readonly authPort: number;
  /** Recipients that one transaction takes. Default: Postfix's own, 1000. */
  readonly recipientLimit?: number;
}

/** Starts Postfix with configuration, queue and data below `directory`. Needs root, as Postfix always does. */
export async function startPostfix(
  directory: string,
  certificate: Certificate,
  options: PostfixOptions,
): Promise<Postfix> {
  if (process.getuid?.() !== 0) throw new Error('Postfix can only be started by root');
  const [submissionPort = 0, submissionsPort = 0, inboundPort = 0, plaintextPort = 0] = await freePorts(4);
  const base = join(directory, 'postfix');
  const conf = join(base, 'conf');
  const queue = join(base, 'queue');
  const data = join(base, 'data');
  for (const path of [conf, queue, data]) await mkdir(path, { recursive: true });
  await run('chown', ['postfix', data]);
  const mailboxes = join(conf, 'mailboxes');
  const known: string[] = [];
  const writeMailboxes = async () => {
    await writeFile(mailboxes, known.map((email) => `${email} OK\n`).join(''));
  };
  await writeFile(mailboxes, '');
  await writeFile(join(conf, 'main.cf'), mainCf({ queue, data, mailboxes, certificate, base, ...options }));
  await writeFile(join(conf, 'master.cf'), masterCf({ submissionPort, submissionsPort, inboundPort, plaintextPort }));

  await run('postfix', ['-c', conf, 'check']);
  const sbin = (await run('postconf', ['-c', conf, '-h', 'daemon_directory'])).trim();
  const child = spawn(join(sbin, 'master'), ['-c', conf, '-d'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code) =>
      readFile(join(base, 'log'), 'utf8')
        .catch(() => '')
        .then((log) => reject(new Error(`postfix exited with ${code}\n${log.slice(-2000)}`))),
    );
  });
  failed.catch(() => {});
  await Promise.race([failed, eventually(() => greeting(submissionPort))]);
  const addUsers = async (emails: readonly string[]) => {
    known.push(...emails);
    await writeMailboxes();
    // A texthash table is read once per process.
    await run('postfix', ['-c', conf, 'reload']);
    await eventually(() => greeting(submissionPort));
  };
  return {
    submissionPort,
    submissionsPort,
    inboundPort,
    plaintextPort,
    addUser: (email) => addUsers([email]),
    addUsers,
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

interface MainCf extends PostfixOptions {
  queue: string;
  data: string;
  base: string;
  mailboxes: string;
  certificate: Certificate;
}

function mainCf(c: MainCf): string {
  return `compatibility_level = 3.6
queue_directory = ${c.queue}
data_directory = ${c.data}
maillog_file = ${c.base}/log
maillog_file_prefixes = ${c.base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.${c.domain}
mydestination =
mynetworks =
virtual_mailbox_domains = ${c.domain}
virtual_mailbox_maps = texthash:${c.mailboxes}
virtual_transport = lmtp:inet:127.0.0.1:${c.lmtpPort}
default_transport = error:5.1.2 no mail leaves this host
smtpd_tls_cert_file = ${c.certificate.certFile}
smtpd_tls_key_file = ${c.certificate.keyFile}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${c.authPort}
smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_delay_reject = yes
smtpd_recipient_limit = ${c.recipientLimit ?? 1000}
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_error_sleep_time = 0
minimal_backoff_time = 5s
maximal_backoff_time = 5s
queue_run_delay = 5s
biff = no
`;
}

function masterCf(
  ports: Record<'submissionPort' | 'submissionsPort' | 'inboundPort' | 'plaintextPort', number>,
): string {
  const require = '-o smtpd_client_restrictions=permit_sasl_authenticated,reject';
  return `127.0.0.1:${ports.submissionPort} inet n - n - - smtpd
  -o smtpd_tls_auth_only=yes ${require}
127.0.0.1:${ports.submissionsPort} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes ${require}
127.0.0.1:${ports.plaintextPort} inet n - n - - smtpd
  -o smtpd_tls_security_level=none ${require}
127.0.0.1:${ports.inboundPort} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=no
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}
