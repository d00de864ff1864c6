// Writes on their way to the database. Those that arrive together share a transaction, and so a sync of its log: a group is gathered
// while all lanes are busy, so groups grow with the load, and an idle server commits at once.

import { isDatabaseAway } from '../../../core/errors.ts';
import type { Change } from '../../../core/tasks/changes.ts';
import type { UsageChange } from '../../../core/usage/usage-changes.ts';
import { type BalanceChanges, createBalanceChanges } from '../ledger/balance-changes.ts';
import { addCounts, type Counted } from '../tasks/counts.ts';
import { numberOfTransaction, outcomeOf } from './commit-outcome.ts';
import type { Database } from './database.ts';
import type { Query } from './statements.ts';

/** Transaction of a write. */
export interface Transaction {
  query: Query;
  /** Notes a change to a task, to be made known once the write is durable. */
  note(change: Change): void;
  /** Counts something in the statistics. */
  count(counted: Counted): void;
  /** Adds to the usage of a day. */
  use(changes: readonly UsageChange[]): void;
  /** Changes of balances by what it enters into the ledger; they are written at its end. */
  balances: BalanceChanges;
  /** Notes the number of the transaction, where a statement has given it: it is asked for otherwise. */
  numbered(number: string): void;
}

/** Does a kind of write for everybody in a group who asked for it; gives a value for each, in their order. */
export interface WriteAll<Args, Value> {
  (transaction: Transaction, all: readonly Args[]): Promise<Value[]>;
  /**
   * Lists the tasks that the write may change. Those of a group are locked before its first write, in the order of their ids: two groups
   * can't wait for each other, and each statement sees what was committed while the group waited.
   */
  tasksOf?: (args: Args) => readonly string[];
  /** Whether it comes after the other kinds of the group, as it waits for locks that are taken together with those for what they have entered. */
  isLast?: boolean;
}

/** A kind of write that changes these tasks. */
export function changing<Args, Value>(
  tasksOf: (args: Args) => readonly string[],
  write: WriteAll<Args, Value>,
): WriteAll<Args, Value> {
  return Object.assign(write, { tasksOf });
}

/** A kind of write that is the last of its group. */
export function last<Args, Value>(write: WriteAll<Args, Value>): WriteAll<Args, Value> {
  return Object.assign(write, { isLast: true });
}

export interface Writer {
  /** Resolves when the write is durable, and whoever listens to changes was notified. Rejects with what the database said. */
  write<Args, Value>(kind: WriteAll<Args, Value>, args: Args): Promise<Value>;
  /** Resolves when everything that was written so far is durable; what comes later is refused. */
  close(): Promise<void>;
}

/** A kind of write whose rows are written one after another. */
export function oneByOne<Args extends unknown[], Value>(
  write: (transaction: Transaction, ...args: Args) => Promise<Value>,
): WriteAll<Args, Value> {
  return async (transaction, all) => {
    const values: Value[] = [];
    for (const args of all) values.push(await write(transaction, ...args));
    return values;
  };
}

interface Waiting {
  kind: WriteAll<unknown, unknown>;
  args: unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

interface WriterOptions {
  /** Transactions at once. */
  lanes?: number;
  /** Writes in one transaction. */
  maxGroup?: number;
  /** Statement with which each transaction begins. */
  first?: string;
  /** Told how many writes each group was of, and how long it took, in milliseconds, whether or not it failed. */
  onWritten?: (writes: number, durationMs: number) => void;
}

export function createWriter(
  database: Pick<Database, 'transaction' | 'query'>,
  onCommit: (changes: readonly Change[]) => void,
  { lanes = 3, maxGroup = 64, first, onWritten = () => {} }: WriterOptions = {},
): Writer {
  const commit = createCommit(database, onCommit, first);
  let waiting: Waiting[] = [];
  let busy = 0;
  let isWaking = false;
  let closed: PromiseWithResolvers<void> | undefined;

  /** Lets a free lane work, also beside a group that waits for somebody's lock. */
  function wake(): void {
    if (isWaking || busy === lanes || waiting.length === 0) return;
    isWaking = true;
    setImmediate(() => {
      isWaking = false;
      void work();
    });
  }

  async function work(): Promise<void> {
    if (busy === lanes) return;
    busy += 1;
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxGroup);
      waiting = waiting.slice(maxGroup);
      wake();
      const startedAt = performance.now();
      await commit(group);
      onWritten(group.length, performance.now() - startedAt);
    }
    busy -= 1;
    if (busy === 0) closed?.resolve();
  }

  return {
    write<Args, Value>(kind: WriteAll<Args, Value>, args: Args) {
      if (closed !== undefined) return Promise.reject(new Error('The store is closed.'));
      return new Promise<Value>((resolve, reject) => {
        waiting.push({ kind, args, resolve, reject } as Waiting);
        wake();
      });
    },
    close() {
      closed ??= Promise.withResolvers<void>();
      if (busy === 0 && waiting.length === 0) closed.resolve();
      return closed.promise;
    },
  };
}

