// Statement that reads what the settings declared.

import type { DatabaseSync } from 'node:sqlite';
import type { Declaration, DeclarationStore } from '../../../core/keys/declaration-store.ts';
import type { Synchronous } from '../asynchronous.ts';

export function createDeclarationReads(
  database: DatabaseSync,
): Synchronous<Pick<DeclarationStore, 'readDeclarations'>> {
  const all = database.prepare('SELECT kind, id, content FROM declarations ORDER BY kind, id');
  return { readDeclarations: () => all.all() as unknown as Declaration[] };
}
