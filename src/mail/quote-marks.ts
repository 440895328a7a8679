/**
 * How mail programs introduce what they quote, in the languages that most of them write. Each check looks at a bounded
 * number of lines of bounded length, so that a scan over a whole text stays linear.
 */

/** Longest introduction; programs wrap it over up to three lines. */
const MAX_CHARS = 400;
const MAX_LINES = 3;

const WROTE =
  /(?:\bwrote|\bwrites|schrieb|écrit|escribió|ha scritto|schreef|geschreven|escreveu|napisał|\bskrev|пишет|писал|kirjoitti|napsal|yazdı|のメール|書きました|書き込みました|写道|寫道|님이 작성)/iu;

const ORIGINAL = [
  'Original Message',
  'Original-Nachricht',
  'Originalnachricht',
  'Ursprüngliche Nachricht',
  "Message d'origine",
  'Message d’origine',
  'Message original',
  'Mensaje original',
  'Messaggio originale',
  'Oorspronkelijk bericht',
  'Mensagem original',
  'Wiadomość oryginalna',
  'Oryginalna wiadomość',
  'Ursprungligt meddelande',
  'Originalmeddelande',
  'Oprindelig meddelelse',
  'Opprinnelig melding',
  'Alkuperäinen viesti',
  'Исходное сообщение',
  'Původní zpráva',
  '元のメッセージ',
  '原始邮件',
  '原始郵件',
];

const FORWARDED = [
  'Forwarded message',
  'Forwarded Message',
  'Weitergeleitete Nachricht',
  'Message transféré',
  'Mensaje reenviado',
  'Messaggio inoltrato',
  'Doorgestuurd bericht',
  'Mensagem encaminhada',
  'Mensagem reencaminhada',
  'Wiadomość przekazana dalej',
  'Vidarebefordrat meddelande',
  'Пересылаемое сообщение',
  '転送メッセージ',
  '转发的邮件',
];

const APPLE_FORWARDED =
  /^(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message réexpédié|Inicio del mensaje reenviado|Inizio messaggio inoltrato|Begin doorgestuurd bericht|Início da mensagem reencaminhada):$/i;

const FIELD_NAMES = {
  from: 'From|Von|De|Da|Van|Od|Från|Fra|Från|От|От кого|Lähettäjä|差出人|发件人|寄件者',
  sent: 'Sent|Date|Gesendet|Datum|Envoyé|Enviado el|Enviado|Fecha|Inviato|Verzonden|Enviada em|Enviada|Data|Wysłano|Skickat|Sendt|Отправлено|Дата|Lähetetty|送信日時|日時|发送时间|日期|寄件日期',
  to: 'To|An|À|Para|A|Aan|Do|Till|Til|Кому|Vastaanottaja|宛先|收件人|收件者',
  subject: 'Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Temat|Ämne|Emne|Тема|Aihe|件名|主题|主旨',
};
const [FROM, SENT, TO, SUBJECT] = [FIELD_NAMES.from, FIELD_NAMES.sent, FIELD_NAMES.to, FIELD_NAMES.subject].map(
  (names) => new RegExp(`^\\s{0,9}\\*?(?:${names})\\s?(?:\\*\\s?[:：]|[:：]\\*?)\\s?\\S`, 'iu'),
);

const DIVIDER = /^\s{0,9}-{2,20}\s{0,9}([^-\n]{5,40}?)\s{0,9}-{2,20}\s{0,9}$/;
const RULE = /^\s{0,9}[_-]{5,80}\s{0,9}$/;

/** `-----Original Message-----` in any of the languages. */
export function isOriginalDivider(line: string): boolean {
  return isDivider(line, ORIGINAL);
}

/** A line above a message that somebody forwards with a plain mail program: what follows is meant to be read. */
export function isForwardDivider(line: string): boolean {
  return isDivider(line, FORWARDED) || (line.length < 80 && APPLE_FORWARDED.test(line.trim()));
}

/** A line of just underscores or dashes. */
export function isRule(line: string): boolean {
  return line.length < 100 && RULE.test(line);
}

/**
 * The header block that Outlook puts above what it quotes (`From:`, `Sent:`, `To:`, `Subject:`), beginning at this line.
 *
 * @returns Index behind its last line, or undefined.
 */
export function headerBlockEnd(lines: readonly string[], start: number): number | undefined {
  if (!matches(FROM, lines[start])) return undefined;
  const found = { sent: false, other: false };
  let end: number | undefined;
  for (let i = start + 1; i < Math.min(lines.length, start + 9); i++) {
    const line = lines[i];
    if (matches(SENT, line)) found.sent = true;
    else if (matches(TO, line) || matches(SUBJECT, line)) found.other = true;
    else continue;
    end = i + 1;
  }
  return found.sent && found.other ? end : undefined;
}

/**
 * `On … somebody wrote:` that ends at this line.
 *
 * @param strict No quote marks follow, so that a date and an address or year have to prove it.
 * @returns Index of its first line, or undefined.
 */
export function attributionStart(lines: readonly string[], last: number, strict: boolean): number | undefined {
  if (!/[:：]\*?$/.test((lines[last] ?? '').slice(-40).trimEnd())) return undefined;
  let text = '';
  let shortest: number | undefined;
  // A line that was wrapped has its beginning further up: `On Friday, 20 November` / `2026, Bob wrote:`.
  for (let first = last; first >= 0 && last - first < MAX_LINES; first--) {
    const line = (lines[first] ?? '').slice(0, MAX_CHARS + 1).trim();
    text = `${line} ${text}`;
    if (line === '' || text.length > MAX_CHARS) break;
    if (!isAttribution(text, strict)) continue;
    if (OPENING.test(text)) return first;
    shortest ??= first;
  }
  return shortest;
}

const OPENING = /^(?:(?:On|Am|Le|El|Il|Op|Em|No dia|W dniu|Dnia|Den|På) .*\d|A \d|\d{1,4}[./年-])/u;

function isAttribution(text: string, strict: boolean): boolean {
  const wrote = WROTE.test(text);
  const address = /<[^<>\s]{1,200}@[^<>\s]{1,200}>/.test(text);
  if (!strict) return wrote || (address && /\d/.test(text));
  return wrote && /\d/.test(text) && (text.includes('@') || /(?:19|20)\d\d/.test(text));
}

function isDivider(line: string, words: readonly string[]): boolean {
  if (line.length > 100) return false;
  const word = DIVIDER.exec(line)?.[1]?.toLowerCase();
  return word !== undefined && words.some((known) => known.toLowerCase() === word);
}

function matches(pattern: RegExp | undefined, line: string | undefined): boolean {
  return pattern !== undefined && line !== undefined && pattern.test(line);
}
