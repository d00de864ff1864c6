// Builds what goes on without a request: tasks are run, webhooks delivered, and what has had its time deleted.

import { traceDeliveries, tracePosts } from './traces/spans.ts';
import { type Storage, usesDataFolder } from './storage.ts';
import { longestBatchSeconds } from './submits.ts';
import type { TaskParts } from './tasks.ts';
import { buildWorker } from './worker.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { startEmptyingOwners } from '../core/owners/empty-owners.ts';
import type { Changes } from '../core/tasks/changes.ts';
import { currentText } from '../core/tasks/task-views.ts';
import type { Router } from '../core/upstreams/router.ts';
import type { Clock } from '../lib/clock.ts';
import { errorName } from '../lib/error-name.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { Tracer } from '../core/tracer.ts';
import { type Emit, emitFault } from '../core/events.ts';
import { createFalMessages } from '../http/faces/fal/webhook.ts';
import { createReplicateMessages } from '../http/faces/replicate/prediction.ts';
import { linksThrough } from './network/proxies.ts';
import { createGuardedPost } from '../outside/guarded-post.ts';
import type { ClaimTurn } from '../retention/in-turn.ts';
import { createRetention } from '../retention/retention.ts';
import { createFormMessage } from '../webhooks/form-message.ts';
import { createWebhookDeliverer, type WebhookDeliverer } from '../webhooks/deliver.ts';
import { createAlertWatch } from '../webhooks/watch-alerts.ts';
import { createStoredAttempts } from '../webhooks/stored-attempts.ts';

export interface BackgroundParts {
  storage: Storage;
  tasks: TaskParts;
  router: Router;
  changes: Changes;
  clock: Clock;
  emit: Emit;
  tracer: Tracer | undefined;
}

/** Milliseconds after which deliveries that another server made due are looked for, whatever was told of them. */
const sharedLookMs = 1_000;
/** Between two looks for deliveries that changes of any server bring, milliseconds. */
const sharedRestMs = 100;

export type Background = ReturnType<typeof buildBackground>;

export function buildBackground(config: Config, parts: BackgroundParts) {
  const { storage, tasks, clock, emit } = parts;
  const { prompt_lifetime_seconds: promptSeconds, input_lifetime: inputLifetime } = config;
  const worker = buildWorker(config, { ...parts, ...storage, ...tasks });
  const retention = createRetention(
    {
      store: storage.store,
      pictures: storage.pictureStore,
      deletePictures: storage.deletePictures,
      endHold: tasks.endHold,
      ...(usesDataFolder(config) ? {} : { claimFiles: claimFilesFor(storage, clock) }),
      clock,
      startTimer: startSystemTimer,
      emit,
    },
    {
      picturesMs: config.picture_lifetime_seconds * 1000,
      ...(promptSeconds === undefined ? {} : { promptsMs: promptSeconds * 1000 }),
      ...(inputLifetime === undefined ? {} : { inputLifetime }),
      tasksMs: config.task_lifetime_seconds * 1000,
      deliveriesMs: config.delivery_lifetime_seconds * 1000,
      auditMs: config.audit_lifetime_seconds * 1000,
      maxTaskMs: longestBatchSeconds(config) * 1000,
    },
  );
  const deliverer = buildDeliverer(config, parts);
  const alerts = createAlertWatch({
    store: storage.store,
    defaults: defaultLimits(config),
    clock,
    startTimer: startSystemTimer,
    emit,
    onTold: deliverer.wake,
  });
  return { worker, retention, deliverer, alerts, startEmptying: () => startEmptying(parts) };
}

/** Gives the function that claims the turn to go through the files, which all servers share. */
function claimFilesFor({ nodes, nodeId: id }: Storage, clock: Clock): ClaimTurn {
  return (until) => nodes.claimDuty('files', { id, now: clock.now(), until });
}

/** Builds what routes ask of deliveries. Another server may make them, where several share the records. */
export function buildDeliveries(
  config: Config,
  store: Storage['store'],
  own: WebhookDeliverer | undefined,
): Pick<WebhookDeliverer, 'wake' | 'attempted'> {
  if (own !== undefined && config.database_url === undefined) return own;
  return {
    wake: own?.wake ?? (() => {}),
    attempted: createStoredAttempts(store, startSystemTimer),
  };
}

function buildDeliverer(config: Config, { storage, tasks, changes, clock, emit, tracer }: BackgroundParts) {
  const { store } = storage;
  const postMs = config.webhook_timeout_seconds * 1000;
  return createWebhookDeliverer({
    store,
    post: tracePosts(
      tracer,
      createGuardedPost({ policy: tasks.policy, limits: { totalMs: postMs }, ...linksThrough(config) }),
    ),
    traceDelivery: tracer && traceDeliveries(tracer, store),
    render: (taskId, keyId) => currentText(store, tasks.views, { taskId, keyId }),
    formMessage: createFormMessage(store, {
      fal: createFalMessages(tasks.signer, tasks.links),
      replicate: createReplicateMessages(tasks),
    }),
    postMs,
    changes,
    clock,
    startTimer: startSystemTimer,
    random: Math.random,
    emit,
    retryMs: config.webhook_retry_seconds * 1000,
    disableAfterMs: config.webhook_disable_after_seconds * 1000,
    ...(config.database_url === undefined ? {} : { lookEveryMs: sharedLookMs, restMs: sharedRestMs }),
  });
}

/**
 * Begins to work. Each part stops with `lifetime`: the last begun first, running tasks and calls within the grace of the settings. Throws
 * where that has ended already, and then nothing begins.
 */
export function startBackground(
  config: Config,
  { worker, retention, deliverer, alerts, startEmptying: begin }: Background,
  lifetime: AsyncDisposableStack,
): void {
  const graceMs = config.shutdown_grace_seconds * 1000;
  lifetime.defer(() => deliverer.stop(graceMs));
  deliverer.start();
  lifetime.defer(() => alerts.stop());
  alerts.start();
  lifetime.defer(() => worker.stop(graceMs));
  worker.start();
  lifetime.defer(() => retention.stop());
  retention.start();
  lifetime.defer(begin());
}

/** Begins to delete what deleted owners leave. */
function startEmptying({ storage: { store }, tasks, router, clock, emit }: BackgroundParts) {
  const { views, charging, deleteTask } = tasks;
  const cancel = createCancelTask({ store, views, clock, router, emit, charging });
  return startEmptyingOwners(
    { store, cancel, deleteTask, clock },
    {
      startTimer: startSystemTimer,
      onFault: (error) => emitFault(emit, error, 'retention_failed', { error: errorName(error) }),
    },
  );
}
