import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The TypeScript examples of a page, each as a module. Names that an earlier example of the page declared are known in later ones. */
function snippetsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
}

/** Values that an example may use without making them. */
const PRELUDE = `
import type { Account as $Account, Chat as $Chat, Message as $Message } from 'coi-sdk';
declare global {
  const account: $Account;
  const chat: $Chat;
  const message: $Message;
}
`;

describe('the examples in the documentation', () => {
  it('compile', { timeout: 120_000 }, () => {
    const files = new Map<string, string>([[join(root, 'test/docs/~prelude.ts'), PRELUDE]]);
    for (const page of pages) {
      for (const [index, code] of snippetsOf(page).entries()) {
        files.set(join(root, `test/docs/~${page.replace(/\W/g, '-')}-${index}.ts`), `${code}\nexport {};\n`);
      }
    }
    expect(files.size).toBeGreaterThan(5);
    const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile, getSourceFile } = host;
    host.fileExists = (name) => files.has(name) || fileExists(name);
    host.readFile = (name) => files.get(name) ?? readFile(name);
    host.getSourceFile = (name, version, ...rest) => {
      const text = files.get(name);
      return text === undefined
        ? getSourceFile(name, version, ...rest)
        : ts.createSourceFile(name, text, version, true);
    };
    const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .filter((diagnostic) => diagnostic.file !== undefined && files.has(diagnostic.file.fileName))
      .map((diagnostic) => {
        const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
        const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
        return `${diagnostic.file?.fileName.split('~')[1]}:${line + 1} ${text}`;
      });
    expect(problems).toEqual([]);
  });
});
