import { describe, expect, it } from 'vitest';
import { checkCommandName, readCommand } from '../../../src/bot/command.js';

describe('reading a command', () => {
  it.each([
    ['/ping', { name: 'ping', args: [], rest: '' }],
    ['  /PING  ', { name: 'ping', args: [], rest: '' }],
    ['Ping', { name: 'ping', args: [], rest: '' }],
    ['/add 1  2', { name: 'add', args: ['1', '2'], rest: '1  2' }],
    ['/say "two words" one', { name: 'say', args: ['two words', 'one'], rest: '"two words" one' }],
    ['/say "open', { name: 'say', args: ['"open'], rest: '"open' }],
    ['/note line one\nline two', { name: 'note', args: ['line', 'one', 'line', 'two'], rest: 'line one\nline two' }],
    ['/größe', { name: 'größe', args: [], rest: '' }],
  ])('%j', (text, command) => {
    expect(readCommand(text)).toEqual(command);
  });

  it.each(['', '/', '//', '/ ping', 'ping me', 'Hello there', '/a/b', 'https://example.org', `/${'a'.repeat(100)}`])(
    '%j is none',
    (text) => {
      expect(readCommand(text)).toBeUndefined();
    },
  );

  it('is quick with a huge text', () => {
    const started = performance.now();
    expect(readCommand(`/x ${'"'.repeat(200_001)}`)?.args.length).toBeLessThanOrEqual(100);
    expect(readCommand(`/x ${'a'.repeat(200_000)}`)?.args).toHaveLength(1);
    expect(readCommand('a'.repeat(200_000))).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('refuses names that no message can have', () => {
    expect(checkCommandName('Ping')).toBe('ping');
    for (const name of ['/ping', 'two words', '', 5, 'a'.repeat(33)]) {
      expect(() => checkCommandName(name)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});
