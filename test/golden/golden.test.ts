import { readChatMail, writeChatMail } from 'coi-sdk/protocol';
import { describe, expect, it } from 'vitest';
import { draftOf, golden, goldenMail, goldenNames, jsonOf, repeatableRandom } from './golden.js';

const names = await goldenNames();

describe('golden mails', () => {
  it('are at least thirty', () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
  });

  it.each(names)('%s', async (name) => {
    const raw = await goldenMail(name);
    const { draft, mail } = await golden(name);
    expect(new TextDecoder('latin1').decode(raw).replaceAll('\r\n', ''), 'CRLF line ends only').not.toMatch(/[\r\n]/);
    expect(jsonOf(await readChatMail(raw))).toEqual(mail);
    if (draft === undefined) return;
    const written = await writeChatMail(draftOf(draft), { random: repeatableRandom() });
    expect(new TextDecoder().decode(written.bytes)).toBe(new TextDecoder().decode(raw));
  });
});
