// Claims: rows that are somebody's to do something with, until a time.

import type { DatabaseSync } from 'node:sqlite';

/** Condition of a row that nobody has claimed at `:now`. */
export const isFree = 'coalesce(claimed_until, 0) <= :now';

export function endClaims(database: DatabaseSync): void {
  for (const table of ['tasks', 'webhook_deliveries'])
    database.exec(`UPDATE ${table} SET claimed_until = NULL WHERE claimed_until IS NOT NULL`);
}
