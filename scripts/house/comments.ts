// The comments of a source file that begin a line.

import ts from 'typescript';

export interface Comment {
  line: number;
  /** Without the marks before its first word. */
  text: string;
}

const beginning = /^\s*\{?(\/\/|\/\*)/;
const plain = (row: string) => row.replace(/^\s*\{?\/(?:\/|\*+)[\s*]*/, '');

/** Numbers of the lines that begin within a text of the program: a template, or a text of JSX. */
function linesOfTexts(tree: ts.SourceFile): Set<number> {
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateLiteralToken(node) || node.kind === ts.SyntaxKind.JsxText) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = tree.getLineAndCharacterOfPosition(node.end).line;
      for (let line = first + 1; line <= last; line += 1) lines.add(line);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return lines;
}

/** Gives every comment in the order of the file. Lines with `//` below one another are one comment. */
export function commentsOf(tree: ts.SourceFile): Comment[] {
  const comments: Comment[] = [];
  const texts = linesOfTexts(tree);
  let open: 'none' | '//' | '/*' = 'none';
  for (const [line, row] of tree.text.split('\n').entries()) {
    const mark = open === '/*' || texts.has(line) ? undefined : beginning.exec(row)?.[1];
    const last = comments.at(-1);
    if (open === '/*' && last !== undefined) last.text += ` ${row.trim().replace(/^\*+ ?/, '')}`;
    else if (mark === '//' && open === '//' && last !== undefined) last.text += ` ${plain(row)}`;
    else if (mark !== undefined) comments.push({ line: line + 1, text: plain(row).trim() });
    if (mark === '//') open = '//';
    else if ((mark === '/*' || open === '/*') && !row.includes('*/')) open = '/*';
    else open = 'none';
  }
  return comments.map(({ line, text }) => ({ line, text: text.trim() }));
}
