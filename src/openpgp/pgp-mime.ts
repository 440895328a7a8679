import type { MailPart, ParsedMail } from '../mail/parsed-mail.js';
import { isArmoredMessage } from './armor.js';

/** Where the encrypted message of a mail stands. */
export interface EncryptedPart {
  /**
   * `pgp-mime`: multipart/encrypted (RFC 3156 4); `rearranged`: the same as Exchange rebuilds it, as multipart/mixed;
   * `inline`: a text that is wholly an armored message.
   */
  readonly form: 'pgp-mime' | 'rearranged' | 'inline';
  /** A mailing list put its footer beside it, which nobody signed. */
  readonly inListWrapper: boolean;
  readonly part: MailPart;
}

/** Where the signed part of a mail stands (RFC 3156 5). */
export interface SignedPart {
  readonly inListWrapper: boolean;
  /** The part that is signed: all that may be shown as such. */
  readonly content: MailPart;
  /** Its octets as they were signed. */
  readonly signed: Uint8Array;
  /** Holds the detached signature. */
  readonly signature: MailPart;
}

/**
 * The encrypted message of a mail, if it is all that the mail has. One that stands beside other parts does not count:
 * joined with them, decrypted text can be sent to an attacker (EFAIL), or be shown as if the whole were encrypted.
 */
export function findEncrypted({ root }: ParsedMail): EncryptedPart | undefined {
  const direct = encryptedIn(root);
  if (direct) return { ...direct, inListWrapper: false };
  const wrapped = listContent(root);
  const inner = wrapped && encryptedIn(wrapped);
  return inner && { ...inner, inListWrapper: true };
}

/** The signed part of a mail, if it is all that the mail has; undefined as well if the mail was not fetched whole. */
export function findSigned({ root }: ParsedMail): SignedPart | undefined {
  const direct = signedIn(root);
  if (direct) return { ...direct, inListWrapper: false };
  const wrapped = listContent(root);
  const inner = wrapped && signedIn(wrapped);
  return inner && { ...inner, inListWrapper: true };
}

function encryptedIn(part: MailPart): Pick<EncryptedPart, 'form' | 'part'> | undefined {
  const { children } = part;
  if (part.contentType === 'multipart/encrypted') {
    const [version, message] = children;
    const isPgp = version?.contentType === 'application/pgp-encrypted' && children.length === 2;
    return isPgp && message ? { form: 'pgp-mime', part: message } : undefined;
  }
  if (part.contentType === 'multipart/mixed') {
    const [empty, version, message] = children;
    const isPgp = version?.contentType === 'application/pgp-encrypted' && children.length === 3;
    if (!isPgp || !message || !empty?.contentType.startsWith('text/')) return undefined;
    return message.contentType === 'application/octet-stream' && isBlank(empty)
      ? { form: 'rearranged', part: message }
      : undefined;
  }
  if (part.contentType !== 'text/plain' || children.length > 0) return undefined;
  return isInline(part) ? { form: 'inline', part } : undefined;
}

/** The cheap question first: this is asked of every mail that is just a text. */
function isInline(part: MailPart): boolean {
  if (!part.text()?.trimStart().startsWith('-----BEGIN PGP MESSAGE-----')) return false;
  // The text may be cut, the content is not.
  const content = part.content();
  return content !== undefined && isArmoredMessage(new TextDecoder('latin1').decode(content));
}

function signedIn(part: MailPart): Omit<SignedPart, 'inListWrapper'> | undefined {
  if (part.contentType !== 'multipart/signed' || part.children.length !== 2) return undefined;
  const [content, signature] = part.children;
  const raw = content?.raw?.();
  if (!content || raw === undefined || signature?.contentType !== 'application/pgp-signature') return undefined;
  return { content, signed: withCrlf(raw), signature };
}

/** What a mailing list or a provider wrapped: one multipart, and one text of theirs in front or behind. */
function listContent({ contentType, children }: MailPart): MailPart | undefined {
  if (contentType !== 'multipart/mixed' || children.length !== 2) return undefined;
  // An inline message beside a text is just two texts.
  const content = children.find((part) => part.contentType.startsWith('multipart/'));
  const footer = children.find((part) => part !== content);
  return footer?.contentType === 'text/plain' && footer.disposition !== 'attachment' ? content : undefined;
}

function isBlank(part: MailPart): boolean {
  const text = part.text() ?? '';
  return (part.contentType === 'text/html' ? text.replace(/<[^<>]{0,1000}>/g, '') : text).trim() === '';
}

const LF = 0x0a;
const CR = 0x0d;

/** The canonical form that is signed (RFC 3156 5): transports and servers change line ends. */
function withCrlf(bytes: Uint8Array): Uint8Array {
  let bare = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === LF && bytes[i - 1] !== CR) bare++;
  if (bare === 0) return bytes;
  const out = new Uint8Array(bytes.length + bare);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === LF && bytes[i - 1] !== CR) out[length++] = CR;
    out[length++] = byte;
  }
  return out;
}
