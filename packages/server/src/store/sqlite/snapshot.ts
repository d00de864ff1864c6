// Snapshots of the reading connection: the status queries of one turn of the event loop share one, as opening one for each is a fifth of
// the read's time.

import type { DatabaseSync } from 'node:sqlite';

export interface Snapshot {
  /** Every read from here on, until the end of the turn or `end`, is of this moment. */
  begin(): void;
  /** To be called when a write is known to be durable, before anyone is told: each read from then on includes it. Never throws. */
  end(): void;
}

/** `onFault` hears of a snapshot that did not end as it should, and whether it is over all the same. */
export function createSnapshot(
  database: DatabaseSync,
  onFault: (error: unknown, isOver: boolean) => void,
): Snapshot {
  const begin = database.prepare('BEGIN');
  const commit = database.prepare('COMMIT');
  let isOpen = false;

  function end(): void {
    if (!isOpen) return;
    isOpen = false;
    try {
      commit.run();
    } catch (error) {
      // A read within that met a damaged page: SQLite says so once more, and ends the snapshot.
      try {
        if (database.isTransaction) database.exec('ROLLBACK');
      } catch {
        // A transaction that is still open is told of below.
      }
      onFault(error, !database.isTransaction);
    }
  }

  return {
    end,
    begin() {
      if (isOpen) return;
      begin.run();
      isOpen = true;
      setImmediate(end);
    },
  };
}
