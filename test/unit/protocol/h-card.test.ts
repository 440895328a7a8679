import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { readCards } from '../../../src/protocol/h-card.js';
import { hCardHtml, hGroupHtml } from '../../../src/protocol/write-h-card.js';

const PNG = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
const PNG_BASE64 = Buffer.from(PNG).toString('base64');

describe('reading cards', () => {
  it('reads the form of the COI drafts, whose nested <p> HTML does not allow', async () => {
    const { group, cards } = await readCards(`<html><body> <p>Hello folks</p><div style="display: none;"><hr/>
      <p class="h-group"><img class="u-photo" style="float: left" alt="" src="data:image/png;base64,
      ${PNG_BASE64.slice(0, 5)}
      ${PNG_BASE64.slice(5)}">
      Name: <span class="p-name">My Crew</span><br/>
      Description: <span class="p-description">Hang out,
        virtually</span><br/><p class="p-id" style="display: none;">1234abcd4321</p>
      <span class="p-notification" style="display: none">enabled=true;
       types=banner,sound;filters=mention</span><hr/><p>Participants</p>
      <div class="e-participants">
       <p class="h-card" style="white-space: nowrap"><p class="p-hash" style="display: none;">5457AB</p>
        <span class="p-name">Alice Angel</span><br> Email: <span class="u-email">Alice@Example.com</span><br>
        PGP: <span class="u-key">AQID
        BAU=</span><br/> Birthday: <span class="dt-bday">--04-30</span><br>
        <span class="x-coi-status">working from home...</span></p>
       <p class="h-card"><span class="p-name">John Doe</span><br>
        Email: <span class="u-email">john.doe@example.com</span><br>
        Email: <span class="u-email">john@example.org</span></p>
      </div></p></body></html>`);
    expect(group).toMatchObject({
      id: '1234abcd4321',
      name: 'My Crew',
      description: 'Hang out, virtually',
      photo: { contentType: 'image/png', content: PNG },
      notification: { enabled: 'true', types: 'banner,sound', filters: 'mention' },
    });
    expect(cards).toEqual([
      {
        name: 'Alice Angel',
        emails: ['alice@example.com'],
        key: new Uint8Array([1, 2, 3, 4, 5]),
        birthday: '--04-30',
        status: 'working from home...',
        hash: '5457ab',
        categories: [],
        other: {},
      },
      { name: 'John Doe', emails: ['john.doe@example.com', 'john@example.org'], categories: [], other: {} },
    ]);
    expect(group?.cards).toBe(cards);
  });

  it('takes addresses from mailto links, and text where the link is none', async () => {
    const { cards } = await readCards(
      `<div class="h-card"><a class="u-email" href="mailto:o%27neil@example.org?subject=x">mail me</a>
       <a class="p-name" href="https://tracker.example/">Pat &amp; Co</a></div>`,
    );
    expect(cards).toEqual([{ name: 'Pat & Co', emails: ["o'neil@example.org"], categories: [], other: {} }]);
  });

  it('takes p-participants for e-participants, and keeps properties that it does not know', async () => {
    const { group } = await readCards(
      `<div class="h-group"><b class="p-participants"><i class="h-card"><u class="u-email">a@b.example</u>
       <s class="x-coi-verified">AB12</s><s class="p-org">Crew<br>Two</s></i></b></div>`,
    );
    expect(group?.cards[0]?.other).toEqual({ 'x-coi-verified': ['AB12'], 'p-org': ['Crew\nTwo'] });
  });

  it('never takes pictures from elsewhere, nor scripts for text', async () => {
    const { cards } = await readCards(
      `<div class="h-card"><img class="u-photo" src="https://tracker.example/p.png">
       <span class="p-name">A<script>alert("<b class='p-status'>x</b>")</script>da</span></div>`,
    );
    expect(cards).toEqual([{ name: 'Ada', emails: [], categories: [], other: {} }]);
  });

  it('stops at the limits', async () => {
    const card = '<p class="h-card"><b class="u-email">a@b.example</b>';
    const { cards } = await readCards(card.repeat(limits.cards + 100));
    expect(cards).toHaveLength(limits.cards);
    const properties = Array.from({ length: 1000 }, (_, i) => `<i class="p-x${i}">v</i>`).join('');
    const many = await readCards(`<p class="h-card">${properties}`);
    expect(Object.keys(many.cards[0]?.other ?? {})).toHaveLength(limits.cardProperties);
    const big = await readCards(
      `<p class="h-card"><img class="u-photo" src="data:image/png;base64,${'A'.repeat(2 * limits.avatarBytes)}">`,
    );
    expect(big.cards[0]?.photo).toBeUndefined();
  });

  it('finds nothing in ordinary HTML', async () => {
    expect(await readCards('<p class="p-name">Ada</p>')).toEqual({ cards: [] });
  });
});

describe('writing cards', () => {
  const ada = {
    name: 'Ada <Lovelace> & "Co"',
    nickname: 'Countess',
    emails: ['ada@example.org', '"a b"@example.org'],
    photo: { contentType: 'image/png', content: PNG },
    key: Uint8Array.from({ length: 600 }, (_, i) => i % 256),
    birthday: '1815-12-10',
    status: 'computing',
    categories: ['friend', 'work'],
    notification: { enabled: 'yes', filters: 'mention' },
    hash: 'abc123',
    other: { 'x-coi-verified': ['AB12', 'CD34'] },
  };

  it('gives the same card when it is read', async () => {
    expect((await readCards(hCardHtml(ada))).cards).toEqual([ada]);
  });

  it('gives the same group when it is read', async () => {
    const bob = { emails: ['bob@example.net'], categories: [], other: {} };
    const group = {
      id: 'Abcdefgh-_1234',
      name: 'Crew ⛵',
      description: 'Two lines\nof <text>',
      photo: ada.photo,
      notification: { enabled: 'no' },
      other: { 'x-coi-muted': ['1'] },
      cards: [ada, bob],
    };
    expect((await readCards(hGroupHtml(group))).group).toEqual(group);
  });

  it('has no line that mail would have to break', () => {
    const lines = hGroupHtml({ name: 'x'.repeat(255), cards: [ada] }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(900);
  });
});
