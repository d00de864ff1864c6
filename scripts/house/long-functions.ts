// Finds functions that are too long. Blank lines and comments count. A function that declares tests, as the body of
// `describe` and a conformance suite do, may have any length: each of its tests is bounded instead.

import { basename } from 'node:path';
import ts from 'typescript';
import type { Finding } from './finding.ts';
import { isTest, type Source } from './sources.ts';

const declarers = new Set(['describe', 'test', 'it']);

const maxLinesOf = (path: string): number => (isTest(path) || path.endsWith('.tsx') ? 80 : 60);

/** The identifier that a call begins with: `test` of `test.each(rows)('…')`. */
function calleeOf(node: ts.Node): string | undefined {
  let at: ts.Node = node;
  while (!ts.isIdentifier(at)) {
    if (!ts.isCallExpression(at) && !ts.isPropertyAccessExpression(at) && !ts.isTaggedTemplateExpression(at))
      return undefined;
    at = ts.isTaggedTemplateExpression(at) ? at.tag : at.expression;
  }
  return at.text;
}

/** Looks at the function's own statements, loops and conditions, and at no function in it. */
function declaresTests(node: ts.Node): boolean {
  if (ts.isCallExpression(node) && declarers.has(calleeOf(node) ?? '')) return true;
  return ts.forEachChild(node, (child) => !ts.isFunctionLike(child) && declaresTests(child)) ?? false;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if (ts.isCallExpression(parent)) {
    const [title] = parent.arguments;
    return title !== undefined && ts.isStringLiteralLike(title) ? title.text : parent.expression.getText();
  }
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : 'a function without a name';
}

export function findLongFunctions({ path, tree }: Source): Finding[] {
  const found: Finding[] = [];
  const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = lineOf(node.getStart());
      const lines = lineOf(node.getEnd()) - first + 1;
      if (lines > maxLinesOf(path) && !(isTest(path) && declaresTests(node.body)))
        found.push({
          key: `${basename(path)}: ${nameOf(node)}`,
          message: `${path}:${first} ${nameOf(node)} has ${lines} lines; at most ${maxLinesOf(path)}. Name its parts.`,
        });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
