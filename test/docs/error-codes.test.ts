import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The members of the union `CoiErrorCode`. */
function codes(): string[] {
  const file = join(root, 'src/core/errors.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  const found: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || statement.name.text !== 'CoiErrorCode') continue;
    if (!ts.isUnionTypeNode(statement.type)) continue;
    for (const type of statement.type.types) {
      if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) found.push(type.literal.text);
    }
  }
  return found;
}

describe('the page about errors', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const named = new Set([...page.matchAll(/`([A-Z][A-Z_]+)`/g)].map((match) => match[1]));

  it('names every code', () => {
    expect(codes().length).toBeGreaterThan(40);
    expect(codes().filter((code) => !named.has(code))).toEqual([]);
  });

  it('names no other', () => {
    const known = new Set(codes());
    expect([...named].filter((code) => code !== undefined && !known.has(code))).toEqual([]);
  });
});
