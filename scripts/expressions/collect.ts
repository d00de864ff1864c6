// Finds every regular expression in source files, as the compiler sees them.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');

export interface FoundExpression {
  /** Such as `packages/server/src/lib/ids.ts:12`. */
  place: string;
  source: string;
  flags: string;
}

/** Gives the expressions that are written as such, and the files that build others, as often as they do. Tests and their support are left out. */
export function collectExpressions(): { written: FoundExpression[]; building: string[] } {
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter(
    (file) => !/\.(?:test|fixture|conformance)\.tsx?$/.test(file),
  );
  const written: FoundExpression[] = [];
  const building: string[] = [];
  for (const file of files.toSorted()) {
    const text = readFileSync(join(root, file), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        const end = node.text.lastIndexOf('/');
        written.push({
          place: `${file}:${line + 1}`,
          source: node.text.slice(1, end),
          flags: node.text.slice(end + 1),
        });
      }
      const isCall = ts.isNewExpression(node) || ts.isCallExpression(node);
      if (isCall && node.expression.getText() === 'RegExp') building.push(file);
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return { written, building };
}
