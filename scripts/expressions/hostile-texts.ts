// Makes the texts that an expression is slowest with out of its own pieces: what leads to a repetition, what can be repeated
// there a great many times, and something behind it that does not fit.

import type { Tree } from './expression-tree.ts';

export interface HostileText {
  before: string;
  repeated: string;
  behind: string;
}

const defaultCharacters = [
  ...Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index)),
  ...Array.from('\t\n\r\0éß中违\u3000\ufeff'),
];

/** Beyond it pairs of characters, and each of them at the start, add nothing but time. */
const fewCharacters = 8;
/** A repetition of at most so many is as good as none. */
const fewTimes = 20;

export function hostileTexts(tree: Tree, source: string): HostileText[] {
  const places = placesOf(tree, '', (place) => place);
  if (places.length === 0) return [];
  const characters = representatives(tree, source);
  const few = characters.length > fewCharacters ? [] : characters;
  const pairs = few.flatMap((first) => few.map((second) => first + second));
  const misfit = characters.find((character) => !onesOf(tree).some((one) => one.test(character))) ?? '\0';
  const texts = new Map<string, HostileText>();
  for (const { before, parts, behind } of places)
    for (const repeated of new Set([...parts, ...characters, ...pairs]))
      for (const start of new Set([before, '', ...few]))
        for (const end of new Set([misfit, '', behind]))
          if (repeated !== '')
            texts.set(JSON.stringify([start, repeated, end]), { before: start, repeated, behind: end });
  return [...texts.values()];
}

interface Place {
  /** Text that matches all that stands before the repetition. */
  before: string;
  /** Texts that can be repeated: a turn of the repetition, alone and with what stands before it, near and far. */
  parts: string[];
  /** Text that matches all that stands behind it. */
  behind: string;
}

function placesOf(tree: Tree, before: string, wrap: (place: Place) => Place): Place[] {
  if (tree.kind === 'any') return tree.of.flatMap((each) => placesOf(each, before, wrap));
  if (tree.kind === 'all') return placesInRow(tree.of, before, wrap);
  if (tree.kind === 'look') return placesOf(tree.of, before, wrap);
  if (tree.kind !== 'repeat') return [];
  const own = tree.most > fewTimes ? [wrap({ before, parts: [sampleOf(tree.of)], behind: '' })] : [];
  return [...own, ...placesOf(tree.of, before, wrap)];
}

function placesInRow(row: readonly Tree[], before: string, wrap: (place: Place) => Place): Place[] {
  const samples = row.map(sampleOf);
  return row.flatMap((each, index) => {
    const upToHere = samples.slice(0, index + 1);
    const starts = Array.from({ length: Math.min(index, 6) }, (_, back) =>
      upToHere.slice(-2 - back).join(''),
    );
    return placesOf(each, before + samples.slice(0, index).join(''), (place) =>
      wrap({
        before: place.before,
        parts: [...place.parts, ...starts, upToHere.join(''), samples.join('')],
        behind: place.behind + samples.slice(index + 1).join(''),
      }),
    );
  });
}

/** A short text that matches. */
function sampleOf(tree: Tree): string {
  if (tree.kind === 'one') return defaultCharacters.find((character) => tree.test(character)) ?? '';
  if (tree.kind === 'all') return tree.of.map(sampleOf).join('');
  if (tree.kind === 'any') return tree.of[0] === undefined ? '' : sampleOf(tree.of[0]);
  return tree.kind === 'repeat' ? sampleOf(tree.of).repeat(Math.max(1, Math.min(tree.least, 300))) : '';
}

function onesOf(tree: Tree): Extract<Tree, { kind: 'one' }>[] {
  if (tree.kind === 'one') return [tree];
  if (tree.kind === 'all' || tree.kind === 'any') return tree.of.flatMap(onesOf);
  return tree.kind === 'edge' ? [] : onesOf(tree.of);
}

/** One character of each set that the expression can't tell apart. */
function representatives(tree: Tree, source: string): string[] {
  const ones = onesOf(tree);
  const known = new Map<string, string>();
  for (const character of [...defaultCharacters, ...Array.from(source)]) {
    const signature = ones.map((one) => (one.test(character) ? '1' : '0')).join('');
    if (!known.has(signature)) known.set(signature, character);
  }
  return [...known.values()];
}
