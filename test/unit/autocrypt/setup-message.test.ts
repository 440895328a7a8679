import { beforeAll, describe, expect, it } from 'vitest';
import { newSetupCode, normalizeSetupCode } from '../../../src/autocrypt/setup-code.js';
import {
  openSetupMessage,
  readSetupMessage,
  type SetupMessage,
  type WrittenSetupMessage,
  writeSetupMessage,
} from '../../../src/autocrypt/setup-message.js';
import type { ParsedMail } from '../../../src/mail/parsed-mail.js';
import { readMail } from '../../../src/mail/read-mail.js';
import { lockKey } from '../../../src/openpgp/keys.js';
import { encryptWithPassphrase } from '../../../src/openpgp/passphrase.js';
import { ME, mail, NOW, type Person, person } from './people.js';
import { GNUPG_SETUP } from './setup-vector.js';

let me: Person;
let written: WrittenSetupMessage;
let parsed: ParsedMail;
beforeAll(async () => {
  me = await person(ME);
  written = await writeSetupMessage({ address: ME, key: me.key, preferEncrypt: 'mutual', now: NOW });
  parsed = await readMail(written.mail);
});

function coded(code: string) {
  return expect.objectContaining({ code });
}

function found(from: ParsedMail = parsed): SetupMessage {
  const message = readSetupMessage(from, [ME]);
  if (message === undefined) throw new Error('not recognised');
  return message;
}

/** A setup message around some payload. */
async function setupOf(payload: string): Promise<SetupMessage> {
  return { address: ME, isNumeric: true, encrypted: await encryptWithPassphrase(payload, written.code) };
}

/** A mail in the form of a setup message, with parts of it changed. */
function setupMail(changes: { from?: string; to?: string; version?: string; parts?: string; type?: string } = {}) {
  const setup =
    'Content-Type: application/autocrypt-setup\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nAAAA\r\n-----END PGP MESSAGE-----';
  const parts = changes.parts ?? `--x\r\nContent-Type: text/plain\r\n\r\nHi\r\n--x\r\n${setup}\r\n--x--`;
  return mail({
    from: changes.from ?? ME,
    to: changes.to ?? ME,
    fields: [['Autocrypt-Setup-Message', changes.version ?? 'v1']],
    type: `${changes.type ?? 'multipart/mixed'}; boundary=x`,
    body: parts,
  });
}

describe('setup code', () => {
  it('has nine blocks of four digits, all of them equally likely', () => {
    expect(newSetupCode()).toMatch(/^(\d{4}-){8}\d{4}$/);
    const digits = newSetupCode((length) => Uint8Array.from({ length }, (_, i) => 249 + (i % 3)));
    // 250 and 251 are thrown away.
    expect(digits).toBe(Array.from({ length: 9 }, () => '9999').join('-'));
  });

  it.each([
    ['1234 5678 1234 5678 1234 5678 1234 5678 1234'],
    ['123456781234567812345678123456781234'],
    ['1234-5678-1234-\n5678–1234–5678—1234.5678,1234 '],
  ])('typed as %j gets its dashes', (typed) => {
    expect(normalizeSetupCode(typed)).toBe('1234-5678-1234-5678-1234-5678-1234-5678-1234');
  });

  it('of another form is taken as it is', () => {
    expect(normalizeSetupCode(' correct horse ')).toBe('correct horse');
  });
});

describe('writeSetupMessage', () => {
  it('makes a mail from and to oneself in the form of the standard', () => {
    expect(parsed.headers.get('Autocrypt-Setup-Message')).toBe('v1');
    expect(parsed.from).toEqual([{ address: ME }]);
    expect(parsed.to).toEqual([{ address: ME }]);
    expect(parsed.messageId).toBe(written.messageId);
    expect(parsed.date).toBe(NOW);
    expect(parsed.root.contentType).toBe('multipart/mixed');
    expect(parsed.root.children.map((part) => part.contentType)).toEqual(['text/plain', 'application/autocrypt-setup']);
    expect(parsed.root.children[1]?.disposition).toBe('attachment');
    expect(parsed.problems).toEqual([]);
  });

  it('names the form and the beginning of the code, and keeps the rest of it out', () => {
    const message = found();
    expect(message).toMatchObject({ address: ME, date: NOW, isNumeric: true, codeBegin: written.code.slice(0, 2) });
    expect(message.encrypted).toMatch(
      /^-----BEGIN PGP MESSAGE-----\nPassphrase-Format: numeric9x4\nPassphrase-Begin: \d\d\n\n/,
    );
    const content = new TextDecoder().decode(parsed.root.children[1]?.content());
    expect(new TextDecoder().decode(written.mail) + content).not.toContain(written.code.slice(3, 9));
  });

  it('refuses a locked key', async () => {
    const key = await lockKey(me.key, 'secret');
    await expect(writeSetupMessage({ address: ME, key, preferEncrypt: 'mutual', now: NOW })).rejects.toEqual(
      coded('KEY_LOCKED'),
    );
  });
});

