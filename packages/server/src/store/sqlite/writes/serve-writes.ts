// The writer thread's work: the only connection of the server that writes. Each message is a group of writes, and one commit. While it waits
// for the disk, the main thread gathers the next one: so the groups grow with the load, and an idle server commits at once.

import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { Change } from '../../../core/tasks/changes.ts';
import { openForWriting, writeFirstPage } from '../database.ts';
import { createFoldLog } from '../fold-log.ts';
import { gatherUsage } from '../usage/gathered-usage.ts';
import { prepareAddUsage } from '../usage/usage-writes.ts';
import { type AllWrites, createAllWrites } from './all-writes.ts';
import { endClaims } from './claims.ts';
import { commitGroup, type Outcome } from './group-commit.ts';

/** `[call number, name of the write, arguments]`. */
export type WriteCall = [number, string, unknown[]];
/** `[call number, value, null, changes to tasks]`, or `[call number, null, what went wrong]`. */
export type WriteAnswer =
  [number, unknown, null, readonly Change[]] | [number, null, { message: string; code: number | null }];

/** Write whose group is followed by the folding of the log. */
const foldsAfter: keyof AllWrites = 'writeOverDeleted';

interface Written {
  value: unknown;
  changes: readonly Change[];
}

/** Opens the file and answers the groups of writes that come through the port, until it is told to close. */
export function serveWrites(port: MessagePort, file: string): void {
  const database = openForWriting(file);
  const commit = createCommit(database);
  // Claims that are found now are of a process that is gone: no other one works on this database.
  endClaims(database);
  port.on('message', (message: string) => {
    if (message === 'close') {
      database.close();
      port.close();
      return;
    }
    port.postMessage(JSON.stringify(commit(JSON.parse(message) as WriteCall[])));
  });
}

/** Makes what commits a group of writes and gives their answers. */
function createCommit(database: DatabaseSync): (calls: readonly WriteCall[]) => WriteAnswer[] {
  // The log begins with it, so that it can be told from another database’s: `foreign-log.ts`.
  writeFirstPage(database);
  const foldLog = createFoldLog(database);
  /** Of the write that runs. */
  let changes: Change[] = [];
  const usage = gatherUsage(prepareAddUsage(database));
  const writes: Record<string, (...args: never[]) => unknown> = createAllWrites(
    database,
    (change) => changes.push(change),
    usage.add,
  );

  function run([, name, args]: WriteCall): Written {
    changes = [];
    const value = writes[name]?.(...(args as never[]));
    return { value, changes };
  }
  return (calls) => {
    const outcomes = commitGroup(
      database,
      calls.map((call) => () => run(call)),
      usage,
    );
    // Writes from here on would be lost with the transaction that can’t be left.
    if (database.isTransaction) throw new Error('The database can’t end a transaction.');
    if (calls.some(([, name]) => name === foldsAfter)) foldLog();
    return calls.map(([number], index) => answer(number, outcomes[index]));
  };
}

function answer(number: number, outcome: Outcome<Written> | undefined): WriteAnswer {
  if (outcome?.ok === true) return [number, outcome.value.value, null, outcome.value.changes];
  const error = outcome?.error as (Error & { errcode?: number }) | undefined;
  return [number, null, { message: error?.message ?? 'no outcome', code: error?.errcode ?? null }];
}
