// Builds what goes on without a request: tasks are run, webhooks delivered, and what has had its time deleted.

import type { Storage } from './storage.ts';
import type { TaskParts } from './tasks.ts';
import { buildWorker } from './worker.ts';
import type { Config } from '../config/settings.ts';
import type { Changes } from '../core/tasks/changes.ts';
import { currentText } from '../core/tasks/task-views.ts';
import type { Router } from '../core/upstreams/router.ts';
import type { Clock } from '../lib/clock.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { Emit } from '../core/events.ts';
import { createGuardedPost } from '../outside/guarded-post.ts';
import { renditionsPrefix } from '../pictures/renditions.ts';
import { createDeletePictures } from '../retention/delete-pictures.ts';
import { createRetention } from '../retention/retention.ts';
import { createWebhookDeliverer } from '../webhooks/deliver.ts';

export interface BackgroundParts {
  storage: Storage;
  tasks: TaskParts;
  router: Router;
  changes: Changes;
  clock: Clock;
  emit: Emit;
}

export type Background = ReturnType<typeof buildBackground>;

export function buildBackground(config: Config, parts: BackgroundParts) {
  const { storage, tasks, clock, emit } = parts;
  const deletePictures = createDeletePictures({
    pictures: storage.pictureStore,
    renditionsOf: renditionsPrefix,
  });
  const worker = buildWorker(config, { ...parts, ...storage, ...tasks });
  const retention = createRetention(
    {
      store: storage.store,
      pictures: storage.pictureStore,
      deletePictures,
      clock,
      startTimer: startSystemTimer,
      emit,
    },
    {
      picturesMs: config.picture_lifetime_seconds * 1000,
      tasksMs: config.task_lifetime_seconds * 1000,
      deliveriesMs: config.delivery_lifetime_seconds * 1000,
      maxTaskMs: config.max_deadline_seconds * 1000,
    },
  );
  const deliverer = buildDeliverer(config, parts);
  return { worker, retention, deliverer, deletePictures };
}

function buildDeliverer(config: Config, { storage, tasks, changes, clock, emit }: BackgroundParts) {
  const { store } = storage;
  const postMs = config.webhook_timeout_seconds * 1000;
  return createWebhookDeliverer({
    store,
    post: createGuardedPost({
      policy: tasks.policy,
      limits: { totalMs: postMs },
    }),
    render: (taskId, keyId) => currentText(store, tasks.views, { taskId, keyId }),
    postMs,
    changes,
    clock,
    startTimer: startSystemTimer,
    random: Math.random,
    emit,
    retryMs: config.webhook_retry_seconds * 1000,
    disableAfterMs: config.webhook_disable_after_seconds * 1000,
  });
}

/**
 * Begins to work. Each part stops with `lifetime`: the last begun first, running tasks and calls within the grace of the settings. Throws
 * where that has ended already, and then nothing begins.
 */
export function startBackground(
  config: Config,
  { worker, retention, deliverer }: Background,
  lifetime: AsyncDisposableStack,
): void {
  const graceMs = config.shutdown_grace_seconds * 1000;
  lifetime.defer(() => deliverer.stop(graceMs));
  deliverer.start();
  lifetime.defer(() => worker.stop(graceMs));
  worker.start();
  lifetime.defer(() => retention.stop());
  retention.start();
}
