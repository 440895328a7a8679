import { readChatMail } from 'coi-sdk/protocol';
import { describe, expect, it } from 'vitest';
import { golden, goldenMail, goldenNames, jsonOf, writtenMail } from './golden.js';

const names = await goldenNames();

describe('golden mails', () => {
  it('are at least thirty', () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
  });

  it.each(names)('%s', async (name) => {
    const raw = await goldenMail(name);
    const pair = await golden(name);
    expect(new TextDecoder('latin1').decode(raw).replaceAll('\r\n', ''), 'CRLF line ends only').not.toMatch(/[\r\n]/);
    expect(jsonOf(await readChatMail(raw))).toEqual(pair.mail);
    const written = await writtenMail(pair);
    if (written === undefined) return;
    expect(new TextDecoder().decode(written)).toBe(new TextDecoder().decode(raw));
  });
});
