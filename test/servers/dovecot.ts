import { spawn } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from './certificate.js';
import { eventually, freePorts, greeting, run } from './temp.js';

/** A private Dovecot: IMAP (STARTTLS and implicit TLS), LMTP for incoming mail, and a SASL port for Postfix. */
export interface Dovecot {
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly authPort: number;
  addUser(email: string, password: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Dovecot in the foreground with a configuration of its own below `directory`. `tls: false` offers no STARTTLS, for the bench. */
export async function startDovecot(
  directory: string,
  certificate: Certificate,
  options: { readonly tls?: boolean } = {},
): Promise<Dovecot> {
  const [imapPort = 0, imapsPort = 0, lmtpPort = 0, authPort = 0] = await freePorts(4);
  const base = join(directory, 'dovecot');
  const users = join(base, 'users');
  const mail = join(base, 'mail');
  await mkdir(mail, { recursive: true });
  await writeFile(users, '');
  const own = await identity();
  await chmod(directory, 0o755);
  await chown(mail, own.uid, own.gid);
  const conf = join(base, 'dovecot.conf');
  await writeFile(
    conf,
    configuration({
      tls: options.tls ?? true,
      base,
      users,
      mail,
      certificate,
      own,
      imapPort,
      imapsPort,
      lmtpPort,
      authPort,
    }),
  );

  const child = spawn('dovecot', ['-F', '-c', conf], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error('dovecot is not installed', { cause })));
    child.once('exit', (code) =>
      readFile(join(base, 'log'), 'utf8')
        .catch(() => '')
        .then((log) => reject(new Error(`dovecot exited with ${code}\n${log.slice(-2000)}`))),
    );
  });
  failed.catch(() => {});
  await Promise.race([failed, eventually(() => greeting(imapPort))]);
  return {
    imapPort,
    imapsPort,
    lmtpPort,
    authPort,
    async addUser(email, password) {
      await appendFile(users, `${email}:{PLAIN}${password}\n`);
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Dovecot wants users of its own; without root everything runs as oneself. */
async function identity(): Promise<{ uid: number; gid: number; root: boolean }> {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid !== 0) return { uid, gid, root: false };
  const id = async (flag: string) => Number((await run('id', [flag, 'dovecot'])).trim());
  return { uid: await id('-u'), gid: await id('-g'), root: true };
}

interface Configuration {
  tls: boolean;
  base: string;
  users: string;
  mail: string;
  certificate: Certificate;
  own: { uid: number; gid: number; root: boolean };
  imapPort: number;
  imapsPort: number;
  lmtpPort: number;
  authPort: number;
}

function configuration(c: Configuration): string {
  const unprivileged = c.own.root
    ? ''
    : `default_internal_user = ${process.env.USER ?? c.own.uid}
default_login_user = ${process.env.USER ?? c.own.uid}
default_internal_group = ${c.own.gid}
service anvil { chroot = }
service imap-login { chroot = }
service lmtp { chroot = }`;
  return `base_dir = ${c.base}/run
state_dir = ${c.base}/state
log_path = ${c.base}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = ${c.tls ? 'yes' : 'no'}
ssl_cert = <${c.certificate.certFile}
ssl_key = <${c.certificate.keyFile}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_verbose = yes
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:${c.mail}/%d/%n
mail_uid = ${c.own.uid}
mail_gid = ${c.own.gid}
mail_max_userip_connections = 1000
default_client_limit = 4000
default_vsz_limit = 1G
${unprivileged}
passdb {
  driver = passwd-file
  args = ${c.users}
}
userdb {
  driver = static
  args = uid=${c.own.uid} gid=${c.own.gid} home=${c.mail}/%d/%n
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
}
service imap-login {
  inet_listener imap {
    port = ${c.imapPort}
  }
  inet_listener imaps {
    port = ${c.imapsPort}
    ssl = yes
  }
  service_count = 0
  client_limit = 2000
}
service imap {
  process_limit = 1000
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${c.lmtpPort}
  }
}
service auth {
  inet_listener sasl {
    address = 127.0.0.1
    port = ${c.authPort}
  }
}
protocol imap {
  mail_max_userip_connections = 1000
}
`;
}
