import { expect, it } from 'vitest';
import { packetSpans } from '../../src/openpgp/packets.js';
import { BOB, latin, useSealedAccount } from './account-sealed-support.js';

const sealed = useSealedAccount();

it('a key of 10,000 subkeys in a mail is not taken; the sender stays who they were', async () => {
  const { attacked, letter, bob } = sealed;
  await attacked.attack(await letter('Bob'));
  const spans = [...packetSpans(bob.keyData)];
  const subkey = bob.keyData.subarray(spans[2]?.end ?? 0);
  const huge = Buffer.concat([bob.keyData, Buffer.alloc(subkey.length * 10_000, subkey)]).toString('base64');
  const field = `Autocrypt: addr=${BOB}; keydata=\r\n ${huge.replace(/.{900}/g, '$&\r\n ')}`;
  const started = performance.now();
  const mail = latin(await letter('huge', { withHeader: false, sealed: false }));
  const message = await attacked.attack(mail.replace('\r\n\r\n', `\r\n${field}\r\n\r\n`));
  expect(performance.now() - started).toBeLessThan(5000);
  expect(message.from.address).toBe(BOB);
  const contact = await attacked.account.contacts.get(BOB);
  expect(contact.keyFingerprint).toBe(bob.key.fingerprint);
  expect((await (await attacked.account.chat(BOB)).send('sealed')).security.encrypted).toBe(true);
  await attacked.expectGoingOn();
});
