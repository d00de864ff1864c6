// For tests: writes garbage over a page of a database file, as a failing disk does.

import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const pageSize = 4096;
/** https://www.sqlite.org/fileformat2.html#b_tree_pages */
const leafOfTable = 13;

/** Overwrites the first leaf of a table that holds all these texts, and gives what was there. The database has to be closed. */
export function damagePage(file: string, texts: readonly string[]): Buffer {
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += pageSize) {
    const page = bytes.subarray(at, at + pageSize);
    if (page[0] !== leafOfTable || !texts.every((text) => page.includes(text))) continue;
    const before = Buffer.from(page);
    page.fill(0xa7);
    writeFileSync(file, bytes);
    return before;
  }
  throw new Error('No page holds this.');
}

/** Overwrites the first page of an index. The database has to be closed. */
export function damageIndex(file: string, name: string): void {
  const database = new DatabaseSync(file);
  const found = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name);
  database.close();
  if (found === undefined) throw new Error(`There is no index ${name}.`);
  const open = openSync(file, 'r+');
  writeSync(open, Buffer.alloc(pageSize, 0xa7), 0, pageSize, (Number(found['rootpage']) - 1) * pageSize);
  closeSync(open);
}
