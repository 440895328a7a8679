import type { ServerSettings } from '../settings.js';

/** A provider whose servers we know. */
export interface Provider {
  readonly imap: ServerSettings;
  readonly smtp: ServerSettings;
  /** What a user of this provider has to know before the first login. */
  readonly hint?: string;
}

const APP_PASSWORD = 'This provider wants an app password or an access token instead of the account password.';
const TOKEN_ONLY = 'This provider takes access tokens (OAuth 2) only.';
const ENABLE_IMAP = 'IMAP has to be switched on in the settings of the mailbox first.';

const tls = (host: string): ServerSettings => ({ host, port: host.startsWith('smtp') ? 465 : 993, secure: true });
const submission = (host: string): ServerSettings => ({ host, port: 587, secure: false });

/** Both servers with implicit TLS on the usual names. */
function usual(domain: string, hint?: string): Provider {
  return { imap: tls(`imap.${domain}`), smtp: tls(`smtp.${domain}`), ...(hint ? { hint } : {}) };
}

/** With the servers named differently, or submission by STARTTLS. */
function special(imap: string, smtp: ServerSettings, hint?: string): Provider {
  return { imap: { host: imap, port: 993, secure: true }, smtp, ...(hint ? { hint } : {}) };
}

const implicit = (host: string): ServerSettings => ({ host, port: 465, secure: true });

const gmail = usual('gmail.com', APP_PASSWORD);
const microsoft = special('outlook.office365.com', submission('smtp-mail.outlook.com'), TOKEN_ONLY);
const yahoo = special('imap.mail.yahoo.com', implicit('smtp.mail.yahoo.com'), APP_PASSWORD);
const icloud = special('imap.mail.me.com', submission('smtp.mail.me.com'), APP_PASSWORD);
const gmx = special('imap.gmx.net', implicit('mail.gmx.net'), ENABLE_IMAP);
const yandex = usual('yandex.com', APP_PASSWORD);
const mailru = usual('mail.ru', APP_PASSWORD);
const zoho = usual('zoho.com', ENABLE_IMAP);

const BY_DOMAIN: ReadonlyMap<string, Provider> = new Map(
  (
    [
      [['gmail.com', 'googlemail.com'], gmail],
      [
        ['outlook.com', 'outlook.de', 'outlook.fr', 'hotmail.com', 'hotmail.de', 'hotmail.fr', 'hotmail.co.uk'],
        microsoft,
      ],
      [['live.com', 'live.de', 'live.fr', 'live.nl', 'msn.com'], microsoft],
      [
        ['yahoo.com', 'yahoo.de', 'yahoo.fr', 'yahoo.es', 'yahoo.it', 'yahoo.co.uk', 'ymail.com', 'rocketmail.com'],
        yahoo,
      ],
      [['icloud.com', 'me.com', 'mac.com'], icloud],
      [['gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch'], gmx],
      [['gmx.com', 'gmx.co.uk', 'gmx.us'], special('imap.gmx.com', implicit('mail.gmx.com'), ENABLE_IMAP)],
      [['web.de'], special('imap.web.de', submission('smtp.web.de'), ENABLE_IMAP)],
      [['fastmail.com', 'fastmail.fm'], usual('fastmail.com', APP_PASSWORD)],
      [['mailbox.org'], usual('mailbox.org')],
      [['posteo.de', 'posteo.net', 'posteo.org'], special('posteo.de', implicit('posteo.de'))],
      [['zoho.com', 'zohomail.com'], zoho],
      [['zoho.eu', 'zohomail.eu'], usual('zoho.eu', ENABLE_IMAP)],
      [['aol.com'], usual('aol.com', APP_PASSWORD)],
      [['yandex.com', 'yandex.ru', 'ya.ru', 'yandex.by', 'yandex.kz'], yandex],
      [['mail.ru', 'inbox.ru', 'list.ru', 'bk.ru'], mailru],
      [
        ['t-online.de', 'magenta.de'],
        special('secureimap.t-online.de', implicit('securesmtp.t-online.de'), APP_PASSWORD),
      ],
      [['orange.fr', 'wanadoo.fr'], usual('orange.fr')],
      [['free.fr'], usual('free.fr')],
      [['libero.it', 'iol.it', 'inwind.it', 'blu.it'], special('imapmail.libero.it', implicit('smtp.libero.it'))],
      [['freenet.de'], special('mx.freenet.de', submission('mx.freenet.de'))],
      [['seznam.cz', 'email.cz'], usual('seznam.cz')],
      [['qq.com'], usual('qq.com', APP_PASSWORD)],
      [['163.com'], usual('163.com', APP_PASSWORD)],
    ] satisfies [string[], Provider][]
  ).flatMap(([domains, provider]) => domains.map((domain): [string, Provider] => [domain, provider])),
);

const KNOWN_HOSTS = new Set([...BY_DOMAIN.values()].flatMap(({ imap, smtp }) => [imap.host, smtp.host]));

/** The provider of a domain, if it is one of the big ones. */
export function providerOf(domain: string): Provider | undefined {
  return BY_DOMAIN.get(domain);
}

/** True for a server of one of the big providers: a domain that is hosted there may point to it. */
export function isKnownHost(host: string): boolean {
  return KNOWN_HOSTS.has(host);
}
