// Statements of what the settings declared.

import type { Declaration, DeclarationStore } from '../../core/keys/declaration-store.ts';
import { rowParameters } from './database/parameters.ts';
import type { Query } from './database/statements.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createDeclarations(query: Query, { write }: Pick<Writer, 'write'>): DeclarationStore {
  return {
    async readDeclarations() {
      const rows = await query('SELECT kind, id, content FROM declarations ORDER BY kind, id');
      return rows as unknown as Declaration[];
    },
    writeDeclarations: (declarations) => write(replace, [declarations]),
  };
}

const declared = rowParameters<Declaration>({
  kind: ['text', ({ kind }) => kind],
  id: ['text', ({ id }) => id],
  content: ['text', ({ content }) => content],
});

/** Of several servers that start at once with the same settings, each writes the same. */
const insert = `INSERT INTO declarations (kind, id, content) SELECT kind, id, content FROM ${declared.table}
  ON CONFLICT (kind, id) DO UPDATE SET content = excluded.content`;

const replace = oneByOne(
  async ({ query }: Transaction, declarations: readonly Declaration[]): Promise<void> => {
    await query('DELETE FROM declarations');
    await query(insert, declared.of(declarations));
  },
);
