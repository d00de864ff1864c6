// Builds the parts for tasks that both the API and the worker use: fetching of links, inspection of pictures, task views, and admission.

import { type Storage, usesDataFolder } from './storage.ts';
import type { Config } from '../config/settings.ts';
import { liveMs, type NodeStore } from '../core/nodes/nodes.ts';
import { createAdmission } from '../core/submit/admission.ts';
import { createHints, type HeldTasks, type TaskHints } from '../core/tasks/hints.ts';
import { waitingOf } from '../core/tasks/waiting.ts';
import { createRecentCounts, type RecentCounts } from '../core/upstreams/recent-counts.ts';
import type { Router } from '../core/upstreams/router.ts';
import { createLinks } from '../http/links/links.ts';
import { createTaskViews } from '../http/views/task-view.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import type { Clock } from '../lib/clock.ts';
import { createGuardedFetch } from '../outside/guarded-fetch.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createInspector } from '../pictures/inspect.ts';
import { createLateLinkSigner } from '../pictures/stores/signing.ts';
import type { PublicUrl } from '../public-url.ts';

export type TaskParts = ReturnType<typeof buildTasks>;

export function buildTasks(
  config: Config,
  {
    storage: { store, nodes, linkSecrets, disk },
    router,
    clock,
    publicUrl,
    hasBegun,
  }: {
    storage: Storage;
    router: Router;
    clock: Clock;
    publicUrl: PublicUrl;
    hasBegun: () => boolean;
  },
) {
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
    const availability = router.availability({ model: task.model, inputs: task.request.inputs.length });
    return waitingOf(task, { availability, heldBy: hints.heldBy(task), now: clock.now() });
  };
  const links = createLinks(signer, publicUrl.current);
  const views = createTaskViews(links, {
    waitingOf: waiting,
    hints,
    clock,
  });
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
  const gate = createDecodeGate({ atOnce: 2 });
  const inspect = createInspector({
    maxBytes: config.max_picture_bytes,
    maxPixels: config.max_picture_pixels,
    gate,
  });
  // A worker takes no submits, and is ready for work however much of it waits.
  const maxPending = config.role === 'worker' ? Number.POSITIVE_INFINITY : config.max_pending;
  const admission = createAdmission({ store, clock, disk, maxPending, hasBegun });
  return { signer, links, views, callCounts, policy, fetch, gate, inspect, admission };
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
