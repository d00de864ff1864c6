// The comments of a source file.

import ts from 'typescript';

export interface Comment {
  line: number;
  /** Without the marks before its first word. */
  text: string;
}

const plain = (comment: string) => comment.replace(/^\/(?:\/|\*+)[\s*]*/, '');

/** Gives every comment in the order of the file. Lines with `//` below one another are one comment. */
export function commentsOf(tree: ts.SourceFile): Comment[] {
  const comments: Comment[] = [];
  const seen = new Set<number>();
  const { text } = tree;
  const add = (ranges: ts.CommentRange[] = []): void => {
    let lineBefore = -2;
    for (const { pos, end } of ranges) {
      const { line } = tree.getLineAndCharacterOfPosition(pos);
      const goesOn = line === lineBefore + 1 && text.startsWith('//', pos);
      lineBefore = tree.getLineAndCharacterOfPosition(end).line;
      if (seen.has(pos)) continue;
      seen.add(pos);
      const last = comments.at(-1);
      if (goesOn && last !== undefined) last.text += ` ${plain(text.slice(pos, end))}`;
      else comments.push({ line: line + 1, text: plain(text.slice(pos, end)) });
    }
  };
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.JsxText) return;
    add(ts.getLeadingCommentRanges(text, node.getFullStart()));
    for (const child of node.getChildren(tree)) visit(child);
  };
  visit(tree);
  return comments;
}
