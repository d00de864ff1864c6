// The tables of the bench in `docs/bench.md`: written by the command itself, each between two marks; the words around it are written by hand.
// It is padded as prettier pads it, so that formatting changes nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from './rows/row.ts';

export const page = 'docs/bench.md';
const file = fileURLToPath(new URL(`../${page}`, import.meta.url));
const end = '<!-- end -->';
const header = ['what', 'measured', 'limit', 'figure', 'claim', 'holds'];

/** Writes the table that begins with the mark of `command`. Throws when the page has no marks for it. */
export function writePage(command: string, sentence: string, rows: readonly Row[]): void {
  const text = readFileSync(file, 'utf8');
  const begin = `<!-- begin: written by ${command} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`${page} has no marks for the table of ${command}.`);
  const table = `${begin}\n\n${sentence}\n\n${toTable(rows)}\n\n`;
  writeFileSync(file, text.slice(0, from) + table + text.slice(to));
}

function toTable(rows: readonly Row[]): string {
  const cells = [header, ...rows.map(toCells)];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return lines
    .toSpliced(
      1,
      0,
      widths.map((width) => '-'.repeat(width)),
    )
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

function toCells({ what, measured, limit, figure, claim, holds }: Row): string[] {
  return [what, measured, limit, figure, claim, holds ? 'yes' : 'no'];
}

/** One line as it is printed while the bench runs; without a row the head of the table. */
export function toLine(row?: Row): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return row === undefined ? `${line(header)}\n${line(header.map(() => '---'))}` : line(toCells(row));
}
