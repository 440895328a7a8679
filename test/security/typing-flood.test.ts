import { type ChatMailDraft, writeChatMail } from 'coi-sdk/protocol';
import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { primarySecret } from '../../src/openpgp/key-secret.js';
import { sealMail } from '../../src/openpgp/seal-mail.js';
import { issueToken, tokenSecretFrom } from '../../src/trust/token.js';
import { ADA, BOB, useSealedAccount } from './account-sealed-support.js';

const FLOOD = 1_000;
const VALIDITY = { created: Math.floor(Date.now() / 1000) - 60, validity: 24 * 3600 };
const sealed = useSealedAccount();

/** A mail of Bob's, encrypted and signed. */
async function fromBob(draft: Omit<ChatMailDraft, 'from' | 'to'>): Promise<Uint8Array> {
  const { ada, bob } = sealed;
  const { bytes } = await writeChatMail(
    { from: { address: BOB }, to: [{ address: ADA }], ...draft },
    { encrypted: true },
  );
  return sealMail(bytes, { to: [ada.key.toPublic()], signWith: bob.key, now: Date.now() });
}

it('1,000 typing notices of a trusted contact are a few events, and nothing of them is kept', {
  timeout: 120_000,
}, async () => {
  const { attacked, ada } = sealed;
  const { account, host } = attacked;
  await attacked.attack(await sealed.letter('hello'));
  const granted = issueToken(new Uint8Array(32), { from: ADA, to: BOB }, VALIDITY).raw;
  const presented = issueToken(tokenSecretFrom(primarySecret(ada.key)), { from: BOB, to: ADA }, VALIDITY).raw;
  const second = await attacked.attack(await fromBob({ text: 'trust me', tokens: { granted, presented } }));
  expect((await account.contacts.get(BOB)).trust.state).toBe('trusted');

  const events: number[] = [];
  const messages: string[] = [];
  const typing = new Promise<void>((resolve) => {
    account.on('typing', (chat) => {
      expect(chat.id).toBe(second.chat.id);
      events.push(Date.now());
      resolve();
    });
  });
  account.on('message', ({ text, fromMe }) => {
    if (!fromMe) messages.push(text);
  });
  const started = Date.now();
  for (let i = 0; i < FLOOD; i++) {
    const notice = { text: '…', chatContent: { value: 'typing' }, autoSubmitted: 'auto-generated' } as const;
    host.deliver(await fromBob({ ...notice, date: Date.now(), expires: Date.now() + limits.typingMs }), { to: ADA });
  }
  await typing;
  await attacked.expectGoingOn();
  const { inbox, folders } = host.mailbox(ADA);
  const left = () => [inbox, ...folders].flatMap((folder) => folder.messages).filter((mail) => mail.header('Expires'));
  for (const folder of [inbox, ...folders]) await folder.until(() => left().length === 0);

  expect(events.length).toBeLessThanOrEqual(Math.ceil((Date.now() - started) / limits.typingEventMs) + 1);
  expect(messages).toEqual(['ordinary 1']);
  expect((await second.chat.messages().toArray()).map(({ text }) => text)).toEqual(['hello', 'trust me']);
  expect(second.chat.unread).toBe(2);
});
