// The source files of the project, parsed by the compiler.

import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');

export interface Source {
  /** From the root, such as `packages/server/src/lib/ids.ts`. */
  path: string;
  tree: ts.SourceFile;
}

/** Tells tests and their support, whose sizes have bounds of their own. */
export const isTest = (path: string): boolean => /\.(?:test|conformance|fixture)\.tsx?$/.test(path);

export const parse = (path: string, text: string): Source => ({
  path,
  tree: ts.createSourceFile(basename(path), text, ts.ScriptTarget.Latest, true),
});

export function readSources(): Source[] {
  const paths = globSync('{packages,bench,e2e,scripts}/**/*.{ts,tsx,js,mjs}', {
    cwd: root,
    exclude: (name) => ['node_modules', 'dist', 'data'].includes(basename(name)),
  });
  return paths.toSorted().map((path) => parse(path, readFileSync(join(root, path), 'utf8')));
}
