/** What a server says about itself after EHLO (RFC 9422); missing: it says nothing. */
export interface SmtpServerLimits {
  /** RCPTMAX: recipients of one transaction. */
  readonly recipients?: number;
  /** MAILMAX: messages over one connection. */
  readonly mails?: number;
}

/** Reads the LIMITS line of a reply to EHLO. Limits that nobody could keep to (0) or read count as not said. */
export function serverLimits(ehlo: string): SmtpServerLimits {
  const words = /^250[ -]LIMITS[ \t]+(.{1,998})$/im.exec(ehlo)?.[1]?.split(/[ \t\r]+/) ?? [];
  const recipients = limitOf(words, 'RCPTMAX');
  const mails = limitOf(words, 'MAILMAX');
  return { ...(recipients !== undefined && { recipients }), ...(mails !== undefined && { mails }) };
}

function limitOf(words: readonly string[], name: string): number | undefined {
  const value = words.find((word) => word.toUpperCase().startsWith(`${name}=`))?.slice(name.length + 1);
  return value !== undefined && /^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined;
}
