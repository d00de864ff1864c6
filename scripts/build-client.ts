// Builds `@plantain/client` as it is published: ESM and its types, from the sources that the workspace uses as they are.
// `node scripts/build-client.ts [directory]`; without a directory, packages/client/dist.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import packageJson from '../packages/client/package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const source = join(root, 'packages', 'client', 'src');

/** What the package exports: the path behind its name, and the module. */
const entries: Readonly<Record<string, string>> = { '.': 'index' };

/** Empties the directory and writes the package there. Throws an error with the compiler's words. */
export function buildClient(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  compile(directory);
  cpSync(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  cpSync(join(root, 'docs', 'client.md'), join(directory, 'README.md'));
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(published(), null, 2)}\n`);
}

function published(): object {
  const { name, version, description, license, type } = packageJson;
  const exported = Object.entries(entries).map(([path, module]) => [
    path,
    { types: `./${module}.d.ts`, default: `./${module}.js` },
  ]);
  return {
    name,
    version,
    description,
    license,
    type,
    engines: { node: '>=20' },
    sideEffects: false,
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
    files: ['*.js', '*.d.ts'],
  };
}

function compile(outDir: string): void {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const program = ts.createProgram(
    Object.values(entries).map((module) => join(source, `${module}.ts`)),
    {
      ...options,
      // The oldest Node that the package runs on.
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: source,
      outDir,
    },
  );
  const { diagnostics } = program.emit(undefined, (path, text) => {
    // The compiler rewrites the endings of imports in code only.
    writeFileSync(
      path,
      path.endsWith('.d.ts') ? text.replaceAll(/(['"]\.{1,2}\/[\w./-]+)\.ts(?=['"])/g, '$1.js') : text,
    );
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length === 0) return;
  throw new Error(
    ts.formatDiagnostics(faults, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
  );
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? join(root, 'packages', 'client', 'dist'));
  buildClient(directory);
  console.log(`The package is in ${directory}.`);
}
