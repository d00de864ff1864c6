// An expression as a tree of few kinds, for whoever walks through it.

import { parse } from 'regexp-tree';
import type { Assertion, Expression, Repetition } from 'regexp-tree/ast';

export type Tree =
  | { kind: 'one'; test: (character: string) => boolean }
  | { kind: 'all'; of: Tree[] }
  | { kind: 'any'; of: Tree[] }
  | { kind: 'repeat'; of: Tree; least: number; most: number; greedy: boolean }
  /** A place between two characters. */
  | { kind: 'edge'; test: (characters: readonly string[], at: number) => boolean }
  | { kind: 'look'; of: Tree; behind: boolean; negative: boolean };

/** Throws for what no expression of the project has, such as references to what was matched before. */
export function treeOf(source: string, flags: string): Tree {
  return build(parse(`/${source}/${flags}`, { captureLocations: true }).body, flags);
}

function build(node: Expression | null, flags: string): Tree {
  if (node === null) return { kind: 'all', of: [] };
  if (node.type === 'Alternative')
    return { kind: 'all', of: node.expressions.map((each) => build(each, flags)) };
  if (node.type === 'Disjunction')
    return { kind: 'any', of: [node.left, node.right].flatMap((each) => flattened(build(each, flags))) };
  if (node.type === 'Group') return build(node.expression, flags);
  if (node.type === 'Repetition') return repetition(node, flags);
  if (node.type === 'Assertion') return assertion(node, flags);
  const source = node.loc?.source ?? '';
  if (node.type === 'Backreference') throw new Error(`References to groups are not followed here: ${source}`);
  // Characters and classes; those by property have a type of their own, which the types don't name.
  return { kind: 'one', test: testOf(source, flags) };
}

function flattened(tree: Tree): Tree[] {
  return tree.kind === 'any' ? tree.of : [tree];
}

function repetition({ expression, quantifier }: Repetition, flags: string): Tree {
  const { kind, greedy } = quantifier;
  const range =
    kind === 'Range'
      ? { least: quantifier.from, most: quantifier.to ?? Infinity }
      : { least: kind === '+' ? 1 : 0, most: kind === '?' ? 1 : Infinity };
  return { kind: 'repeat', of: build(expression, flags), ...range, greedy };
}

function assertion(node: Assertion, flags: string): Tree {
  if (node.kind === 'Lookahead' || node.kind === 'Lookbehind')
    return {
      kind: 'look',
      of: build(node.assertion, flags),
      behind: node.kind === 'Lookbehind',
      negative: node.negative === true,
    };
  const lines = flags.includes('m');
  const isWord = (character = '') => /\w/.test(character);
  const edges: Record<typeof node.kind, (characters: readonly string[], at: number) => boolean> = {
    '^': (characters, at) => at === 0 || (lines && characters[at - 1] === '\n'),
    $: (characters, at) => at === characters.length || (lines && characters[at] === '\n'),
    '\\b': (characters, at) => isWord(characters[at - 1]) !== isWord(characters[at]),
    '\\B': (characters, at) => isWord(characters[at - 1]) === isWord(characters[at]),
  };
  return { kind: 'edge', test: edges[node.kind] };
}

/** The engine itself says what the piece of an expression matches. */
function testOf(source: string, flags: string): (character: string) => boolean {
  const expression = new RegExp(`^(?:${source})$`, flags.replaceAll(/[gymd]/g, ''));
  const known = new Map<string, boolean>();
  return (character) => {
    let found = known.get(character);
    if (found === undefined) known.set(character, (found = expression.test(character)));
    return found;
  };
}
