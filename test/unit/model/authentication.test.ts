import { describe, expect, it } from 'vitest';
import { dkimOutcome } from '../../../src/model/authentication.js';

const own = new Set(['mx.example.org']);

function outcome(address: string, dkim: { result: string; domain?: string }[], server = 'mx.example.org') {
  return dkimOutcome({ from: { address }, authentication: { server, dkim } }, own);
}

describe('the DKIM outcome', () => {
  it('is unknown where no server of ours said anything', () => {
    expect(dkimOutcome({ from: { address: 'bob@example.net' } }, own)).toBe('unknown');
    expect(outcome('bob@example.net', [])).toBe('unknown');
    expect(outcome('bob@example.net', [{ result: 'pass', domain: 'example.net' }], 'mx.evil.example')).toBe('unknown');
    const authentication = { server: 'mx.example.org', dkim: [{ result: 'pass', domain: 'example.net' }] };
    expect(dkimOutcome({ from: { address: 'bob@example.net' }, authentication }, new Set())).toBe('unknown');
  });

  it.each([
    ['bob@example.net', 'example.net', 'pass'],
    ['bob@mail.example.net', 'example.net', 'pass'],
    ['bob@example.net', 'mail.example.net', 'none'],
    ['bob@notexample.net', 'example.net', 'none'],
    ['bob@example.net', 'net', 'none'],
    ['bob@example.net', 'evil.example', 'none'],
    ['unknown@invalid', 'invalid', 'pass'],
  ])('of a mail from %s signed by %s is %s', (address, domain, expected) => {
    expect(outcome(address, [{ result: 'pass', domain }])).toBe(expected);
  });

  it('needs one good signature of the domain', () => {
    const fail = { result: 'fail', domain: 'example.net' };
    expect(outcome('bob@example.net', [fail])).toBe('fail');
    expect(outcome('bob@example.net', [{ result: 'fail' }])).toBe('fail');
    expect(outcome('bob@example.net', [{ result: 'pass' }])).toBe('none');
    expect(outcome('bob@example.net', [fail, { result: 'pass', domain: 'evil.example' }])).toBe('fail');
    expect(outcome('bob@example.net', [fail, { result: 'pass', domain: 'example.net' }])).toBe('pass');
    expect(outcome('bob@example.net', [{ result: 'none' }])).toBe('none');
    expect(outcome('bob@example.net', [{ result: 'temperror', domain: 'example.net' }])).toBe('unknown');
  });
});
