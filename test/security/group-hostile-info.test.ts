import { describe, expect, it } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { readChatMail } from '../../src/protocol/read.js';

function mail(html: string, id = 'Abcdefgh-_1234'): string {
  return [
    'Chat-Version: 1.0',
    'From: ada@example.net',
    'To: me@example.org, bob@example.net',
    `Chat-Group-ID: ${id}`,
    'Message-ID: <x@example.net>',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hello',
    '--b',
    'Content-Type: text/html',
    'Chat-Content: groupinfo',
    '',
    html,
    '--b--',
    '',
  ].join('\r\n');
}

const card = (address: string) => `<div class="h-card"><a class="u-email" href="mailto:${address}">x</a></div>`;

describe('hostile group info', () => {
  it('of 10,000 members is read up to the limit', async () => {
    const cards = Array.from({ length: 10_000 }, (_, i) => card(`m${i}@x.example`)).join('\r\n');
    const { group } = await readChatMail(mail(`<div class="h-group">${cards}</div>`));
    expect(group?.info?.cards).toHaveLength(limits.cards);
  });

  it('of 100,000 nested elements takes no longer than it should', async () => {
    const read = async (count: number) => {
      const started = performance.now();
      await readChatMail(mail(`<div class="h-group">${'<b class="p-x">\r\n'.repeat(count)}`));
      return performance.now() - started;
    };
    await read(1000);
    expect(await read(100_000)).toBeLessThan(5000);
  });

  it('with scripts and pictures elsewhere is harmless', async () => {
    const html = `<div class="h-group"><script>document.write('<p class="h-card">')</script>
      <img class="u-photo" src="https://tracker.example/p.png"><img class="u-photo" src="file:///etc/passwd">
      <div class="p-name" onclick="x()">Crew<svg onload=x()><desc>evil</desc></svg></div>${card('bob@example.net')}</div>`;
    const { group } = await readChatMail(mail(html.replaceAll('\n', '\r\n')));
    expect(group?.info).toMatchObject({ name: 'Crew', cards: [{ emails: ['bob@example.net'] }] });
    expect(group?.info?.photo).toBeUndefined();
    expect(JSON.stringify(group?.info?.cards)).not.toMatch(/script|tracker|passwd/);
  });

  it.each(['../../etc', 'a'.repeat(65), 'short', 'with blank 123', 'ümläut-group1'])(
    'with the id %j belongs to no group',
    async (id) => {
      const read = await readChatMail(mail('<div class="h-group"></div>', id));
      expect(read.groupId).toBeUndefined();
      expect(read.group).toBeUndefined();
    },
  );
});