type Done = Awaited<ReturnType<typeof runGroup>>;

/**
 * Commits a group; where it fails each write goes again alone, so that none pays for another's fault. Where the database went away during
 * the commit it is asked what became of it, as soon as it is back.
 */
function createCommit(
  database: Pick<Database, 'transaction' | 'query'>,
  onCommit: (changes: readonly Change[]) => void,
  first: string | undefined,
): (group: readonly Waiting[]) => Promise<void> {
  async function run(group: readonly Waiting[], isAgain = false): Promise<Done> {
    let ready: Done | undefined;
    try {
      return await database.transaction(async (query, numbered) => {
        ready = undefined;
        const done = await runGroup(query, group);
        numbered(done.number);
        return (ready = done);
      }, first);
    } catch (error) {
      // A transaction that broke earlier has not been committed.
      if (!isDatabaseAway(error) || ready === undefined || ready.number === null) throw error;
      const outcome = await outcomeOf(database.query, ready.number);
      if (outcome === 'committed') return ready;
      if (outcome === 'aborted' && !isAgain) return await run(group, true);
      throw error;
    }
  }

  return async function commit(group) {
    let done: Done;
    try {
      done = await run(group);
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) for (const each of group) each.reject(error);
      else for (const each of group) await commit([each]);
      return;
    }
    // It is durable: a fault of a listener must not have it written again.
    onCommit(done.changes);
    for (const [index, each] of group.entries()) each.resolve(done.values[index]);
  };
}

/** Runs the writes of a group, those of one kind together. */
async function runGroup(query: Query, group: readonly Waiting[]) {
  lockTasks(query, group);
  const changes: Change[] = [];
  const counted: Counted[] = [];
  const used: UsageChange[] = [];
  let known: string | null = null;
  const transaction: Transaction = {
    query,
    note: (change) => void changes.push(change),
    count: (one) => void counted.push(one),
    use: (some) => void used.push(...some),
    balances: createBalanceChanges(query),
    numbered: (number) => void (known = number),
  };
  const values = new Map<Waiting, unknown>();
  const kinds = [...Map.groupBy(group, (each) => each.kind)];
  for (const [kind, some] of kinds.toSorted(
    ([a], [b]) => Number(a.isLast ?? false) - Number(b.isLast ?? false),
  )) {
    const done = await kind(
      transaction,
      some.map(({ args }) => args),
    );
    for (const [index, each] of some.entries()) values.set(each, done[index]);
  }
  // Last, since others may wait for these rows.
  transaction.balances.lock();
  transaction.balances.write();
  const number = (await addCounts(query, counted, used)) ?? known ?? (await numberOfTransaction(query));
  return { values: group.map((each) => values.get(each)), changes, number };
}

/** Is not waited for: what comes behind it in the transaction is. */
function lockTasks(query: Query, group: readonly Waiting[]): void {
  const ids = new Set(group.flatMap(({ kind, args }) => kind.tasksOf?.(args) ?? []));
  if (ids.size === 0) return;
  void query('SELECT FROM tasks WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [[...ids]]);
}
