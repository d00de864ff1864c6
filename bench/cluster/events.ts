// Events, each at a share of the tasks that have ended. They come one after the other: each begins with a
// cluster that has got over the one before.

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import type { Book } from './book.ts';
import type { DatabaseProxy } from './database-proxy.ts';
import type { Node, Nodes } from './nodes.ts';
import { openLockLook } from './rows.ts';
import type { Loss } from './take-overs.ts';
import type { UpstreamCalls } from './upstream-calls.ts';

export interface Cluster {
  book: Book;
  nodes: Nodes;
  calls: UpstreamCalls;
  database: PostgresServer;
  /** Between one worker and the database. */
  toOneWorker: DatabaseProxy;
  /** Between all nodes and the database, for what listens. */
  toListeners: DatabaseProxy;
  leaseMs: number;
  losses: Loss[];
  /** When notifications were lost, in Unix milliseconds. */
  silent: { from: number; to: number };
}

export interface ClusterEvent {
  /** Of the tasks that have ended. */
  share: number;
  act(cluster: Cluster): Promise<void>;
}

/** Longer than a lease and the sweep after it. */
const lostMs = ({ leaseMs }: Cluster) => 1.5 * leaseMs + 1_500;

/** The worker that the proxy leads to is the last of the three. */
const events = {
  async killWorker(cluster: Cluster) {
    const { book, nodes } = cluster;
    const node = busiest(cluster);
    const loss = lose(cluster, node, 'killed');
    await nodes.kill(node);
    book.note(`${node.name} is killed (-9), with ${loss.held.length} calls under way`);
    await sleep(lostMs(cluster));
  },
  async startWorker({ book, nodes }: Cluster) {
    const { name } = await nodes.start('worker');
    book.note(`${name} is started`);
  },
  async stopWorker(cluster: Cluster) {
    const { book } = cluster;
    const node = busiest(cluster);
    const where = await stopAmid(cluster, node, {
      stop: () => node.signal('SIGSTOP'),
      goOn: () => node.signal('SIGCONT'),
    });
    const loss = lose(cluster, node, 'stopped');
    book.note(`${node.name} is stopped (SIGSTOP)${where}, with ${loss.held.length} calls under way`);
    await sleep(lostMs(cluster));
    node.signal('SIGCONT');
    loss.backAt = Date.now();
    book.note(`${node.name} goes on (SIGCONT)`);
    await sleep(1_000);
  },
  async killApi({ book, nodes }: Cluster) {
    const node = nodes.apis()[0]!;
    await nodes.kill(node);
    book.note(`${node.name} is killed (-9); clients go on at the others`);
  },
  async cutWorkerOff(cluster: Cluster) {
    const { book, nodes, toOneWorker } = cluster;
    const node = nodes.workers().find(({ name }) => name === cutName)!;
    const where = await stopAmid(cluster, node, { stop: toOneWorker.hold, goOn: toOneWorker.pass });
    const loss = lose(cluster, node, 'cut off');
    book.note(`${node.name} is cut off from PostgreSQL${where}, with ${loss.held.length} calls under way`);
    await sleep(lostMs(cluster));
    toOneWorker.pass();
    loss.backAt = Date.now();
    book.note(`${node.name} reaches PostgreSQL again`);
    await sleep(1_000);
  },
  async loseNotifications({ book, toListeners, silent }: Cluster) {
    silent.from = Date.now();
    toListeners.loseNotifications(true);
    book.note('notifications are lost from now on');
    await sleep(10_000);
    toListeners.loseNotifications(false);
    silent.to = Date.now();
    book.note(`notifications arrive again; ${toListeners.lost()} were lost`);
  },
  async restartDatabase({ book, database }: Cluster) {
    const startedAt = performance.now();
    book.note('PostgreSQL is shut down at once (-m immediate)');
    await database.restart();
    book.note(
      `PostgreSQL takes connections again, after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
    );
  },
};

const triesToStopAmid = 400;

/** Stops a node where all others wait for it, while it takes tasks; gives words for that, none where no try found it there. */
async function stopAmid(
  { database }: Cluster,
  { name }: Node,
  { stop, goOn }: { stop: () => void; goOn: () => void },
): Promise<string> {
  const look = await openLockLook(database.urlOf('postgres'));
  try {
    for (let tries = 0; tries < triesToStopAmid; tries += 1) {
      stop();
      // Leaves the database the time to end what it is doing for the node.
      await sleep(5);
      if (await look.holdsTakes(name)) return ' while it has the lock of takes';
      goOn();
      await sleep(randomInt(20));
    }
    stop();
    return '';
  } finally {
    await look.close();
  }
}

/** Name of the worker whose way to the database leads through the proxy. */
export const cutName = 'worker-3';

export const wholeEvents: readonly ClusterEvent[] = [
  { share: 0.08, act: events.killWorker },
  { share: 0.08, act: events.startWorker },
  { share: 0.22, act: events.stopWorker },
  { share: 0.38, act: events.killApi },
  { share: 0.44, act: events.cutWorkerOff },
  { share: 0.6, act: events.loseNotifications },
  { share: 0.82, act: events.restartDatabase },
];

export const smallEvents: readonly ClusterEvent[] = [
  { share: 0.2, act: events.killWorker },
  { share: 0.6, act: events.restartDatabase },
];

/** Resolves when all have happened. */
export async function happen(
  all: readonly ClusterEvent[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const { book } = cluster;
  for (const { share, act } of all) {
    while (book.ended.size < share * book.count && !signal.aborted) await sleep(10);
    if (signal.aborted) return;
    if (book.ended.size === book.count)
      book.faults.push('All tasks had ended before an event: it proves nothing.');
    await act(cluster);
  }
}

function lose({ calls, losses }: Cluster, { name }: Node, what: string): Loss {
  const at = Date.now();
  const loss = { node: name, what, at, held: calls.under(name), backAt: at };
  losses.push(loss);
  return loss;
}

/** Worker with the most calls under way, but not the one that is to be cut off. */
function busiest({ calls, nodes }: Cluster): Node {
  const workers = nodes.workers().filter(({ name }) => name !== cutName);
  return workers.toSorted((a, b) => calls.under(b.name).length - calls.under(a.name).length)[0]!;
}
