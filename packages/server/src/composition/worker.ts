// Builds the worker from the settings: preparation of inputs, storing of results, and retries.

import type { Storage } from './storage.ts';
import type { TaskParts } from './tasks.ts';
import { traceEach } from './traces/spans.ts';
import { buildCost, partialImageLimits, resultLimits } from './upstreams.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import type { Changes } from '../core/tasks/changes.ts';
import { isDatabaseAway } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Tracer } from '../core/tracer.ts';
import type { Router } from '../core/upstreams/router.ts';
import type { Clock } from '../lib/clock.ts';
import { safeText } from '../lib/safe-text.ts';
import { startSystemTimer } from '../lib/timers.ts';
import { createInputFitter } from '../pictures/fit-inputs.ts';
import { createInspector, createResultInspector } from '../pictures/inspect.ts';
import { createInputLoader } from '../pictures/load-inputs.ts';
import { labelPicture } from '../pictures/picture-label.ts';
import { createInputPreparer } from '../pictures/prepare-input.ts';
import { createStoreUnreadAnswer } from '../worker/store-unread-answer.ts';
import { createWorker, type TaskWorker } from '../worker/worker.ts';

type WorkerParts = Storage &
  TaskParts & { changes: Changes; clock: Clock; emit: Emit; router: Router; tracer: Tracer | undefined };

export function buildWorker(config: Config, parts: WorkerParts): TaskWorker {
  const { store, clock, emit, gate, disk, fetch, inspect, tracer } = parts;
  const keys = [
    ...config.resolved.upstreams.flatMap(({ credentials }) => credentials.map(({ key = '' }) => key)),
    config.admin_key ?? '',
  ];
  const dependencies = {
    ...parts,
    startTimer: startSystemTimer,
    mayTake: disk.hasRoom,
    defaultLimits: defaultLimits(config),
    policy: policyOf(config),
    notAsAsked: config.not_as_asked,
    operationPatienceMs: config.operation_patience_seconds * 1000,
    costOf: buildCost(config),
    random: Math.random,
    loadInputs: traceEach(
      tracer,
      'load inputs',
      createInputLoader({
        fetch,
        store: parts.otherPictures,
        inspect,
        prepare: createInputPreparer({ gate }),
      }),
      (inputs) => inputs.length > 0,
    ),
    fitInputs: traceEach(
      tracer,
      'fit inputs',
      createInputFitter({ gate }),
      (pictures) => pictures.length > 0,
    ),
    pictures: buildResults(config, parts),
    inspectPartialImage: createInspector({ ...partialImageLimits, gate }),
    storeUnreadAnswer: createStoreUnreadAnswer({
      store,
      keys,
      maxTextBytes: config.unread_answer_bytes,
      clock,
      emit,
    }),
    onInternalError(task: { id: string; request: { prompt: string } }, error: unknown) {
      if (isDatabaseAway(error)) return;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      emit('task_fault', { task: task.id, error: safeText(text, [task.request.prompt, ...keys], 4_000) });
    },
  };
  return createWorker(dependencies, {
    concurrency: config.concurrency,
    leaseMs: config.lease_ms,
    isShared: config.database_url !== undefined,
  });
}

/** Builds what results go through before their task succeeds. */
function buildResults(config: Config, { gate, pictureStore, tracer }: WorkerParts) {
  return {
    store: { ...pictureStore, put: traceEach(tracer, 'store picture', pictureStore.put) },
    inspect: traceEach(tracer, 'check picture', createResultInspector({ ...resultLimits, gate })),
    ...(config.picture_metadata ? { label: traceEach(tracer, 'label picture', labelPicture) } : {}),
  };
}

function policyOf(config: Config) {
  return {
    maxTries: config.max_tries,
    baseDelayMs: config.retry_base_ms,
    maxDelayMs: config.retry_max_ms,
    maxUnknownRetries: config.unknown_retries,
    maxAnsweredRetries: config.unread_answer_retries,
  };
}
