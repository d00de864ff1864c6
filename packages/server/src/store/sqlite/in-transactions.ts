// Writes of a command, each in a transaction of its own: a server's writer thread may write between two statements, but not within one.

import type { DatabaseSync } from 'node:sqlite';
import { commitGroup } from './writes/group-commit.ts';

type Write = (...args: never[]) => unknown;

export function inTransactions<Writes extends Record<string, Write>>(
  database: DatabaseSync,
  writes: Writes,
): Writes {
  const entries = Object.entries(writes).map(([name, write]) => [
    name,
    (...args: never[]) => {
      const [outcome] = commitGroup(database, [() => write(...args)]);
      if (outcome?.ok === true) return outcome.value;
      throw outcome?.error;
    },
  ]);
  return Object.fromEntries(entries) as Writes;
}
