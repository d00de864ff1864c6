// The last run in docs/cluster.md: written by the command itself, between two marks; the words around it are written by hand.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { timelineHead } from './book.ts';

export const page = 'docs/cluster.md';
const file = fileURLToPath(new URL(`../../${page}`, import.meta.url));
const [begin, end] = ['<!-- begin: written by npm run cluster -->', '<!-- end -->'];

/** Throws when the page has no marks. */
export async function writePage(
  sentence: string,
  timeline: readonly string[],
  figures: readonly string[],
): Promise<void> {
  const [before, rest] = readFileSync(file, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no marks for the timeline.`);
  const list = figures.map((figure) => `- ${figure}`);
  const text = [
    `${before}${begin}`,
    '',
    sentence,
    '',
    ...timelineHead,
    ...timeline,
    '',
    ...list,
    '',
    `${end}${after}`,
  ].join('\n');
  writeFileSync(file, await format(text, { parser: 'markdown' }));
}
