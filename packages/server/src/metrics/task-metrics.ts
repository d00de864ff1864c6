// Metrics of tasks, their money and their pictures, from the events of this server.

import { taskErrorTypes } from '../core/errors.ts';
import { finalEvents } from '../core/webhooks/webhook.ts';
import { dollars, type Maker, seconds, startAtZero } from './registry.ts';
import type { Listeners } from './listeners.ts';

/** Upper ends of the classes, in seconds. */
const waits = [0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const runs = [0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600];
const tellings = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 3600];

const endings: ReadonlySet<string> = new Set(finalEvents);

/** Values of labels for names that tasks have. */
export interface TaskLabels {
  /** Names of models that are known. */
  models: readonly string[];
  model: (name: string) => string;
  /** Group of an owner, by the owner's id. */
  group: (ownerId: string) => string;
}

export function taskMetrics(make: Maker, label: TaskLabels): Listeners {
  const accepted = make.counter({
    name: 'plantain_tasks_accepted_total',
    help: 'Tasks that this server accepted',
    labels: ['model'],
  });
  const ended = make.counter({
    name: 'plantain_tasks_ended_total',
    help: 'Tasks that this server ended, by their final state and the type of their failure, which is none for those that succeeded',
    labels: ['state', 'type', 'model'],
  });
  const durations = taskDurations(make);
  const money = taskMoney(make);
  const models = label.models.map((model) => ({ model }));
  for (const counter of [accepted, ...Object.values(money)]) startAtZero(counter, models);
  const ends = [
    { state: 'succeeded', type: 'none' },
    ...taskErrorTypes.map((type) => ({ state: 'error', type })),
  ];
  startAtZero(
    ended,
    ends.flatMap((end) => label.models.map((model) => ({ state: end.state, type: end.type, model }))),
  );
  return {
    task_accepted: ({ model }) => accepted.inc({ model: label.model(model) }),
    task_ended({ state, type, ownerId, waitedMs, ranMs, pictures, bytes, chargedMicroUsd, ...task }) {
      const model = label.model(task.model);
      ended.inc({ state, type: type ?? 'none', model });
      if (waitedMs !== null) {
        durations.wait.observe({ model }, seconds(waitedMs));
        durations.ownerWait.observe({ group: label.group(ownerId) }, seconds(waitedMs));
      }
      if (ranMs !== null) durations.run.observe({ model }, seconds(ranMs));
      money.pictures.inc({ model }, pictures);
      money.bytes.inc({ model }, bytes);
      money.charged.inc({ model }, dollars(chargedMicroUsd ?? 0));
    },
    hold_ended: ({ model, chargedMicroUsd }) =>
      money.charged.inc({ model: label.model(model) }, dollars(chargedMicroUsd)),
    webhook_attempt({ about, state, ageMs }) {
      if (state === 'delivered' && endings.has(about)) durations.told.observe(seconds(ageMs));
    },
  };
}

function taskDurations(make: Maker) {
  return {
    wait: make.histogram(
      {
        name: 'plantain_task_wait_seconds',
        help: 'Time from the submit of a task to its first call of an upstream, of tasks that ended',
        labels: ['model'],
      },
      waits,
    ),
    ownerWait: make.histogram(
      {
        name: 'plantain_owner_wait_seconds',
        help: 'Time from the submit of a task to its first call of an upstream, by the group that metrics_owner_groups puts its owner into',
        labels: ['group'],
      },
      waits,
    ),
    run: make.histogram(
      {
        name: 'plantain_task_run_seconds',
        help: 'Time from the first call for a task to its end, with retries and the waits between them',
        labels: ['model'],
      },
      runs,
    ),
    told: make.histogram(
      {
        name: 'plantain_task_told_seconds',
        help: 'Time from the end of a task to the successful delivery of a webhook that tells of it',
      },
      tellings,
    ),
  };
}

function taskMoney(make: Maker) {
  return {
    pictures: make.counter({
      name: 'plantain_pictures_total',
      help: 'Pictures of tasks that this server ended',
      labels: ['model'],
    }),
    bytes: make.counter({
      name: 'plantain_picture_bytes_total',
      help: 'Bytes of the pictures of tasks that this server ended',
      labels: ['model'],
    }),
    charged: make.counter({
      name: 'plantain_charged_dollars_total',
      help: 'What owners of tasks were charged, in US dollars',
      labels: ['model'],
    }),
  };
}
