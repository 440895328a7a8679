import { expect, it } from 'vitest';
import { writeChatMail } from '../../../../src/protocol/write.js';
import type { IncomingCopy } from '../../../../src/sync/incoming.js';
import { ingest } from '../../../../src/sync/ingest/ingest.js';
import { planOutgoing, sealOutgoing } from '../../../../src/sync/keys/seal-outgoing.js';
import { ManualClock } from '../../../../src/testing/manual-clock.js';
import { TestEngine } from '../../../support/engine.js';
import { FakeImap } from '../../../support/fake-imap.js';
import { FakeSmtp } from '../../../support/fake-smtp.js';
import { ME, mailWithKey, NOW, person } from '../../autocrypt/people.js';

it('an encrypted message is shown as it is inside, and leaves as it is outside', async () => {
  const bob = await person('bob@example.net');
  const smtp = new FakeSmtp({ accepting: true });
  const test = await TestEngine.open({
    email: ME,
    clock: new ManualClock(NOW),
    connectImap: () => new FakeImap(),
    smtp,
  });
  const keys = test.keys.manager;
  await keys.create();
  await keys.processMail(await mailWithKey(bob));
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

  // The copy is the same message, on this device and on any other one.
  const copy: IncomingCopy = {
    folder: 'COI/Chats',
    role: 'chats',
    uidValidity: '1',
    history: false,
    mail: { uid: 1, flags: ['\\Seen'], internalDate: NOW, size: mail.bytes.length, source: mail.bytes },
  };
  const [known] = await ingest(test.writer, test.keys, [copy]);
  expect(known).toEqual({ ...(await test.message(shown.key)), internalDate: NOW });
  expect(await test.messages()).toHaveLength(1);
  const other = await TestEngine.open({ email: ME, connectImap: () => new FakeImap(), smtp });
  await other.keys.manager.importKey(keys.signingKey().bytes());
  const [elsewhere] = await ingest(other.writer, other.keys, [copy]);
  for (const field of [
    'key',
    'chatId',
    'text',
    'from',
    'to',
    'subject',
    'date',
    'attachments',
    'security',
    'size',
    'problem',
  ] as const) {
    expect(elsewhere?.[field]).toEqual(known?.[field]);
  }
  await Promise.all([test.engine.close(), other.engine.close()]);
});
