// The store on PostgreSQL, which any number of processes share. A promise of a write resolves after the commit, and whoever listens to
// `changes` is notified before.

import type { Messages } from '../../core/nodes/messages.ts';
import type { Change, Changes } from '../../core/tasks/changes.ts';
import { startSystemTimer, type StartTimer } from '../../lib/timers.ts';
import type { OnWritten, Store, WriteLane } from '../store.ts';
import { createChangesFeed, type ChangesFeed } from './changes/changes-feed.ts';
import { createMessages } from './changes/messages.ts';
import { type Database, openDatabase } from './database/database.ts';
import type { PresenceListener } from './database/presence.ts';
import { lockForTakes } from './database/locks.ts';
import { createAlerts } from './alerts.ts';
import { createAudit } from './audit.ts';
import { createClientBatches } from './client-batches.ts';
import { createDeclarations } from './declarations.ts';
import { createFiles } from './files.ts';
import { createGauges } from './reads/gauges.ts';
import { createHorizon } from './changes/horizon.ts';
import { createKeys } from './keys.ts';
import { createKeyStates } from './key-states.ts';
import { createCallCounter, createOverdueCalls } from './tasks/open-calls.ts';
import { createOwners } from './owners.ts';
import { createStoredBytes } from './reads/stored-bytes.ts';
import { createSessions } from './sessions/sessions.ts';
import { createRateStore } from './rates.ts';
import { createKnownOrder } from './order/bounds.ts';
import { createRetention } from './tasks/retention.ts';
import { createStatistics } from './statistics.ts';
import { createLedger } from './ledger/ledger.ts';
import { createTaskAttempts } from './tasks/task-attempts.ts';
import { createTaskChanges } from './changes/task-changes.ts';
import { createTaskEnds } from './tasks/task-ends.ts';
import { createTaskIntake } from './tasks/task-intake.ts';
import { createTaskLeases } from './tasks/task-leases.ts';
import { createOperatorReads } from './reads/operator-reads.ts';
import { createTaskLists } from './reads/task-lists.ts';
import { createTaskLoad } from './reads/task-load.ts';
import { createTaskQueue } from './tasks/task-queue.ts';
import { createTaskReads } from './reads/task-reads.ts';
import { createTaskSweeps } from './tasks/task-sweeps.ts';
import { createTimeOnRecord } from './tasks/time-on-record.ts';
import { createUsage } from './usage/usage-reads.ts';
import { createUnreadAnswers } from './unread-answers.ts';
import { createWebhooks } from './webhooks/webhooks.ts';
import { createWriter, oneByOne, type Transaction, type Writer } from './database/writer.ts';

export interface PostgresOptions {
  url: string;
  /** Address for the connection that hears of changes; `null` where none can. Default: `url`. */
  listenUrl?: string | null;
  changes: Changes;
  startTimer?: StartTimer;
  listener?: PresenceListener;
  /** Called where a pooler stands before the database at `listenUrl`. */
  onPooled?: () => void;
  onWritten?: OnWritten;
}

/** Creates the store on a database that has the schema, or will have it. */
export function createPostgresStore(options: PostgresOptions): {
  store: Store;
  database: Database;
  feed: ChangesFeed;
  messages: Messages;
} {
  const { url, listenUrl = url, changes, startTimer = startSystemTimer, listener, onPooled } = options;
  const database = openDatabase({ url, connections, ...(listener === undefined ? {} : { listener }) });
  const { query } = database;
  const horizon = createHorizon(query, startTimer);
  const { hear: onMessage, ...messages } = createMessages(query);
  const feed = createChangesFeed({ database, horizon, changes, listenUrl, startTimer, onMessage, onPooled });
  const onCommit = (some: readonly Change[]) => {
    changes.notify(some);
    if (some.length > 0) feed.tell();
  };
  const writers = createWriters(database, onCommit, options.onWritten);
  const { writer, takes, large, sweeps } = writers;
  const known = createKnownOrder();
  const counter = createCallCounter();
  const store: Store = {
    ...createCallers(query, writer, sweeps),
    ...createDeclarations(query, writer),
    ...createRateStore(query),
    ...createStoredBytes(query),
    ...createAudit(query, writer, sweeps),
    ...createAlerts(query, writer),
    ...createTaskIntake(query, writer, large),
    ...createTaskQueue(query, takes, known, counter),
    ...createTaskLeases(writer),
    ...createTaskAttempts(writer, takes, counter),
    ...createTaskEnds(writer, known),
    ...createOverdueCalls(writer),
    ...createTaskSweeps(writer),
    ...createTaskReads(query),
    ...createTaskLists(query),
    ...createOperatorReads(query),
    ...createTaskChanges(query, horizon),
    ...createTaskLoad(query, takes, known),
    ...createRetention(writer, sweeps, takes),
    ...createFiles(query, writer, sweeps),
    ...createClientBatches(query, writer, sweeps),
    ...createKeyStates(query, writer),
    ...createUnreadAnswers(query, writer, sweeps),
    ...createLedger(database, writer, large),
    ...createStatistics(query, sweeps),
    ...createUsage(query),
    ...createGauges(query),
    ...createWebhooks(query, writer, sweeps),
    ...createTimeOnRecord(query, takes),
    ping: () => writer.write(ping, []),
    async close() {
      await writers.close();
      await feed.close();
      await database.close();
    },
  };
  return { store, database, feed, messages };
}

/** Everything by which a caller is known. */
function createCallers(query: Database['query'], writer: Writer, sweeps: Writer) {
  return {
    ...createKeys(query, writer),
    ...createSessions(query, writer, sweeps),
    ...createOwners(query, writer),
  };
}

/** Reads as well as it writes: a database that can only be read refuses to lock a row. */
const ping = oneByOne(async ({ query }: Transaction): Promise<void> => {
  await query('SELECT FROM plantain_schema FOR KEY SHARE');
});

const readConnections = 4;
/** Transactions at once, by kind. Each has a connection, so that none waits for another's. */
const lanes = { writer: 3, takes: 1, large: 1, sweeps: 1 };
const connections = {
  reads: readConnections,
  writes: lanes.writer + lanes.takes + lanes.large + lanes.sweeps,
};

/** Takes wait for those of other processes, and large batches and sweeps take longer than others may wait: they go beside the other writes. */
function createWriters(
  database: Database,
  onCommit: (changes: readonly Change[]) => void,
  onWritten: OnWritten = () => {},
) {
  const create = (lane: WriteLane, options: { maxGroup?: number; first?: string } = {}) =>
    createWriter(database, onCommit, {
      lanes: lanes[lane],
      ...options,
      onWritten: (writes, durationMs) => onWritten(lane, writes, durationMs),
    });
  const writer = create('writer');
  const takes = create('takes', { first: lockForTakes });
  const large = create('large', { maxGroup: 1 });
  const sweeps = create('sweeps', { maxGroup: 1 });
  return {
    writer,
    takes,
    large,
    sweeps,
    close: () => Promise.all([writer, takes, large, sweeps].map((each) => each.close())),
  };
}
