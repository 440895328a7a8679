import { describe, expect, it } from 'vitest';
import {
  type ActContext,
  adding,
  describingAs,
  founding,
  type GroupChat,
  leaving,
  ordinary,
  picturing,
  removing,
  renaming,
} from '../../../src/chat/group-acts.js';
import { checkStrings } from '../../../src/chat/strings.js';
import { newChat } from '../../../src/model/chat-summary.js';
import type { GroupStateRecord } from '../../../src/store/records.js';

const ADA = 'ada@example.org';
const bob = { address: 'bob@example.net', name: 'Bob' };
const carol = { address: 'carol@example.com' };
const dave = { address: 'dave@example.org', name: 'Dave' };
const NOW = 1_800_000_000_000;
const picture = { contentType: 'image/png', content: new Uint8Array([1]) };

function context(state: Partial<GroupStateRecord> = {}, change: Partial<ActContext> = {}): ActContext {
  const group: GroupChat = {
    ...newChat('group:abcdefghijkl'),
    groupId: 'abcdefghijkl',
    name: 'Crew',
    members: [bob, carol],
    group: {
      selfMember: true,
      since: { [ADA]: 1000, [bob.address]: 2000 },
      pastMembers: [{ ...dave, at: 5000 }],
      needsInfo: false,
      infoWanted: false,
      newest: {},
      ...state,
    },
  };
  return {
    group,
    from: ADA,
    by: 'Ada',
    strings: checkStrings(undefined),
    now: NOW,
    avatar: undefined,
    secret: false,
    ...change,
  };
}

describe('a change of a group', () => {
  it('founds it: everything is said at once, to everybody', () => {
    const act = founding({ members: [bob, carol], description: 'Sundays', avatar: picture })(context());
    expect(act).toMatchObject({
      recipients: [bob.address, carol.address],
      text: 'Ada created the group “Crew” with Bob, carol@example.com',
      founding: true,
      at: NOW,
      group: { name: 'Crew', nameTimestamp: NOW, description: 'Sundays', descriptionTimestamp: NOW, avatar: picture },
    });
    expect(act?.group.members?.map(({ address, since }) => [address, since])).toEqual([
      [ADA, NOW],
      [bob.address, NOW],
      [carol.address, NOW],
    ]);
  });

  it('adds those who are not in it, with all that they need to know', () => {
    const known = { description: 'Sundays', newest: { name: 10_000, description: 20_000 } };
    const act = adding([bob, dave])(context(known, { avatar: picture }));
    expect(act).toMatchObject({
      recipients: [bob.address, carol.address, dave.address],
      text: 'Ada added Dave',
      group: {
        added: [dave.address],
        nameTimestamp: 10_000,
        description: 'Sundays',
        descriptionTimestamp: 20_000,
        avatar: picture,
        pastMembers: [],
      },
    });
    expect(act?.group.avatarChanged).toBeUndefined();
    expect(act?.group.descriptionChanged).toBeUndefined();
    expect(act?.group.members?.map(({ address, since }) => [address, since])).toEqual([
      [ADA, 1000],
      [bob.address, 2000],
      [carol.address, undefined],
      [dave.address, NOW],
    ]);
    expect(adding([bob])(context())).toBeUndefined();
  });

  it('removes members, who get that mail as well', () => {
    const act = removing([bob.address, 'nobody@example.org'])(context());
    expect(act).toMatchObject({ recipients: [bob.address, carol.address], text: 'Ada removed Bob' });
    expect(act?.group.removed).toEqual([bob.address]);
    expect(act?.group.members?.map(({ address }) => address)).toEqual([ADA, carol.address]);
    expect(act?.group.pastMembers).toEqual([
      { ...dave, timestamp: 5000 },
      { ...bob, timestamp: NOW },
    ]);
    expect(removing(['nobody@example.org'])(context())).toBeUndefined();
  });

  it("is dated a second after what it replaces, whoever's clock that came from", () => {
    const ahead = NOW + 12 * 3600_000 + 345;
    const newest = { name: ahead, description: ahead, avatar: ahead, members: ahead };
    const acts = [
      renaming('New'),
      describingAs('New'),
      picturing(picture),
      leaving,
      removing([bob.address]),
      adding([dave]),
    ];
    for (const act of acts) expect(act(context({ newest }))?.at).toBe(NOW + 12 * 3600_000 + 1000);
    expect(renaming('New')(context({ newest }))?.group.nameTimestamp).toBe(NOW + 12 * 3600_000 + 1000);
    expect(renaming('New')(context())?.at).toBe(NOW);
  });

  it('is nothing where nothing changes', () => {
    expect(renaming('Crew')(context())).toBeUndefined();
    expect(describingAs('')(context())).toBeUndefined();
    expect(describingAs('Sundays')(context({ description: 'Sundays' }))).toBeUndefined();
    expect(picturing(undefined)(context())).toBeUndefined();
    expect(picturing(undefined)(context({}, { avatar: picture }))?.group.avatar).toBe('none');
  });

  it('repeats nothing of what was encrypted in a plain mail', () => {
    const known = { description: 'Secret plans', newest: { name: 1, description: 1 } };
    const secret = { secret: true, avatar: picture };
    for (const act of [adding([dave]), removing([bob.address]), leaving, renaming('Public')]) {
      const planned = act(context(known, secret))?.group;
      expect(planned?.description).toBeUndefined();
      expect(planned?.avatar).toBeUndefined();
      expect([planned?.name, planned?.nameChangedFrom]).not.toContain('Crew');
    }
    expect(ordinary(context({ infoWanted: true, ...known }, secret))).toEqual({ id: 'abcdefghijkl', name: '...' });
  });
});

describe('an ordinary message of a group', () => {
  it('says which group it is, asks where too little is known, and answers who asked', () => {
    expect(ordinary(context())).toEqual({ id: 'abcdefghijkl', name: 'Crew' });
    expect(ordinary(context({ needsInfo: true }))).toEqual({ id: 'abcdefghijkl', name: 'Crew', requested: true });
    expect(ordinary(context({ infoWanted: true, description: 'Sundays' }, { avatar: picture }))).toMatchObject({
      description: 'Sundays',
      avatar: picture,
      members: [{ address: ADA, name: 'Ada' }, bob, carol],
      pastMembers: [{ ...dave, timestamp: 5000 }],
    });
  });
});

describe('the words of system messages', () => {
  it('can be replaced one by one', () => {
    const strings = checkStrings({ memberAdded: ({ by, who }) => `${by} hat ${who} hinzugefügt` });
    expect(adding([dave])(context({}, { strings }))?.text).toBe('Ada hat Dave hinzugefügt');
    expect(leaving(context({}, { strings }))?.text).toBe('Ada left the group');
  });

  it('are refused where they are no functions', () => {
    expect(() => checkStrings({ memberAdedd: () => '' } as object)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    expect(() => checkStrings({ memberAdded: 'x' } as object)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
