// Composition of the server: builds every part from the settings and joins them. Each file of `composition/` builds one part. Whatever is opened or
// started is added to the server's lifetime at once, so that a stop, or a start that fails, ends all of it in opposite order.

import { provideAdminKey } from './admin-key.ts';
import { buildApp, buildHealthApp } from './composition/app.ts';
import { buildBackground, buildDeliveries, startBackground } from './composition/background.ts';
import { checkDeclaredOf, claimDeclaredOf } from './composition/declared.ts';
import { buildMetrics, buildScrape, serveMetrics } from './composition/metrics.ts';
import { buildNodes } from './composition/nodes.ts';
import { shareUpstreams } from './composition/shared-upstreams.ts';
import { buildStorage, type Storage, usesDataFolder } from './composition/storage.ts';
import { openTracer } from './composition/traces/open-tracer.ts';
import { tellSpans } from './composition/traces/spans.ts';
import { buildTasks } from './composition/tasks.ts';
import { buildUpstreams, type CreateAdapter, describeUpstreams } from './composition/upstreams.ts';
import type { ParsedConfig } from './config/parse-config.ts';
import type { Config } from './config/settings.ts';
import { databaseAway } from './core/errors.ts';
import { createEmit, type Emit } from './core/events.ts';
import { isUsable } from './core/keys/keys.ts';
import { createLocalChanges } from './core/tasks/changes.ts';
import { restrictDecoder } from './pictures/decoding.ts';
import { provideSignInLink } from './sign-in-link.ts';
import { createPublicUrl } from './public-url.ts';
import { createServerClock } from './server-clock.ts';
import type { StartThread } from './store/sqlite/writes/writer.ts';
import type { DatabaseListeners } from './store/store.ts';
import { warnOfReaders } from './this-machine.ts';

/** Facts about a started server, for the greeting of its user. */
export interface Started {
  /** Address that the server listens on. */
  listening: string;
  /** Beginning of result links. */
  publicUrl: string;
  /** Secret of the admin key, when it was made just now. */
  newKey: string | null;
  /** Address that signs in to the console once with an admin key; `null` where none was asked for, or there is no such key. */
  signInLink: string | null;
  /** Number of API keys that are neither revoked nor expired. */
  usableKeys: number;
  /** Description of the upstreams in a few words. */
  upstream: string;
  /** Names of models that an upstream serves, and that no other stands in for. */
  models: string[];
  /** Number of tasks that an earlier process left running. */
  rescued: number;
  /** Address of the metrics on a port of their own; `null` where they have none. */
  metricsAt: string | null;
}

export interface Plantain {
  /**
   * Starts the server; where its database is away, it listens and waits for it. Rejects where a step fails; `stop` then ends the steps
   * before it.
   */
  start(): Promise<Started>;
  /** Stops the server: admits no more tasks, lets running ones end within the grace, puts the rest back, closes. May be called twice. */
  stop(): Promise<void>;
}

export interface PlantainOptions {
  /** Whether somebody is there to see a link that signs in to the console. */
  makesLink?: boolean;
  /** Whether the settings may declare other keys and owners than at the start before. */
  acceptKeys?: boolean;
  emit: Emit;
  sources: ParsedConfig['sources'];
  /** Listener for a store that can't be used any more. */
  onDeath: (error: Error) => void;
  /** Listener for a start that listens already and waits for its database; `sentence` says what to do. */
  onWaiting?: (waiting: { listening: string; sentence: string }) => void;
  createAdapter?: CreateAdapter;
  /** Starts the thread that writes to SQLite; given only by tests. */
  startWriter?: StartThread;
}

/**
 * Opens the data directory and builds the server. Throws `StartRefusedError` when the directory can't be used. Where a step fails,
 * everything that was opened is closed.
 */
