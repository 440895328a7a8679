import { describe, expect, it } from 'vitest';
import { openSession } from './open-session.js';

const file = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    ['BEGIN:VCARD', 'VERSION:4.0', `FN:Person ${i}`, `EMAIL:p${i}@example.org`, 'END:VCARD', ''].join('\r\n'),
  ).join('');

describe('vCard files', () => {
  it('of 5,000 contacts come in, with progress, and go out again', async () => {
    const { account } = await openSession();
    const progress: number[] = [];
    const result = await account.contacts.importVCards(file(5000), { onProgress: ({ done }) => progress.push(done) });
    expect(result).toEqual({ imported: 5000, skipped: 0 });
    expect(progress).toHaveLength(50);
    expect(progress.at(-1)).toBe(5000);
    const listed = await account.contacts.list({ listed: true });
    expect(listed).toHaveLength(5000);
    expect(await account.contacts.importVCards(await account.contacts.exportVCards())).toEqual(result);
    expect(await account.contacts.list()).toHaveLength(5000);
    await account.close();
  });

  it('join what is known, and skip cards without address', async () => {
    const { account } = await openSession();
    await account.contacts.create({
      addresses: ['bob@example.net', 'old@example.net'],
      nickname: 'Bobby',
      name: 'Bob',
    });
    const card = 'BEGIN:VCARD\nFN:Bob Builder\nEMAIL:bob@example.net\nEMAIL:new@example.net\nEND:VCARD\n';
    const result = await account.contacts.importVCards(`${card}BEGIN:VCARD\nFN:Nobody\nEND:VCARD\n`);
    expect(result).toEqual({ imported: 1, skipped: 1 });
    const bob = await account.contacts.get('bob@example.net');
    expect(bob.addresses).toEqual(['bob@example.net', 'new@example.net', 'old@example.net']);
    expect(bob.name).toBe('Bobby');
    expect(await account.contacts.exportVCards({ contacts: [bob], version: '3.0' })).toContain(
      'FN:Bob Builder\r\nN:;Bob Builder;;;\r\nNICKNAME:Bobby',
    );
    await account.close();
  });

  it('can be given up in the middle', async () => {
    const { account } = await openSession();
    const controller = new AbortController();
    const importing = account.contacts.importVCards(file(1000), {
      signal: controller.signal,
      onProgress: ({ done }) => done === 300 && controller.abort(),
    });
    await expect(importing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await account.contacts.list()).toHaveLength(300);
    await account.close();
  });

  it('carry keys from one account to another', async () => {
    const { account: bob, session } = await openSession({ email: 'bob@example.net' });
    await session.keys.manager.create();
    const own = session.keys.manager.ownKeys[0]?.fingerprint;
    const key = Buffer.from(session.keys.manager.decryptionKeys[0]?.toPublic().bytes() ?? []).toString('base64');
    await bob.close();
    const { account, session: ada } = await openSession();
    const card = `BEGIN:VCARD\nFN:Bob\nEMAIL:bob@example.net\nKEY:data:application/pgp-keys;base64,${key}\nEND:VCARD\n`;
    await account.contacts.importVCards(card);
    expect((await ada.keys.manager.peer('bob@example.net')).fingerprint).toBe(own);
    expect((await ada.keys.manager.peer('ada@example.org')).fingerprint).toBeUndefined();
    const exported = await account.contacts.exportVCards();
    expect(exported).toMatch(/^KEY:data:application\/pgp-keys;base64,/m);
    expect(await account.contacts.exportVCards({ keys: false })).not.toContain('KEY');
    await account.contacts.importVCards(card.replace(/base64,.*/, 'base64,AAAA'));
    expect((await ada.keys.manager.peer('bob@example.net')).fingerprint).toBe(own);
    await account.close();
  });
});
