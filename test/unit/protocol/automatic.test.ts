import { describe, expect, it } from 'vitest';
import { isAutomatic, listIdOf } from '../../../src/protocol/automatic.js';
import { headersOf } from './headers.js';

describe('isAutomatic', () => {
  it.each([
    ['Auto-Submitted', 'auto-replied'],
    ['Auto-Submitted', 'auto-generated; owner-email="x@y"'],
    ['Auto-Submitted', ' Auto-Notified '],
    ['Precedence', 'bulk'],
    ['Precedence', 'Junk'],
    ['Precedence', 'auto_reply'],
    ['X-Auto-Response-Suppress', 'All'],
    ['X-Auto-Response-Suppress', 'DR, OOF'],
    ['X-Autoreply', 'yes'],
    ['Return-Path', '<>'],
  ])('%s: %s', (name, value) => {
    expect(isAutomatic(headersOf([name, value]))).toBe(true);
  });

  it.each([
    ['Auto-Submitted', 'no'],
    ['Auto-Submitted', 'No (really)'],
    ['Precedence', 'list'],
    ['X-Auto-Response-Suppress', 'None'],
    ['Return-Path', '<ada@example.org>'],
    ['Subject', 'auto-replied'],
  ])('not %s: %s', (name, value) => {
    expect(isAutomatic(headersOf([name, value]))).toBe(false);
  });
});

describe('listIdOf', () => {
  it('takes the id of List-Id, whatever stands before it', () => {
    expect(listIdOf(headersOf(['List-Id', 'Friends of <b>old</b> boats <Boats.example.org>']))).toBe(
      'boats.example.org',
    );
    expect(listIdOf(headersOf(['List-Id', '"Boats" <Boats.Example.org>']))).toBe('boats.example.org');
    expect(listIdOf(headersOf(['List-Id', 'boats.example.org']))).toBe('boats.example.org');
  });

  it('falls back to the address of the list', () => {
    expect(listIdOf(headersOf(['Mailing-List', 'list boats@example.org; contact owner@example.org']))).toBe(
      'boats@example.org',
    );
    expect(listIdOf(headersOf(['List-Post', '<mailto:Boats@example.org?subject=x>']))).toBe('boats@example.org');
    expect(listIdOf(headersOf(['List-Post', 'NO (announcements only)']))).toBeUndefined();
    expect(listIdOf(headersOf())).toBeUndefined();
  });
});
