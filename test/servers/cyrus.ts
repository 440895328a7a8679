import { spawn } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import type { Certificate } from './certificate.js';
import { eventually, freePorts, greeting, run } from './temp.js';

/** A private Cyrus: IMAP with STARTTLS, and LMTP. Its accounts log in with the SASL database below `directory`. */
export interface Cyrus {
  readonly imapPort: number;
  readonly lmtpPort: number;
  addUser(email: string, password: string): Promise<void>;
  close(): Promise<void>;
}

/** Where `install.sh` unpacks the imapd of the Debian package, which cannot be installed beside Dovecot's. */
const IMAPD_DIRECTORY = join(process.cwd(), 'node_modules/.cache/cyrus/usr/lib/cyrus/bin');
const COMMON_DIRECTORY = '/usr/lib/cyrus/bin';

/** Starts Cyrus with configuration and mail below `directory`. Needs root, as Cyrus changes to its own user. */
export async function startCyrus(directory: string, certificate: Certificate): Promise<Cyrus> {
  await access(join(IMAPD_DIRECTORY, 'imapd'));
  const [imapPort = 0, lmtpPort = 0] = await freePorts(2);
  const base = join(directory, 'cyrus');
  for (const name of ['config/socket', 'config/proc', 'config/db', 'spool', 'run']) {
    await mkdir(join(base, name), { recursive: true });
  }
  const sasldb = join(base, 'sasldb2');
  const admin = 'admin';
  await run('saslpasswd2', ['-p', '-c', '-f', sasldb, '-u', 'localhost', admin], 'admin');
  await writeFile(join(base, 'imapd.conf'), imapdConf({ base, sasldb, admin, certificate }));
  await writeFile(join(base, 'cyrus.conf'), cyrusConf({ base, imapPort, lmtpPort }));
  await run('chown', ['-R', 'cyrus:mail', base]);
  await run('chmod', ['755', directory]);
  await run('chown', ['cyrus', certificate.keyFile]);

  const child = spawn(
    join(COMMON_DIRECTORY, 'master'),
    ['-C', join(base, 'imapd.conf'), '-M', join(base, 'cyrus.conf'), '-p', join(base, 'run/master.pid'), '-D'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error('cyrus is not installed', { cause })));
    child.once('exit', (code) => reject(new Error(`cyrus exited with ${code}`)));
  });
  failed.catch(() => {});
  await Promise.race([failed, eventually(() => greeting(imapPort))]);
  return {
    imapPort,
    lmtpPort,
    async addUser(email, password) {
      const [local = '', domain = ''] = email.split('@');
      await run('saslpasswd2', ['-p', '-c', '-f', sasldb, '-u', domain, local], password);
      await run('chown', ['cyrus', sasldb]);
      // The first login makes the mailbox; mail to somebody who never logged in bounces.
      const client = new ImapFlow({
        ...{ host: '127.0.0.1', port: imapPort, secure: false, logger: false },
        ...{ tls: { ca: certificate.cert }, auth: { user: email, pass: password } },
      });
      await client.connect();
      await client.logout();
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function imapdConf(c: { base: string; sasldb: string; admin: string; certificate: Certificate }): string {
  return `configdirectory: ${c.base}/config
defaultpartition: default
partition-default: ${c.base}/spool
cyrus_user: cyrus
admins: ${c.admin}
servername: localhost
virtdomains: userid
defaultdomain: localhost
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
autocreate_post: no
autocreate_inbox_folders: Sent
autocreate_subscribe_folders: Sent
xlist-sent: Sent
specialuse_extra: \\Sent
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${c.sasldb}
sasl_mech_list: PLAIN LOGIN
tls_server_cert: ${c.certificate.certFile}
tls_server_key: ${c.certificate.keyFile}
lmtp_downcase_rcpt: yes
idlesocket: ${c.base}/run/idle
notifysocket: ${c.base}/run/notify
mboxname_lockpath: ${c.base}/run/lock
proc_path: ${c.base}/run/proc
sync_log: no
`;
}

function cyrusConf(c: { base: string; imapPort: number; lmtpPort: number }): string {
  const conf = join(c.base, 'imapd.conf');
  return `START {
  recover cmd="${COMMON_DIRECTORY}/ctl_cyrusdb -C ${conf} -r"
  idled cmd="${IMAPD_DIRECTORY}/idled -C ${conf}"
}
SERVICES {
  imap cmd="${IMAPD_DIRECTORY}/imapd -C ${conf} -U 30" listen="127.0.0.1:${c.imapPort}" prefork=1 maxchild=200
  lmtp cmd="${COMMON_DIRECTORY}/lmtpd -C ${conf} -a" listen="127.0.0.1:${c.lmtpPort}" prefork=1 maxchild=20
}
EVENTS {
  checkpoint cmd="${COMMON_DIRECTORY}/ctl_cyrusdb -C ${conf} -c" period=30
}
`;
}
