import { describe, expect, it } from 'vitest';
import {
  type DecisionInput,
  type DecisionRecipient,
  decideEncryption,
  refusal,
} from '../../../src/autocrypt/decision.js';
import { EncryptionError, RecipientKeyError } from '../../../src/core/errors.js';
import { DAY, NOW } from './people.js';

function recipient(address: string, facts: Partial<DecisionRecipient> = {}): DecisionRecipient {
  return { address, hasDirectKey: true, hasGossipKey: false, autocryptTimestamp: NOW, lastSeen: NOW, ...facts };
}

const bob = recipient('bob@example.net');
const keyless = recipient('carol@example.net', { hasDirectKey: false });
const gossiped = recipient('dave@example.net', { hasDirectKey: false, hasGossipKey: true });
const silent = recipient('erin@example.net', { autocryptTimestamp: NOW - 40 * DAY });
const mutual = recipient('frank@example.net', { preferEncrypt: 'mutual' });
const chatting = (one: DecisionRecipient): DecisionRecipient => ({ ...one, usesChat: true });

function decide(recipients: DecisionRecipient[], rest: Partial<DecisionInput> = {}) {
  return decideEncryption({
    ...{ mode: 'auto', ownKey: 'ready', preferEncrypt: 'mutual', replyToEncrypted: false, recipients },
    ...rest,
  });
}

describe('auto', () => {
  it.each([
    ['both want it', [mutual], 'encrypt', undefined, []],
    ['one does not say so', [bob], 'plain', 'no-preference', ['bob@example.net']],
    ['one of several does not', [mutual, bob], 'plain', 'no-preference', ['bob@example.net']],
    ['one was silent', [mutual, silent], 'plain', 'silent', ['erin@example.net']],
    ['one key is gossip', [mutual, gossiped], 'plain', 'gossip-only', ['dave@example.net']],
    ['one has no key', [mutual, keyless], 'plain', 'no-key', ['carol@example.net']],
    ['a chat program has announced a key', [chatting(bob)], 'encrypt', undefined, []],
    ['all use chat programs', [bob, gossiped, silent].map(chatting), 'encrypt', undefined, []],
    ['all use chat programs, one without key', [bob, keyless].map(chatting), 'plain', 'no-key', ['carol@example.net']],
    ['chat and mutual', [chatting(silent), mutual], 'encrypt', undefined, []],
    ['one of them uses none', [chatting(bob), silent], 'plain', 'silent', ['erin@example.net']],
    ['nobody but oneself', [], 'encrypt', undefined, []],
  ])('%s', (_, recipients, action, reason, addresses) => {
    const decision = decide(recipients);
    expect(decision.action).toBe(action);
    expect(decision.reason).toBe(reason);
    expect(decision.addresses).toEqual(addresses);
  });

  it('uses their own key before what others say', () => {
    const { keys } = decide([chatting(recipient('a@b.c', { hasGossipKey: true })), chatting(gossiped)]);
    expect([...keys]).toEqual([
      ['a@b.c', 'direct'],
      ['dave@example.net', 'gossip'],
    ]);
  });
});

describe('what was encrypted stays encrypted', () => {
  it.each([[[bob]], [[silent]], [[gossiped]], [[bob, silent, gossiped]]])('to %o', (recipients) => {
    expect(decide(recipients, { replyToEncrypted: true, preferEncrypt: 'nopreference' }).action).toBe('encrypt');
  });

  it.each([
    ['a key is missing', [bob, keyless], 'ready', 'no-key', 'MISSING_KEY', ['carol@example.net']],
    ['our key is elsewhere', [bob], 'import-needed', 'import-needed', 'KEY_IMPORT_NEEDED', undefined],
    ['we have no key', [bob], 'none', 'no-own-key', 'KEY_UNUSABLE', undefined],
  ] as const)('or is refused where %s', (_, recipients, ownKey, reason, code, addresses) => {
    const decision = decide([...recipients], { ownKey, replyToEncrypted: true });
    expect(decision).toMatchObject({ action: 'refuse', reason });
    const error = refusal(decision);
    expect(error).toBeInstanceOf(EncryptionError);
    expect(error.code).toBe(code);
    if (addresses) expect(error).toMatchObject({ addresses });
    for (const address of addresses ?? []) expect(error.message).toContain(address);
  });

  it('until the user switches it off', () => {
    expect(decide([bob], { replyToEncrypted: true, mode: 'off' })).toMatchObject({ action: 'plain', reason: 'off' });
  });
});

describe('modes', () => {
  it('in an account that does not encrypt, what must be encrypted is refused, and the rest is plain', () => {
    expect(decide([mutual], { enabled: false })).toMatchObject({ action: 'plain', reason: 'off' });
    expect(decide([mutual], { enabled: false, mode: 'off' })).toMatchObject({ action: 'plain', reason: 'off' });
    const decision = decide([mutual], { enabled: false, mode: 'require' });
    expect(decision).toMatchObject({ action: 'refuse', reason: 'off' });
    expect(refusal(decision)).toMatchObject({ code: 'KEY_UNUSABLE' });
  });

  it('off never encrypts', () => {
    expect(decide([mutual], { mode: 'off' })).toMatchObject({ action: 'plain', reason: 'off' });
  });

  it('require encrypts whenever there are keys, and names who lacks one', () => {
    expect(decide([bob, silent, gossiped], { mode: 'require' }).action).toBe('encrypt');
    const decision = decide([keyless, bob, { ...keyless, address: 'x@y.z' }], { mode: 'require' });
    expect(decision.action).toBe('refuse');
    expect((refusal(decision) as RecipientKeyError).addresses).toEqual(['carol@example.net', 'x@y.z']);
  });

  it('without an own key auto sends plaintext', () => {
    expect(decide([mutual], { ownKey: 'import-needed' })).toMatchObject({
      ...{ action: 'plain', reason: 'import-needed', recommendation: 'disable' },
    });
    expect(decide([mutual], { ownKey: 'none' })).toMatchObject({ action: 'plain', reason: 'no-own-key' });
  });
});

describe('a verified contact whose key has changed', () => {
  it.each(['auto', 'require'] as const)('is not written to in mode %s', (mode) => {
    const decision = decide([mutual, { ...bob, keyChanged: true }], { mode });
    expect(decision).toMatchObject({ action: 'refuse', reason: 'key-changed', addresses: ['bob@example.net'] });
    const error = refusal(decision);
    expect(error).toBeInstanceOf(RecipientKeyError);
    expect(error).toMatchObject({ code: 'KEY_CHANGED', addresses: ['bob@example.net'] });
  });

  it('can be written to unencrypted if the user says so', () => {
    expect(decide([{ ...bob, keyChanged: true }], { mode: 'off' }).action).toBe('plain');
  });
});
