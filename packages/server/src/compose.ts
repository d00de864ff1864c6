// Builds every part from the settings and joins them; the only file that knows them all.

import type { Server } from 'node:http';
import {
  buildAdapters,
  buildRouter,
  type CreateAdapter,
  describeUpstreams,
  servedModels,
} from './build-upstreams.ts';
import type { ParsedConfig } from './config/parse-config.ts';
import type { Config } from './config/settings.ts';
import { createAdmission } from './core/submit/admission.ts';
import { createLocalChanges } from './core/tasks/changes.ts';
import { createDiskRoom, withinRoom } from './core/pictures/disk-room.ts';
import { createHints } from './core/tasks/hints.ts';
import { isUsable } from './core/keys/keys.ts';
import { createModelTable } from './core/models/models.ts';
import { currentText } from './core/tasks/task-views.ts';
import { waitingOf } from './core/tasks/waiting.ts';
import { createLinks } from './http/links/links.ts';
import { createTaskViews } from './http/views/task-view.ts';
import { createAddressPolicy } from './lib/addresses.ts';
import type { Log } from './lib/log.ts';
import { createGuardedFetch } from './outside/guarded-fetch.ts';
import { createGuardedPost } from './outside/guarded-post.ts';
import { createDecodeGate, restrictDecoder } from './pictures/decoding.ts';
import { createInspector } from './pictures/inspect.ts';
import { createLinkSigner } from './pictures/stores/signing.ts';
import { renditionsPrefix } from './pictures/renditions.ts';
import { createDeletePictures } from './retention/delete-pictures.ts';
import { createDeleteTask } from './retention/delete-task.ts';
import { createRetention } from './retention/retention.ts';
import { provideAdminKey } from './admin-key.ts';
import { createServerClock } from './server-clock.ts';
import { freeBytes, warnOfReaders } from './this-machine.ts';
import { openDataDirectory } from './open-data-directory.ts';
import { createWebhookDeliverer } from './webhooks/deliver.ts';
import { buildApp } from './build-app.ts';
import { buildWorker } from './build-worker.ts';

/** What a started server is, for whoever greets its user. */
export interface Started {
  /** Where it listens. */
  listening: string;
  /** What result links begin with. */
  publicUrl: string;
  /** The admin key's secret, when it was made just now. */
  newKey: string | null;
  /** Keys that are neither revoked nor expired. */
  usableKeys: number;
  /** A few words on where pictures come from. */
  upstream: string;
  /** Names of models that an upstream serves, and that no other stands in for. */
  models: string[];
  /** Tasks that an earlier process left running. */
  rescued: number;
}

export interface Plantain {
  start(): Promise<Started>;
  /** Takes nothing more, lets running tasks finish within the grace, hands back the rest, closes. May be called twice. */
  stop(): Promise<void>;
}

/** How long open connections may last once everything else has stopped. */
const closeConnectionsMs = 5_000;

