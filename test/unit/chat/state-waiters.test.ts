import { beforeEach, describe, expect, it } from 'vitest';
import { StateWaiters } from '../../../src/chat/state-waiters.js';
import { CoiError } from '../../../src/core/errors.js';
import { ownRecord } from './records.js';

/** What the outbox would say of a failed message. */
let refused = true;

async function failure(promise: Promise<unknown>): Promise<CoiError> {
  const error: unknown = await promise.then(
    () => new Error('did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CoiError) return error;
  throw error;
}

describe('waiting for the state of a message', () => {
  beforeEach(() => {
    refused = true;
  });

  it('resolves at once when it is there, later when it comes, and by a later state', async () => {
    const waiters = new StateWaiters(async () => refused);
    await waiters.wait(ownRecord('m', { state: 'sent' }), 'sent');
    const sent = waiters.wait(ownRecord('m'), 'sent');
    const delivered = waiters.wait(ownRecord('m'), 'delivered');
    waiters.update('m', ownRecord('m', { state: 'sending' }));
    waiters.update('m', ownRecord('m', { state: 'sent' }));
    await sent;
    waiters.update('other', ownRecord('other', { state: 'read' }));
    waiters.update('m', ownRecord('m', { state: 'read' }));
    await delivered;
  });

  it('rejects with the words of our server', async () => {
    const waiters = new StateWaiters(async () => refused);
    const sent = waiters.wait(ownRecord('m'), 'sent');
    const recipient = { address: 'bob@example.net', state: 'failed', reason: 'no such user', status: '550' } as const;
    waiters.update('m', ownRecord('m', { state: 'failed', recipients: [recipient] }));
    const error = await failure(sent);
    expect(error).toMatchObject({ code: 'RECIPIENT_REFUSED', status: 550, response: 'no such user' });
    expect(error.message).toContain('bob@example.net: no such user');
  });

  it('tells a bounce from a refusal', async () => {
    refused = false;
    const recipient = { address: 'bob@example.net', state: 'failed', reason: 'mailbox full', status: '5.2.2' } as const;
    const error = await failure(
      new StateWaiters(async () => refused).wait(
        ownRecord('m', { state: 'failed', recipients: [recipient] }),
        'delivered',
      ),
    );
    expect(error).toMatchObject({ code: 'BOUNCED', statusCode: '5.2.2', response: 'mailbox full' });
  });

  it('rejects when the message was taken back, the account closed, or the signal fired', async () => {
    const waiters = new StateWaiters(async () => refused);
    const taken = failure(waiters.wait(ownRecord('a'), 'sent'));
    waiters.update('a', undefined);
    expect((await taken).code).toBe('INVALID_STATE');

    const controller = new AbortController();
    const aborted = failure(waiters.wait(ownRecord('b'), 'sent', { signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ code: 'ABORTED', name: 'AbortError' });

    const closed = failure(waiters.wait(ownRecord('c'), 'sent'));
    waiters.close();
    expect((await closed).code).toBe('INVALID_STATE');
  });
});