describe('openSetupMessage', () => {
  it.each([
    ['as it is', (code: string) => code],
    ['with blanks', (code: string) => ` ${code.replaceAll('-', ' ')}`],
    ['without dashes', (code: string) => code.replaceAll('-', '')],
  ])('takes the code %s', async (_, type) => {
    const { key, preferEncrypt } = await openSetupMessage(found(), type(written.code));
    expect(key.fingerprint).toBe(me.fingerprint);
    expect(key.locked).toBe(false);
    expect(preferEncrypt).toBe('mutual');
  });

  it('opens what GnuPG has encrypted', async () => {
    const { key, preferEncrypt } = await openSetupMessage({ ...GNUPG_SETUP, isNumeric: true }, GNUPG_SETUP.code);
    expect(key.fingerprint).toBe(GNUPG_SETUP.fingerprint);
    expect(preferEncrypt).toBe('mutual');
  });

  it('refuses damaged armor', async () => {
    const encrypted = '-----BEGIN PGP MESSAGE-----\n-----END PGP MESSAGE-----';
    await expect(openSetupMessage({ ...found(), encrypted }, written.code)).rejects.toEqual(
      coded('SETUP_MESSAGE_INVALID'),
    );
  });

  it('refuses a wrong code', async () => {
    const last = written.code.endsWith('1') ? '2' : '1';
    const wrong = written.code.slice(0, -1) + last;
    await expect(openSetupMessage(found(), wrong)).rejects.toEqual(coded('SETUP_CODE_WRONG'));
    await expect(openSetupMessage(found(), '')).rejects.toEqual(coded('SETUP_CODE_WRONG'));
    const gnupg = { ...GNUPG_SETUP, isNumeric: true };
    await expect(openSetupMessage(gnupg, written.code)).rejects.toEqual(coded('SETUP_CODE_WRONG'));
  });

  it.each([
    ['nothing', () => ''],
    ['something else in front of the key', () => `Here is your key\n${me.key.armored()}`],
    ['a public key', () => me.key.toPublic().armored()],
    ['a damaged key', () => me.key.armored().replace(/\n\n.{20}/, '\n\nAAAAAAAAAAAAAAAAAAAA')],
  ])('refuses %s inside', async (_, payload) => {
    await expect(openSetupMessage(await setupOf(payload()), written.code)).rejects.toEqual(
      coded('SETUP_MESSAGE_INVALID'),
    );
  });

  it('refuses a key that is locked once more', async () => {
    const locked = await lockKey(me.key, 'secret');
    await expect(openSetupMessage(await setupOf(locked.armored()), written.code)).rejects.toEqual(
      coded('SETUP_MESSAGE_INVALID'),
    );
  });

  it('does not look at what follows the key, and takes no preference for none', async () => {
    const content = await openSetupMessage(await setupOf(`\n${me.key.armored()}\ntrailing`), written.code);
    expect(content.key.fingerprint).toBe(me.fingerprint);
    expect(content.preferEncrypt).toBe('nopreference');
  });
});

describe('readSetupMessage', () => {
  it('ignores other mail, and later versions', async () => {
    expect(readSetupMessage(await mail({ from: ME }), [ME])).toBeUndefined();
    expect(readSetupMessage(await setupMail({ version: 'v2' }), [ME])).toBeUndefined();
  });

  it('takes one for an alias, in any writing', async () => {
    const message = readSetupMessage(await setupMail({ from: 'Alias@Example.org', to: 'alias@example.org' }), [
      ME,
      'ALIAS@example.org',
    ]);
    expect(message).toMatchObject({ address: 'alias@example.org', isNumeric: false });
  });

  it.each([
    ['somebody else', { from: 'eve@example.org', to: 'eve@example.org' }],
    ['somebody else, to us', { from: 'eve@example.org' }],
    ['us, to somebody else', { to: 'eve@example.org' }],
    ['us and somebody else', { from: `${ME}, eve@example.org` }],
    ['us, to us and somebody else', { to: `${ME}, eve@example.org` }],
  ])('refuses one from %s', async (_, changes) => {
    const foreign = await setupMail(changes);
    expect(() => readSetupMessage(foreign, [ME])).toThrow(coded('SETUP_MESSAGE_FOREIGN'));
  });

  it.each([
    ['another multipart', { type: 'multipart/alternative' }],
    ['one part', { parts: '--x\r\nContent-Type: text/plain\r\n\r\nHi\r\n--x--' }],
    ['no words in front', { parts: '--x\r\nContent-Type: application/autocrypt-setup\r\n\r\nAAAA\r\n--x--' }],
    ['another second part', { parts: '--x\r\n\r\nHi\r\n--x\r\nContent-Type: image/png\r\n\r\nAAAA\r\n--x--' }],
    ['no armor', { parts: '--x\r\n\r\nHi\r\n--x\r\nContent-Type: application/autocrypt-setup\r\n\r\nAAAA\r\n--x--' }],
  ])('refuses one with %s', async (_, changes) => {
    const broken = await setupMail(changes);
    expect(() => readSetupMessage(broken, [ME])).toThrow(coded('SETUP_MESSAGE_INVALID'));
  });
});
