import { expect, it } from 'vitest';
import { writeChatMail } from '../../../../src/protocol/write.js';
import { planOutgoing, sealOutgoing } from '../../../../src/sync/keys/seal-outgoing.js';
import { ManualClock } from '../../../../src/testing/manual-clock.js';
import { TestEngine } from '../../../support/engine.js';
import { FakeImap } from '../../../support/fake-imap.js';
import { FakeSmtp } from '../../../support/fake-smtp.js';
import { ME, mailWithKey, NOW, person, readyManager } from '../../autocrypt/people.js';

it('an encrypted message is shown as it is inside, and leaves as it is outside', async () => {
  const bob = await person('bob@example.net');
  const keys = await readyManager();
  await keys.processMail(await mailWithKey(bob));
  const smtp = new FakeSmtp({ accepting: true });
  const test = await TestEngine.open({
    email: ME,
    clock: new ManualClock(NOW),
    connectImap: () => new FakeImap(),
    smtp,
  });
  const content = new TextEncoder().encode('Turnip soup');
  const plan = await planOutgoing(keys, { from: ME, recipients: [{ address: bob.address, usesChat: true }] });
  const written = await writeChatMail(
    {
      from: { address: ME, name: 'Ada' },
      to: [{ address: bob.address }],
      text: 'The secret recipe',
      attachments: [{ filename: 'recipe.txt', content }],
      date: NOW,
    },
    { encrypted: plan.encrypted },
  );
  const mail = await sealOutgoing(keys, written, plan, { now: NOW });
  const shown = await test.engine.accept(mail, { chatId: `single:${bob.address}` });

  expect(shown).toMatchObject({
    text: 'The secret recipe',
    messageId: mail.messageId,
    security: { encrypted: true, signature: 'valid', signer: keys.ownKeys[0]?.fingerprint },
    size: mail.bytes.length,
  });
  const [file] = shown.attachments;
  expect(file?.filename).toBe('recipe.txt');
  const pieces: Uint8Array[] = [];
  for await (const piece of test.engine.download(shown.key, file?.part ?? '')) pieces.push(piece);
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(content));
  expect((await test.store.search({ text: 'recipe' })).map(({ key }) => key)).toEqual([shown.key]);

  await test.engine.start();
  await test.untilState(shown.key, 'sent');
  expect(smtp.sent).toHaveLength(1);
  expect(Buffer.compare(smtp.sent[0]?.bytes ?? new Uint8Array(), mail.bytes)).toBe(0);
  expect(Buffer.from(mail.bytes).toString('latin1')).not.toMatch(/secret|recipe|Turnip/);
  await test.engine.close();
});
