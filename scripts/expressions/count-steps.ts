// Counts how often a backtracking engine looks at a character while it searches: that does not depend on how busy a machine is.
// The engines of browsers and Node try the same ways in the same order, and spare themselves a part of them.

import type { Tree } from './expression-tree.ts';

/** Counts up to this, and not beyond. */
export const maxSteps = 3_000_000;

class TooManySteps extends Error {}

type Next = (at: number) => boolean;
type Match = (at: number, next: Next) => boolean;

/** All searches through the text, as `replaceAll` makes them. */
export function countSteps(tree: Tree, text: string, flags: string): number {
  const characters = flags.includes('u') ? Array.from(text) : text.split('');
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > maxSteps) throw new TooManySteps();
  };
  const match = compile(tree, characters, step);
  try {
    for (let at = 0; at <= characters.length;) {
      step();
      let end = -1;
      match(at, (place) => {
        end = place;
        return true;
      });
      at = end > at ? end : at + 1;
      if (end === -1 && flags.includes('y')) break;
    }
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
  }
  return steps;
}

function compile(tree: Tree, characters: readonly string[], step: () => void): Match {
  const inner = (each: Tree): Match => compile(each, characters, step);
  switch (tree.kind) {
    case 'one':
      return (at, next) => {
        step();
        return at < characters.length && tree.test(characters[at] ?? '') && next(at + 1);
      };
    case 'edge':
      return (at, next) => tree.test(characters, at) && next(at);
    case 'any': {
      const ways = tree.of.map(inner);
      return (at, next) => ways.some((way) => way(at, next));
    }
    case 'all': {
      const parts = tree.of.map(inner);
      const from = (part: number, at: number, next: Next): boolean => {
        const match = parts[part];
        return match === undefined ? next(at) : match(at, (place) => from(part + 1, place, next));
      };
      return (at, next) => from(0, at, next);
    }
    case 'look': {
      const match = inner(tree.of);
      // Lookbehinds are short in this project.
      const starts = (at: number) => (tree.behind ? [at, at - 1, at - 2, at - 3] : [at]);
      const found = (at: number): boolean =>
        starts(at).some((start) => start >= 0 && match(start, (end) => !tree.behind || end === at));
      return (at, next) => found(at) !== tree.negative && next(at);
    }
    case 'repeat':
    default:
      return tree.of.kind === 'one'
        ? run(tree, tree.of, { characters, step })
        : loop(tree, inner(tree.of), step);
  }
}

type Repeat = Extract<Tree, { kind: 'repeat' }>;

/** Of single characters: without a call for each, so that long texts do not fill the stack. */
function run(
  { least, most, greedy }: Repeat,
  one: Extract<Tree, { kind: 'one' }>,
  { characters, step }: { characters: readonly string[]; step: () => void },
): Match {
  const matches = (at: number): boolean => {
    step();
    return at < characters.length && one.test(characters[at] ?? '');
  };
  return (at, next) => {
    let end = at;
    while (end - at < least) {
      if (!matches(end)) return false;
      end += 1;
    }
    const first = end;
    if (!greedy) {
      for (;;) {
        if (next(end)) return true;
        if (end - at >= most || !matches(end)) return false;
        end += 1;
      }
    }
    while (end - at < most && matches(end)) end += 1;
    for (; end >= first; end -= 1) {
      step();
      if (next(end)) return true;
    }
    return false;
  };
}

function loop({ least, most, greedy }: Repeat, body: Match, step: () => void): Match {
  const again = (count: number, at: number, next: Next): boolean => {
    step();
    const more = () =>
      count < most && body(at, (end) => (end > at || count < least) && again(count + 1, end, next));
    const enough = () => count >= least && next(at);
    return greedy ? more() || enough() : enough() || more();
  };
  return (at, next) => again(0, at, next);
}
