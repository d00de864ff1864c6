// One run of the cluster: starts everything, lets events happen while clients are at work, and looks at what is left.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskData } from '@plantain/client';
import { startPostgres } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import { type Book, createBook, timelineHead } from './book.ts';
import { call, endCalls, key, path } from './calls.ts';
import { type ClientOptions, pollAll, submitAll } from './clients.ts';
import { hasNamespaces, startCutNetwork } from './cut-network.ts';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import { type Cluster, cutName, happen } from './events.ts';
import type { Form } from './forms.ts';
import { judge, type Judgement } from './judge.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { readRows, type Rows } from './rows.ts';
import { sayProgress } from '../rows/progress.ts';
import { startUpstreams } from './upstreams.ts';
import { type Follower, followAll, waitForEnds } from './waiters.ts';

/** Without the end of one more task for so long, the run is given up. */
const stuckMs = 90_000;

/** Ends all that it started before it settles, also where the signal ends it. */
export async function runCluster(form: Form, signal: AbortSignal): Promise<Judgement> {
  await using stack = new AsyncDisposableStack();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return await Promise.race([runIn(stack, form, signal), aborted]);
}

async function runIn(stack: AsyncDisposableStack, form: Form, signal: AbortSignal): Promise<Judgement> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-cluster-'));
  const book = createBook(form.count);
  stack.defer(() => {
    // Logs are worth something where something went wrong.
    if (book.faults.length === 0 || signal.aborted)
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    else console.log(`Logs: ${directory}`);
  });
  mkdirSync(join(directory, 'pictures'));
  const upstreams = await startUpstreams();
  stack.defer(upstreams.close);
  const receiver = await startReceiver(book);
  stack.defer(receiver.close);
  const database = await startPostgres();
  stack.defer(database.stop);
  const [toOneWorker, toListeners] = await openProxies(form, database.urlOf('postgres'), stack);
  const settings = {
    ...settingsOf(form, receiver.port),
    PLANTAIN_DATABASE_URL: database.urlOf('postgres'),
    PLANTAIN_DATABASE_LISTEN_URL: toListeners.url,
    PLANTAIN_PICTURES_DIR: join(directory, 'pictures'),
  };
  const nodes = createNodes({ directory, book, settings, settingsFor: upstreams.settingsFor });
  stack.defer(nodes.close);
  stack.defer(endCalls);
  console.log(timelineHead.join('\n'));
  await startNodes(form, nodes, toOneWorker);
  book.note(`${form.apis} api and ${form.workers} worker processes are there`);
  const cluster: Cluster = {
    book,
    nodes,
    calls: upstreams.calls,
    database,
    toOneWorker,
    toListeners,
    leaseMs: form.leaseMs,
    losses: [],
    silent: { from: 0, to: 0 },
  };
  const work = await letThemWork(form, cluster, { callbackUrl: receiver.url, receiver, signal });
  const rows = await readSettledRows(database.urlOf('postgres'));
  await lookAtPictures(book, nodes);
  await nodes.stop();
  book.note('all processes have ended when they were asked to');
  return judge({ ...cluster, ...work, slackMs: form.slackMs, rows, receiver, calls: upstreams.calls.all });
}

/** Waits for what a node still had to write when the receiver had answered. */
async function readSettledRows(url: string): Promise<Rows> {
  for (let tries = 1; ; tries += 1) {
    const rows = await readRows(url);
    if (tries === 50 || rows.deliveries.every(({ state }) => state === 'delivered')) return rows;
    await sleep(200);
  }
}

async function openProxies(
  { hasNetwork }: Form,
  url: string,
  stack: AsyncDisposableStack,
): Promise<[DatabaseProxy, DatabaseProxy]> {
  const toOneWorker =
    hasNetwork && hasNamespaces() ? await startCutNetwork(url) : await startDatabaseProxy(url);
  stack.defer(toOneWorker.close);
  const toListeners = await startDatabaseProxy(url);
  stack.defer(toListeners.close);
  return [toOneWorker, toListeners];
}

