import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../servers/certificate.js';
import { startDovecot } from '../servers/dovecot.js';
import { startPostfix } from '../servers/postfix.js';
import { run, temporaryDirectory } from '../servers/temp.js';

/** Dovecot and Postfix on loopback, without TLS, so that the bench can see commands go by. */
export interface BenchServers {
  readonly directory: string;
  readonly imapPort: number;
  readonly smtpPort: number;
  addUsers(emails: readonly string[]): Promise<void>;
  /** Puts mails into a user's INBOX as files, before anybody opens it. */
  fillInbox(
    email: string,
    count: number,
    mail: (index: number) => { raw: string; date: number } | Promise<{ raw: string; date: number }>,
  ): Promise<void>;
  close(): Promise<void>;
}

export const DOMAIN = 'bench.example';
export const PASSWORD = 'secret';

/** Starts the servers below a temporary directory. */
export async function startBenchServers(): Promise<BenchServers> {
  const directory = await temporaryDirectory('coi-bench-');
  const certificate = await makeCertificate(directory.path);
  const dovecot = await startDovecot(directory.path, certificate, { tls: false });
  const postfix = await startPostfix(directory.path, certificate, {
    domain: DOMAIN,
    lmtpPort: dovecot.lmtpPort,
    authPort: dovecot.authPort,
  });
  const dovecotIds = async (flag: string) => Number((await run('id', [flag, 'dovecot'])).trim());
  const uid = await dovecotIds('-u');
  const gid = await dovecotIds('-g');
  return {
    directory: directory.path,
    imapPort: dovecot.imapPort,
    smtpPort: postfix.plaintextPort,
    async addUsers(emails) {
      for (const email of emails) await dovecot.addUser(email, PASSWORD);
      await postfix.addUsers(emails);
    },
    async fillInbox(email, count, mail) {
      const local = email.split('@')[0] ?? '';
      const maildir = join(directory.path, 'dovecot/mail', DOMAIN, local);
      for (const folder of ['cur', 'new', 'tmp']) await mkdir(join(maildir, folder), { recursive: true });
      for (let index = 0; index < count; index++) {
        const { raw, date } = await mail(index);
        const bytes = Buffer.from(raw);
        // Dovecot takes INTERNALDATE from the name's first number and sizes from S= and W=.
        const name = `${Math.floor(date / 1000)}.M${String(index).padStart(6, '0')}.bench,S=${bytes.length},W=${bytes.length}:2,`;
        await writeFile(join(maildir, 'cur', name), bytes);
      }
      await run('chown', ['-R', `${uid}:${gid}`, join(directory.path, 'dovecot/mail')]);
      await chown(join(directory.path, 'dovecot/mail'), uid, gid);
    },
    async close() {
      await postfix.close();
      await dovecot.close();
      await directory.remove();
    },
  };
}