export async function createPlantain(config: Config, options: PlantainOptions): Promise<Plantain> {
  const lifetime = new AsyncDisposableStack();
  try {
    const parts = await buildParts(config, lifetime, options);
    let stopping: Promise<void> | undefined;
    return {
      start: () => startParts(config, lifetime, parts, options),
      stop: () => (stopping ??= lifetime.disposeAsync()),
    };
  } catch (error) {
    // The first failure is reported, and not one that follows from it.
    await lifetime.disposeAsync().catch(() => {});
    throw error;
  }
}

type StartOptions = Pick<PlantainOptions, 'onWaiting' | 'acceptKeys' | 'makesLink'>;
type Parts = Awaited<ReturnType<typeof buildParts>>;

async function buildParts(
  config: Config,
  lifetime: AsyncDisposableStack,
  { emit: emitOutside, sources, onDeath, createAdapter, startWriter }: PlantainOptions,
) {
  // Done here and not in main.ts, so that every server has it, one in a test too.
  restrictDecoder({ heic: config.heic });
  const metrics = buildMetrics(config);
  const tracer = await openTracer(config, lifetime, createEmit([emitOutside, metrics.listen]));
  const emit = createEmit([tellSpans(tracer, emitOutside), metrics.listen]);
  const serverClock = createServerClock(emit);
  const { clock } = serverClock;
  const changes = createLocalChanges();
  const { noteWritten: onWritten } = metrics;
  const told = { ...storeListeners(emit), onDeath, onWritten, ...(startWriter && { startWriter }) };
  const storage = await buildStorage(config, lifetime, { changes, clock, ...told });
  const { store } = storage;
  if (usesDataFolder(config)) warnOfReaders(config.data_dir, emit);
  const begun = createBegun(storage.away === null);
  if (storage.away === null) await serverClock.beginWith(store, storage.time);
  const upstreams = await buildUpstreams(config, lifetime, {
    store: storage.away === null ? store : { countAttempts: async () => [] },
    clock,
    tracer,
    ...(createAdapter === undefined ? {} : { createAdapter }),
  });
  const { router, models } = upstreams;
  const publicUrl = createPublicUrl(config);
  const shared = { storage, router, clock, emit, tracer };
  const tasks = buildTasks(config, { ...shared, publicUrl, hasBegun: begun.has });
  const background = config.role === 'api' ? null : buildBackground(config, { ...shared, tasks, changes });
  const running = background?.worker.runningCount ?? (() => 0);
  const nodes = buildNodes(config, {
    storage,
    clock,
    runningCount: running,
    recentCalls: router.recentCalls,
  });
  const build = config.role === 'worker' ? buildHealthApp : buildApp;
  const built = build(config, lifetime, {
    ...tasks,
    ...storageOfRoutes(storage),
    changes,
    clock,
    emit,
    tracer,
    sources,
    router,
    models,
    nodes,
    deliverer: buildDeliveries(config, store, background?.deliverer),
    publicUrl: publicUrl.current,
    createScrape: buildScrape(config, metrics, { storage, clock, router, running }),
    refuseUnbegun: begun.refuse,
  });
  return { ...built, background, nodes, storage, tasks, upstreams, serverClock, publicUrl, begun, emit };
}

function storageOfRoutes({ store, disk, databaseBytes, otherPictures, partialImages }: Storage) {
  return { store, disk, databaseBytes, partialImages, pictureStore: otherPictures };
}

function storeListeners(emit: Emit): {
  onDamage: (sentence: string) => void;
  database: DatabaseListeners;
} {
  return {
    onDamage: (sentence) => emit('store_damaged', { error: sentence }),
    database: databaseListeners(emit),
  };
}

function databaseListeners(emit: Emit): DatabaseListeners {
  return {
    onSchemaStep: (step, steps) => emit('schema_step', { step, steps }),
    onAway: (sentence) => emit('database_away', { error: sentence }),
    onBack: () => emit('database_back', {}),
    onRefused: (error) => emit('database_refused', { error }),
    onPooled: () => emit('database_pooled', { error: pooledWords }),
  };
}