const settingsOf = ({ leaseMs }: Form, receiverPort: number) => ({
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_PICTURE_STORE: 'shared',
  PLANTAIN_PUBLIC_URL: 'http://pictures.example',
  PLANTAIN_LEASE_MS: String(leaseMs),
  PLANTAIN_CONCURRENCY: '16',
  PLANTAIN_RETRY_BASE_MS: '100',
  PLANTAIN_RETRY_MAX_MS: '2000',
  PLANTAIN_MAX_TRIES: '20',
  PLANTAIN_UNKNOWN_RETRIES: '4',
  PLANTAIN_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiverPort}`,
  PLANTAIN_WEBHOOK_TIMEOUT_SECONDS: '2',
  PLANTAIN_MIN_FREE_DISK_BYTES: '0',
});

/** One after the other where they can't be told apart otherwise: names are numbered as they start. */
async function startNodes({ apis, workers }: Form, nodes: Nodes, toOneWorker: DatabaseProxy): Promise<void> {
  const roles = [
    ...Array.from({ length: apis }, () => 'api' as const),
    ...Array.from({ length: workers }, () => 'worker' as const),
  ];
  let started = 0;
  await Promise.all(
    roles.map((role) => {
      if (role === 'worker') started += 1;
      const isCut = role === 'worker' && `worker-${started}` === cutName;
      return nodes.start(role, isCut ? { PLANTAIN_DATABASE_URL: toOneWorker.url } : {});
    }),
  );
}

/** Resolves when every end was told, or none was for long. */
async function letThemWork(
  { pollers, waiters, followers, events }: Form,
  cluster: Cluster,
  { callbackUrl, receiver, signal }: Pick<ClientOptions, 'callbackUrl' | 'signal'> & { receiver: Receiver },
) {
  const { book, nodes } = cluster;
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener('abort', stop);
  const options: ClientOptions = { book, nodes, callbackUrl, signal: over.signal };
  const streams: Follower[] = Array.from({ length: followers }, (_, place) => followAll(place, options));
  await Promise.all(streams.map(({ begun }) => begun));
  const polls = pollAll(pollers, options);
  const waiting = waitForEnds(waiters, options);
  const happening = happen(events, cluster, over.signal);
  // It is waited for below, when the last submit is accepted.
  happening.catch(() => {});
  const watching = watch(book, stop, over.signal);
  await submitAll(options);
  book.note('the last submit is accepted');
  await happening;
  while (!receiver.hasTakenAll() && !over.signal.aborted) await sleep(50);
  book.note('the last end is told');
  for (let tries = 0; tries < 100 && streams.some(({ ended }) => ended.size < book.count); tries += 1)
    await sleep(50);
  stop();
  signal.removeEventListener('abort', stop);
  await Promise.all([polls, watching]);
  return { streams, heard: await waiting };
}

/** Gives the run up where nothing goes on. */
async function watch(book: Book, stop: () => void, signal: AbortSignal): Promise<void> {
  let [before, since] = [-1, 0];
  while (!signal.aborted) {
    await sleep(200);
    const now = book.accepted.size + book.ended.size;
    sayProgress(`${book.accepted.size} of ${book.count} tasks accepted, ${book.ended.size} ended`);
    if (now !== before) [before, since] = [now, performance.now()];
    else if (performance.now() - since > stuckMs && book.ended.size < book.count) {
      book.faults.push(`Nothing went on for ${stuckMs / 1_000} s.`);
      stop();
    }
  }
}

/** Some of the links that tasks show, at any node. */
async function lookAtPictures(book: Book, nodes: Nodes): Promise<void> {
  const ids = [...book.accepted.values()].filter((_, place) => place % 10 === 0);
  for (const [place, id] of ids.entries()) {
    const apis = nodes.apis().filter(({ isKilled }) => !isKilled);
    const [one, other] = [apis[place % apis.length]!, apis[(place + 1) % apis.length]!];
    const { data } = JSON.parse((await call(`${one.url}${path}/${id}`)).body) as { data: TaskData };
    for (const { url } of data.data.images) {
      const { pathname, search } = new URL(url);
      const { status, headers } = await call(other.url + pathname + search);
      if (status !== 200 || headers['content-type'] !== 'image/png')
        book.faults.push(`A picture of ${id} is answered with ${status} by ${other.name}.`);
    }
  }
}
