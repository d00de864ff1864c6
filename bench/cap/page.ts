// The last run of the cap in docs/money.md: written by the command itself, between two marks; the words around it are written by hand.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

const page = 'docs/money.md';
const file = fileURLToPath(new URL(`../../${page}`, import.meta.url));
const [begin, end] = ['<!-- begin: written by npm run cap -->', '<!-- end -->'];

/** Throws when the page has no marks. */
export async function writeTable(sentence: string, table: string): Promise<void> {
  const [before, rest] = readFileSync(file, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no marks for the table.`);
  const text = [`${before}${begin}`, '', sentence, '', table, '', `${end}${after}`].join('\n');
  writeFileSync(file, await format(text, { parser: 'markdown' }));
}