async function startParts(
  config: Config,
  lifetime: AsyncDisposableStack,
  parts: Parts,
  { onWaiting, acceptKeys = false, makesLink = false }: StartOptions,
): Promise<Started> {
  const { drain, background, nodes, upstreams, serverClock, publicUrl, begun } = parts;
  const { store, disk, away, time } = parts.storage;
  const { clock } = serverClock;
  const metricsAt = await serveMetrics(config, lifetime, parts);
  if (away !== null) {
    onWaiting?.({ listening: await listen(config, parts), sentence: away.sentence });
    await away.untilOpen();
    await serverClock.beginWith(store, time);
  }
  // Checked before any task is taken, so that a full disk is found before a result has to be stored.
  await disk.look().catch(() => {});
  await serverClock.pullBack();
  lifetime.defer(() => nodes.heartbeats.stop());
  nodes.heartbeats.start();
  // A lease found before the start is a dead process's only where no other works on the records.
  const rescued = usesDataFolder(config) ? ((await background?.worker.rescueAll()) ?? 0) : 0;
  const listening = await listen(config, parts);
  // The key is made last: nobody would see the key of a start that then failed.
  const newKey = config.role === 'worker' ? null : await provideKeys(config, parts, acceptKeys);
  await shareUpstreams(config, { ...upstreams, ...parts.storage, clock }, lifetime);
  if (background !== null) startBackground(config, background, lifetime);
  begun.note();
  lifetime.defer(() => {
    parts.tasks.admission.drain();
    drain();
  });
  const now = clock.now();
  const keys = await store.listKeys();
  const served = upstreams.models.all.filter(({ standIn }) => standIn === undefined);
  return {
    listening,
    publicUrl: publicUrl.current(),
    newKey,
    signInLink: makesLink ? await provideSignInLink(config, { store, keys, now, publicUrl }) : null,
    usableKeys: keys.filter((key) => isUsable(key, now)).length,
    upstream: describeUpstreams(config.resolved),
    models: served.map(({ name }) => name),
    rescued,
    metricsAt,
  };
}

/** Provides the admin key and the keys that the settings declare; gives the secret of an admin key that was made just now. */
async function provideKeys(
  config: Config,
  { storage: { store }, upstreams: { models }, serverClock: { clock }, emit }: Parts,
  accepts: boolean,
): Promise<string | null> {
  const parts = { store, models, accepts, emit };
  if (config.auth === 'open') {
    await checkDeclaredOf(config, parts);
    return null;
  }
  // Claimed before a key is made that nobody would see.
  const declared = await claimDeclaredOf(config, parts);
  try {
    const newKey = await provideAdminKey(store, config, { now: clock.now(), emit });
    await declared.make(clock.now());
    return newKey;
  } catch (error) {
    // The first failure is reported: what stays claimed needs --accept-keys, as the next start says.
    await declared.giveUp().catch(() => {});
    throw error;
  }
}

const pooledWords =
  'A pooler stands before the database. Unless it hands out whole sessions, changes of other servers may be heard of a second late: set PLANTAIN_DATABASE_LISTEN_URL to the address of the database itself, or to none.';

/** Whether the server has begun to work, which it can't while its database is away. */
function createBegun(hasBegun: boolean) {
  return {
    note: () => void (hasBegun = true),
    has: () => hasBegun,
    /** Throws `RequestError` until then. */
    refuse() {
      if (!hasBegun) throw databaseAway();
    },
  };
}

/** Listens, unless the server does so already; gives the address. */
async function listen({ host, port }: Config, { app, publicUrl }: Parts): Promise<string> {
  if (!app.server.listening) await app.listen({ host, port });
  const address = app.server.address();
  return publicUrl.listensOn(typeof address === 'object' ? (address?.port ?? port) : port);
}
