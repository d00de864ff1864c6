// Statements of what the settings declared.

import {
  type Declaration,
  type DeclarationStore,
  isSameDeclarations,
} from '../../core/keys/declaration-store.ts';
import { lockFor, locks } from './database/locks.ts';
import { rowParameters } from './database/parameters.ts';
import type { Query } from './database/statements.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createDeclarations(query: Query, { write }: Pick<Writer, 'write'>): DeclarationStore {
  return {
    readDeclarations: () => read(query),
    writeDeclarationsIfStill: (before, declarations) => write(replaceIfStill, [before, declarations]),
  };
}

async function read(query: Query): Promise<Declaration[]> {
  return (await query(
    'SELECT kind, id, content FROM declarations ORDER BY kind, id',
  )) as unknown as Declaration[];
}

const declared = rowParameters<Declaration>({
  kind: ['text', ({ kind }) => kind],
  id: ['text', ({ id }) => id],
  content: ['text', ({ content }) => content],
});

const insert = `INSERT INTO declarations (kind, id, content) SELECT kind, id, content FROM ${declared.table}`;

const replaceIfStill = oneByOne(
  async (
    { query }: Transaction,
    before: readonly Declaration[],
    declarations: readonly Declaration[],
  ): Promise<boolean> => {
    // Of several servers that start at once, the second sees what the first has written.
    await lockFor(query, locks.declarations);
    if (!isSameDeclarations(await read(query), before)) return false;
    await query('DELETE FROM declarations');
    await query(insert, declared.of(declarations));
    return true;
  },
);
