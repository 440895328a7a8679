import type { ParsedMail } from './parsed-mail.js';
import { type DispositionReport, humanText } from './report-fields.js';

/** What Exchange and Outlook put before the subject of the mail that was read. */
const SUBJECT = /^\s*(?:read|gelesen|lu|leído|leido|letto|gelezen|lida|lido)\s*:/i;

/** How their words begin and end, in the languages of {@link SUBJECT}. Between them stand recipient, subject and date of the mail. */
const WORDS =
  /^(?:your message|ihre nachricht|votre message|su mensaje|il messaggio|uw bericht|(?:a )?sua mensagem)\b.{1,1500}?(?:was read on|has been read|wurde am [^\n]{1,60} gelesen|a été lu|se leyó|ha sido leído|è stato letto|is gelezen|foi lida)/is;

/** Characters of the text that are looked at. */
const LOOKED_AT = 2000;

/**
 * Reads a read receipt without a part for programs, as some gateways leave it of those that Exchange sends: subject, words and the answered
 * mail all have to say so, since what is a receipt is not shown.
 */
export function readFreeFormReceipt(mail: ParsedMail): DispositionReport | undefined {
  if (!SUBJECT.test(mail.subject ?? '')) return undefined;
  const about = mail.inReplyTo[0] ?? mail.references.at(-1);
  const text = humanText(mail);
  if (about === undefined || !WORDS.test(text.slice(0, LOOKED_AT).trim())) return undefined;
  return { originalMessageIds: [about], disposition: 'displayed', text };
}
