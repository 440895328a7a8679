import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.js';
import { cleanName, cutText, safeFilename } from '../../../src/mail/text-clean.js';

describe('cleanName', () => {
  it('removes what is not seen or changes the order of what is', () => {
    expect(cleanName('  Ada\r\n\tLovelace\0 ')).toBe('Ada Lovelace');
    expect(cleanName('photo\u202egpj.exe')).toBe('photogpj.exe');
    expect(cleanName('a\u200bb\u2066c\u2069\ufeff')).toBe('abc');
    expect(cleanName('👩\u200d👧 می\u200cخواهم')).toBe('👩\u200d👧 می\u200cخواهم');
  });

  it('cuts without tearing a pair apart, and mends torn ones', () => {
    expect(cleanName('ab😀', 3)).toBe('ab');
    expect(cleanName('a\ud800b')).toBe('a\ufffdb');
    expect(cutText('😀😀', 2)).toBe('😀');
  });
});

describe('safeFilename', () => {
  it.each<[string | undefined, string, string]>([
    ['../../etc/passwd', 'text/plain', 'passwd.txt'],
    ['..\\..\\boot.ini', 'text/plain', 'boot.ini'],
    ['/absolute/photo.jpg', 'image/jpeg', 'photo.jpg'],
    ['C:\\Users\\x\\a.doc', 'application/msword', 'a.doc'],
    ['..', 'image/png', 'file.png'],
    ['.', 'image/png', 'file.png'],
    ['', 'image/jpeg', 'file.jpg'],
    [undefined, 'application/x-unknown', 'file.bin'],
    ['.htaccess', 'text/plain', 'htaccess.txt'],
    ['con.txt', 'text/plain', '_con.txt'],
    ['LPT1', 'application/pdf', '_LPT1.pdf'],
    ['a:b|c?.txt', 'text/plain', 'a_b_c_.txt'],
    ['photo\u202egpj.exe', 'image/jpeg', 'photogpj.exe'],
    ['a\r\nb.txt', 'text/plain', 'a b.txt'],
    ['report.', 'application/pdf', 'report.pdf'],
    ['Bild äöü 漢字.PNG', 'image/png', 'Bild äöü 漢字.PNG'],
    ['folder/', 'text/plain', 'folder.txt'],
  ])('%j (%s) → %s', (name, type, expected) => {
    expect(safeFilename(name, type)).toBe(expected);
  });

  it('keeps the extension of a name that is cut', () => {
    const name = safeFilename(`${'x'.repeat(1000)}.jpeg`, 'image/jpeg');
    expect(name.length).toBeLessThanOrEqual(limits.nameChars);
    expect(name.endsWith('.jpeg')).toBe(true);
  });

  it('is safe for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
        const safe = safeFilename(name, 'image/png');
        expect(safe).not.toMatch(/[\\/<>:"|?*\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(safe).not.toMatch(/^\.|^(?:con|nul|aux|prn)(?:\.|$)|[. ]$/i);
        expect(safe).toMatch(/.\.[^.]+$/);
        expect(safe.length).toBeLessThanOrEqual(limits.nameChars);
      }),
    );
  });
});
