import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { pgpMime } from '../unit/openpgp/support.js';
import { ADA, useSealedAccount } from './account-sealed-support.js';
import { encryptPackets, packet } from './openpgp-support.js';

const sealed = useSealedAccount();

it('a bomb within an encryption is not unpacked; the mails around it come in', { timeout: 60_000 }, async () => {
  const { attacked, letter, ada } = sealed;
  const literal = packet(11, Buffer.from([0x62, 0, 0, 0, 0, 0]), Buffer.alloc(limits.pgpPlainBytes * 2));
  const bomb = packet(8, Buffer.from([1]), deflateRawSync(literal));
  const message = await encryptPackets(bomb, { publicKey: ada.key.toPublic() });
  const head = ['From: eve@example.com', `To: ${ADA}`, 'Message-ID: <bomb@example.com>', 'Chat-Version: 1.0'];
  // In one batch.
  const before = await letter('before');
  const after = await letter('after');
  attacked.host.deliver(before, { to: ADA });
  attacked.host.deliver(pgpMime(message, [...head, 'MIME-Version: 1.0']), { to: ADA });
  attacked.host.deliver(after, { to: ADA });
  const hit = await attacked.message(({ from }) => from.address === 'eve@example.com');
  expect(hit).toMatchObject({ text: '', problem: { code: 'too-large' } });
  for (const text of ['before', 'after']) {
    expect((await attacked.message((other) => other.text === text)).security.signature).toBe('valid');
  }
  await attacked.expectGoingOn();
});
