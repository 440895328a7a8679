import { KeyManager } from 'coi-sdk/autocrypt';
import { expect, it } from 'vitest';
import { ADA, latin, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();
const CODE = '1234-5678-1234-5678-1234-5678-1234-5678-1234';
const SALT = Buffer.alloc(16, 7);

async function setupMail(): Promise<{ mail: string; code: string }> {
  const mallory = await KeyManager.open({ addresses: ADA });
  await mallory.create();
  const { mail, code } = await mallory.createSetupMessage();
  return { mail: latin(mail), code };
}

/** With these octets instead of what is encrypted. */
function withMessage(mail: string, message: Uint8Array): string {
  const armor = `-----BEGIN PGP MESSAGE-----\r\nPassphrase-Format: numeric9x4\r\n\r\n${Buffer.from(message).toString('base64')}\r\n-----END PGP MESSAGE-----`;
  const written = Buffer.from(armor).toString('base64').replace(/.{76}/g, '$&\r\n');
  return mail
    .replace(/-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/, armor)
    .replace(/(application\/autocrypt-setup[\s\S]*?base64[\s\S]*?\r\n\r\n)[A-Za-z0-9+/=\r\n]+/, `$1${written}\r\n`);
}

it.each([
  ['two gibibytes of Argon2', Buffer.from([0xc3, 23, 4, 9, 4, ...SALT, 3, 4, 21])],
  [
    'a thousand passphrases',
    Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from([0xc3, 13, 4, 9, 3, 8, ...SALT.subarray(0, 8), 255]))),
  ],
])('a setup message that costs %s is refused at once, and the key stays', async (_, cost) => {
  const { attacked, ada } = sealed;
  const { mail } = await setupMail();
  const hostile = withMessage(mail, Buffer.concat([cost, Buffer.from([0xd2, 20, 1]), Buffer.alloc(19)]));
  attacked.host.deliver(hostile, { to: ADA });
  await expect.poll(() => attacked.account.keys.setupMessages()).toHaveLength(1);
  const [found] = await attacked.account.keys.setupMessages();
  const started = performance.now();
  if (!found) throw new Error('no setup message');
  await expect(attacked.account.keys.importSetupMessage(found, CODE)).rejects.toMatchObject({
    code: 'SETUP_MESSAGE_INVALID',
  });
  expect(performance.now() - started).toBeLessThan(2000);
  expect(attacked.account.keys.fingerprint).toBe(ada.key.fingerprint);
  await attacked.expectGoingOn();
});

it('one by somebody else is not offered, and never imported by itself', async () => {
  const { attacked, ada } = sealed;
  const { mail, code } = await setupMail();
  const message = await attacked.attack(mail.replace(/^From: .*$/m, 'From: eve@example.com'));
  expect(await attacked.account.keys.setupMessages()).toEqual([]);
  await expect(attacked.account.keys.importSetupMessage(message, code)).rejects.toMatchObject({
    code: 'SETUP_MESSAGE_FOREIGN',
  });
  expect(attacked.account.keys.fingerprint).toBe(ada.key.fingerprint);
});
