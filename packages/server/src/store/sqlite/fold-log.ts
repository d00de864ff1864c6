// Folds the log into the database. Until then the file has pages as they were before they were written over: a server with little to do would
// have there for days what it deleted.

import type { DatabaseSync } from 'node:sqlite';
import { writeFirstPage } from './database.ts';

/**
 * Makes the function that folds the log, unless nothing was changed since. It holds up no reader, and waits for none: pages that a read under way
 * still needs stay with the next call. A log of 16 MB, the longest as a rule, takes 50 ms. Never throws: the next call does it again.
 */
export function createFoldLog(database: DatabaseSync): () => void {
  const countChanges = database.prepare('SELECT total_changes() AS count');
  const fold = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  // Changes of the process before are folded too.
  let folded: unknown;
  return () => {
    try {
      const count = countChanges.get()?.['count'];
      if (count === folded) return;
      const { busy, log, checkpointed } = fold.get() ?? {};
      if (busy !== 0 || log !== checkpointed) return;
      folded = count;
      // The next write begins the log anew, and it is to begin with this: `foreign-log.ts`.
      writeFirstPage(database);
    } catch {
      // The disk doesn't take it now.
    }
  };
}
