import { expect, it } from 'vitest';
import { DAY, incoming, ME, mail, mailWithKey, manager, NOW, person } from '../unit/autocrypt/people.js';

/** Lists change mail on its way, reports are sent by machines: neither says anything about how somebody reads mail. */
it.each([
  ['List-Id', { fields: [['List-Id', 'Friends <friends.example.net>']] }],
  ['List-Post', { fields: [['List-Post', '<mailto:friends@example.net>']] }],
  ['Mailing-List', { fields: [['Mailing-List', 'contact friends@example.net']] }],
  ['Precedence: list', { fields: [['Precedence', 'List']] }],
  ['multipart/report', { type: 'multipart/report; report-type=disposition-notification; boundary=x' }],
  [
    'multipart/report with parts',
    {
      type: 'Multipart/Report; boundary=x',
      body: '--x\r\n\r\nRead.\r\n--x\r\nContent-Type: message/disposition-notification\r\n\r\n\r\n--x--',
    },
  ],
] as const)('mail with %s neither brings a key nor makes one look forgotten', async (_, rest) => {
  const [bob, other] = await Promise.all([person('bob@example.net'), person('bob@example.net')]);
  const fields: (readonly [string, string])[] = [...('fields' in rest ? rest.fields : [])];
  const draft = { from: bob.address, date: NOW, ...rest };
  const keys = await manager();
  expect(
    (await keys.processMail(await incoming({ ...draft, fields: [...fields, ['Autocrypt', other.header]] }))).peers,
  ).toEqual([]);
  await keys.processMail(await mailWithKey(bob, { date: NOW - 40 * DAY }));
  await keys.processMail(await incoming({ ...draft, fields: [...fields, ['Autocrypt', other.header]] }));
  await keys.processMail(await incoming({ ...draft, fields }));
  expect(await keys.peer(bob.address)).toMatchObject({ fingerprint: bob.fingerprint, lastSeen: NOW - 40 * DAY });
});

it('an encrypted report teaches nothing that is inside', async () => {
  const [bob, carol] = await Promise.all([person('bob@example.net'), person('carol@example.net')]);
  const keys = await manager();
  const fields: [string, string][] = [
    ['Autocrypt', bob.header],
    ['Autocrypt-Gossip', carol.gossip],
  ];
  const payload = await mail({ fields, type: 'multipart/report; boundary=x' });
  const to = `${ME}, ${carol.address}`;
  const { peers } = await keys.processMail(
    await incoming({ from: bob.address, to, payload, type: 'multipart/encrypted' }),
  );
  expect(peers).toEqual([]);
});