/** Opens the data directory and builds the server. Throws `StartRefusedError` when the directory can't be had. */
export async function createPlantain(
  config: Config,
  {
    log,
    sources,
    onDeath,
    createAdapter,
  }: {
    log: Log;
    sources: ParsedConfig['sources'];
    onDeath: (error: Error) => void;
    createAdapter?: CreateAdapter;
  },
): Promise<Plantain> {
  // Here and not at the process's edge: no server is made without it, not even in a test.
  restrictDecoder({ heic: config.heic });
  const serverClock = createServerClock(log);
  const { clock } = serverClock;
  const changes = createLocalChanges();
  const { lock, store, pictureStore, closePictures, linkSecrets } = await openDataDirectory(config, {
    changes,
    clock,
    onDeath,
    onDamage: (sentence) => log.error({ error: sentence }, 'store_damaged'),
  });
  warnOfReaders(config.data_dir, log);
  await serverClock.beginWith(store);
  const { upstreams, close: closeUpstreams } = buildAdapters(config, { clock, createAdapter });
  const router = await buildRouter(config, upstreams, { clock, countAttempts: store.countAttempts });
  const models = createModelTable(servedModels(config, upstreams));
  const gate = createDecodeGate({ atOnce: 2 });
  const inspect = createInspector({
    maxBytes: config.max_picture_bytes,
    maxPixels: config.max_picture_pixels,
    gate,
  });
  const signer = createLinkSigner({ ...linkSecrets, lifetimeSeconds: config.picture_lifetime_seconds });
  // Right before the first request can come, but for a port that only listening makes known.
  let publicUrl = config.public_url ?? reachableAt(config.host, config.port);
  const views = createTaskViews(
    createLinks(signer, () => publicUrl),
    {
      waitingOf: (task) =>
        waitingOf(
          task,
          router.availability({ model: task.model, inputs: task.request.inputs.length }),
          clock.now(),
        ),
      hints: createHints({ store, clock, concurrency: config.concurrency }),
      clock,
    },
  );
  const policy = createAddressPolicy(config.allowed_private_hosts, { allowedPorts: config.link_ports });
  const fetch = createGuardedFetch({
    policy,
    limits: {
      maxBytes: config.max_picture_bytes,
      totalMs: config.fetch_timeout_seconds * 1000,
      atOnce: config.fetch_concurrency,
      perAddress: config.fetch_concurrency_per_address,
    },
  });
  const disk = createDiskRoom({
    freeBytes: () => freeBytes(config.data_dir),
    minFreeBytes: config.min_free_disk_bytes,
    clock,
  });
  /** For whatever is no result: those are paid for, and what must be free is kept for them. */
  const otherPictures = config.picture_store === 'disk' ? withinRoom(pictureStore, disk) : pictureStore;
  const worker = buildWorker(config, {
    store,
    pictureStore,
    otherPictures,
    changes,
    clock,
    log,
    router,
    views,
    fetch,
    gate,
    inspect,
    disk,
  });
  const deletePictures = createDeletePictures({ pictures: pictureStore, renditionsOf: renditionsPrefix });
  const retention = createRetention(
    { store, pictures: pictureStore, deletePictures, clock, log },
    {
      picturesMs: config.picture_lifetime_seconds * 1000,
      tasksMs: config.task_lifetime_seconds * 1000,
      deliveriesMs: config.delivery_lifetime_seconds * 1000,
      maxTaskMs: config.max_deadline_seconds * 1000,
    },
  );
  const admission = createAdmission({ store, clock, disk, maxPending: config.max_pending });
  const deliverer = createWebhookDeliverer({
    store,
    post: createGuardedPost({ policy, limits: { totalMs: config.webhook_timeout_seconds * 1000 } }),
    render: (taskId, keyId) => currentText(store, views, { taskId, keyId }),
    changes,
    clock,
    random: Math.random,
    log,
    retryMs: config.webhook_retry_seconds * 1000,
    disableAfterMs: config.webhook_disable_after_seconds * 1000,
  });
  const { app, waits } = buildApp(config, {
    store,
    pictureStore: otherPictures,
    changes,
    clock,
    log,
    sources,
    router,
    models,
    views,
    signer,
    policy,
    fetch,
    inspect,
    disk,
    admission,
    deliverer,
    deleteTask: createDeleteTask({ store, deletePictures, clock, log }),
    publicUrl: () => publicUrl,
  });

  async function stop(): Promise<void> {
    admission.drain();
    waits.drain();
    await retention.stop();
    await worker.stop(config.shutdown_grace_seconds * 1000);
    await deliverer.stop(config.shutdown_grace_seconds * 1000);
    const cut = setTimeout(() => app.server.closeAllConnections(), closeConnectionsMs);
    await app.close();
    clearTimeout(cut);
    await closeUpstreams();
    await store.close();
    closePictures();
    lock.release();
  }

  let stopping: Promise<void> | undefined;
  return {
    async start() {
      // Before any task is taken, lest a full disk be found only when a result is there.
      await disk.look().catch(() => {});
      await serverClock.pullBack();
      const rescued = await worker.rescueAll();
      await app.listen({ host: config.host, port: config.port });
      const listening = reachableAt(config.host, listeningPort(app.server) ?? config.port);
      publicUrl = config.public_url ?? listening;
      // Not before: a key made by a start that then failed would never be seen by anyone.
      const newKey = await provideAdminKey(store, config, clock.now());
      worker.start();
      retention.start();
      deliverer.start();
      const now = clock.now();
      const usableKeys = (await store.listKeys()).filter((key) => isUsable(key, now)).length;
      const served = models.all.filter(({ standIn }) => standIn === undefined);
      return {
        listening,
        publicUrl,
        newKey,
        usableKeys,
        upstream: describeUpstreams(config.resolved),
        models: served.map(({ name }) => name),
        rescued,
      };
    },
    stop: () => (stopping ??= stop()),
  };
}

function listeningPort(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

/** An address that a person on this machine can open: listening on every interface includes this machine. */
function reachableAt(host: string, port: number): string {
  const named = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
}
