// Builds the parts for tasks that both the API and the worker use: fetching of links, inspection of pictures, task views, and admission.

import { chargePolicyOf } from './money.ts';
import { type Storage, usesDataFolder } from './storage.ts';
import type { Config } from '../config/settings.ts';
import { liveMs, type NodeStore } from '../core/nodes/nodes.ts';
import { createDeleteTask } from '../core/commands/delete-task.ts';
import type { Emit } from '../core/events.ts';
import { createEndHold } from '../core/ledger/end-hold.ts';
import { createAdmission } from '../core/submit/admission.ts';
import { createHints, type HeldTasks, type TaskHints } from '../core/tasks/hints.ts';
import { needOf } from '../core/upstreams/needs.ts';
import type { TaskViews } from '../core/tasks/task-views.ts';
import { waitingOf } from '../core/tasks/waiting.ts';
import { createRecentCounts, type RecentCounts } from '../core/upstreams/recent-counts.ts';
import type { Router } from '../core/upstreams/router.ts';
import { createLinks } from '../http/links/links.ts';
import { createTaskViews } from '../http/views/task-view.ts';
import { type AddressPolicy, createAddressPolicy } from '../lib/addresses.ts';
import type { Clock } from '../lib/clock.ts';
import { linksThrough } from './network/proxies.ts';
import { createGuardedFetch } from '../outside/guarded-fetch.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createInspector } from '../pictures/inspect.ts';
import { createLateLinkSigner } from '../pictures/stores/signing.ts';
import type { PublicUrl } from '../public-url.ts';

export type TaskParts = ReturnType<typeof buildTasks>;

export function buildTasks(
  config: Config,
  {
    storage,
    router,
    clock,
    emit,
    publicUrl,
    hasBegun,
  }: {
    storage: Storage;
    router: Router;
    clock: Clock;
    emit: Emit;
    publicUrl: PublicUrl;
    hasBegun: () => boolean;
  },
) {
  const { store, nodes, linkSecrets, disk } = storage;
  const signer = createLateLinkSigner({
    secretsNow: linkSecrets,
    lifetimeSeconds: config.picture_lifetime_seconds,
  });
  const callCounts = createRecentCounts({ router, store, clock });
  const hints = withCounts(
    createHints({ store, clock, countPlaces: placesOf(config, nodes, clock) }),
    callCounts,
  );
  const waiting = (task: Parameters<typeof waitingOf>[0]) => {
    const availability = router.availability(needOf(task));
    return waitingOf(task, { availability, heldBy: hints.heldBy(task), now: clock.now() });
  };
  const links = createLinks(signer, publicUrl.current);
  const views = createTaskViews(links, { waitingOf: waiting, hints, clock });
  const policy = createAddressPolicy(config.allowed_private_hosts, { allowedPorts: config.link_ports });
  const fetch = buildFetch(config, policy);
  const gate = createDecodeGate({ atOnce: 2 });
  const inspect = createInspector({
    maxBytes: config.max_picture_bytes,
    maxPixels: config.max_picture_pixels,
    gate,
  });
  // A worker takes no submits, and is ready for work however much of it waits.
  const maxPending = config.role === 'worker' ? Number.POSITIVE_INFINITY : config.max_pending;
  const admission = createAdmission({ store, clock, disk, maxPending, hasBegun });
  return {
    ...buildEnds(config, { storage, views, clock, emit }),
    signer,
    links,
    publicUrl: publicUrl.current,
    views,
    callCounts,
    policy,
    fetch,
    gate,
    inspect,
    admission,
  };
}

function buildFetch(config: Config, policy: AddressPolicy) {
  return createGuardedFetch({
    policy,
    limits: {
      maxBytes: config.max_picture_bytes,
      totalMs: config.fetch_timeout_seconds * 1000,
      atOnce: config.fetch_concurrency,
      perAddress: config.fetch_concurrency_per_address,
    },
    ...linksThrough(config),
  });
}

/** Builds what ends tasks for good: their money, and their records. */
function buildEnds(
  config: Config,
  {
    storage: { store, deletePictures },
    views,
    clock,
    emit,
  }: { storage: Storage; views: TaskViews; clock: Clock; emit: Emit },
) {
  const charging = chargePolicyOf(config);
  const endHold = createEndHold({ store, views, clock, emit, charging });
  return { charging, endHold, deleteTask: createDeleteTask({ store, endHold, deletePictures, clock, emit }) };
}

/** Refreshes the calls of all servers together with the hints, for tasks that wait for a slot. */
function withCounts(hints: TaskHints & HeldTasks, counts: RecentCounts): TaskHints & HeldTasks {
  return {
    ...hints,
    isFresh: (task) => hints.isFresh(task) && (task.state !== 'pending' || counts.isFresh()),
    async refresh(task) {
      if (task.state === 'pending') await counts.refresh();
      await hints.refresh(task);
    },
  };
}

/** Gives the function that counts the tasks that run at once on all servers that live. */
function placesOf(config: Config, nodes: NodeStore, clock: Clock): () => Promise<number> {
  if (usesDataFolder(config)) return async () => config.concurrency;
  return async () => {
    const live = await nodes.listNodes(clock.now() - liveMs);
    return live.reduce((places, { concurrency }) => places + concurrency, 0);
  };
}
