// Test support: fills a store through its ports with tasks in all states, odd texts, and whatever lies beside tasks.

import * as fc from 'fast-check';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import type { TaskResult } from '../../core/tasks/task.ts';
import type { Lease, TaskEnd } from '../../core/tasks/task-queue.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { newTaskId } from '../../lib/ids.ts';
import {
  callAt,
  failedAttempt,
  newTask,
  result,
  start,
  viewKey,
  succeeded,
  failed,
} from '../conformance/store.fixture.ts';
import type { Store } from '../store.ts';
import { setLimited } from '../limits.fixture.ts';

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    'a\0b',
    '\ud800',
    'half \udc00 of it',
    '\u0001"marked"',
    '',
    '\u{10ffff}',
    '“банан”\r\n\t\\N',
  ),
);
/** SQLite keeps no halves outside JSON. */
const wholeText = oddText.map((text) => text.toWellFormed());

const oddTask = fc.record({
  prompt: oddText,
  metadata: fc.option(fc.dictionary(fc.string({ minLength: 1 }), oddText, { maxKeys: 3 }), {
    nil: undefined,
  }),
  callback: fc.boolean(),
  expires: fc.boolean(),
  edit: fc.boolean(),
});

const modelOf = (index: number) => `model-${index % 3}`;

export interface Filled {
  tasks: NewTask[];
  /** Ids of tasks that wait, run, and wait to be resumed. */
  waiting: string[];
  running: string[];
  resuming: string[];
  batchId: string;
}

/** Gives tasks of odd contents, two keys and three models; those of one key and model share a batch. */
function oddTasks(count: number): NewTask[] {
  const ids = Array.from({ length: count }, () => newTaskId(start));
  return fc.sample(oddTask, { numRuns: count, seed: 1 }).map((odd, index) => {
    const { prompt, metadata, callback, expires, edit } = odd;
    const request: NewTask['request'] = {
      prompt,
      inputs: edit ? [{ kind: 'url', url: 'https://a.example/b' }] : [],
      aspectRatio: 'auto',
      imageSize: '1K',
      ...(metadata === undefined ? {} : { metadata }),
      ...(expires ? { expiresInSeconds: 60 + index } : {}),
      ...(index % 5 === 0 ? { count: 2 } : {}),
      ...(callback
        ? {
            callbackUrl: `https://hooks.example/${encodeURIComponent(prompt.toWellFormed())}`,
            callbackEvents: ['task.running', 'task.failed'],
          }
        : {}),
    };
    return newTask({
      ...(ids[index] === undefined ? {} : { id: ids[index] }),
      request,
      action: edit ? 'edit' : 'generate',
      keyId: index % 2 === 0 ? 'key_a' : 'key_b',
      model: modelOf(index),
      ...(index % 6 === 0 ? { batchId: 'batch_1' } : {}),
    });
  });
}

/** Fills an empty store. */
export async function fillStore(store: Store, count = 60): Promise<Filled> {
  await fillBeside(store);
  const tasks = oddTasks(count);
  await store.insert(tasks.slice(0, 12), {
    keyId: 'key_a',
    idempotencyKey: 'a\0key',
    requestHash: 'h',
    answer: '["\\ud800"]',
    expiresAt: start + 9,
  });
  for (const task of tasks.slice(12)) await store.insert([task]);
  const needs = [0, 1, 2].flatMap((index) =>
    [0, 1].map((inputs) => ({ model: modelOf(index), inputs, limit: count })),
  );
  const leased = (await store.takeDue({ needs, now: start, leaseMs: 10_000 })).slice(0, count - 8);
  const [running, resuming]: [string[], string[]] = [[], []];
  for (const [index, { task, lease }] of leased.entries()) {
    const isForTwo = task.request.count === 2;
    if (isForTwo) await bringFirst(store, lease);
    await store.openAttemptIfLeased(lease, { ...callAt(start + 1), ...(isForTwo ? { indices: [2] } : {}) });
    if (index % 6 === 0) await store.finishIfLeased(lease, { ...failed(start + 5), attempt: failedAttempt });
    else if (index % 6 === 1) await store.requestCancelIfRunning(lease.taskId, start + 2);
    else if (index % 6 === 2) {
      await store.saveOperationIfLeased(lease, { id: 'an operation \ud800' } as never);
      await store.putBackIfLeased(lease, { at: start + 3, dueAt: start + 50, usesTry: false });
      resuming.push(lease.taskId);
    } else if (index % 6 === 3) running.push(lease.taskId);
    else
      await store.finishIfLeased(lease, {
        ...succeededWith(start + 4 + index, `results/${index}.png`),
        attempt: { ...failedAttempt, outcome: 'succeeded', failure: null, costMicroUsd: 39_000 },
      });
  }
  await store.renewLeases(
    leased
      .filter(({ lease }) => running.includes(lease.taskId))
      .map(({ lease }) => ({ lease, progress: 1 / 3 })),
    { now: start + 6, leaseMs: 10_000 },
  );
  const {
    tasks: [done],
  } = await store.list({ keyId: 'key_a', state: 'succeeded', limit: 1 }, { viewKey });
  await store.deleteIfFinal(done?.id ?? '', 'key_a', start + 7);
  await store.deletePrompts({ after: 0, finishedBy: start + 5, at: start + 7, among: 9, limit: 2 });
  await tellWebhooks(store);
  await store.insertAlert({
    event: 'key.expiring',
    subjectId: 'key_a',
    ownerId: 'key_a',
    occasion: 'soon',
    at: start,
    endsAt: start + 9,
    data: '{"name":"\\ud800"}',
  });
  for (const taskId of running)
    await store.storeUnreadAnswer({
      taskId,
      attempt: 1,
      at: start,
      answer: { text: 'a\0\ud800' } as never,
      most: 99,
    });
  const waiting: string[] = [];
  for (const { id } of tasks) if ((await store.find(id))?.state === 'pending') waiting.push(id);
  return {
    tasks,
    waiting: waiting.filter((id) => !resuming.includes(id)),
    running,
    resuming,
    batchId: 'batch_1',
  };
}

/** Stores an attempt that brought the first of two pictures. */
async function bringFirst(store: Store, lease: Lease): Promise<void> {
  await store.openAttemptIfLeased(lease, { ...callAt(start + 1), indices: [1] });
  const picture = { key: 'results/first.png', fileName: 'a.png' } as TaskResult['pictures'][number];
  const brought = { pictures: [{ index: 1, picture }], description: 'a\0\ud800', warnings: [] };
  const end = { ...failedAttempt, outcome: 'succeeded', failure: null, brought } as const;
  await store.closeAttemptIfLeased(lease, start + 1, { ...end, next: { kind: 'none' } });
}

function succeededWith(at: number, key: string): TaskEnd {
  const picture = { key, fileName: 'a.png' } as TaskResult['pictures'][number];
  return { ...succeeded(at), outcome: { state: 'succeeded', result: { ...result, pictures: [picture] } } };
}

async function fillBeside(store: Store): Promise<void> {
  const names = fc.sample(wholeText, { numRuns: 12, seed: 2 });
  for (const [index, name] of names.entries()) {
    const id = `key_${String.fromCodePoint(97 + index)}`;
    const role = index === 0 ? ('admin' as const) : ('user' as const);
    await store.insertKey(
      apiKey({ id, name, role, hint: 'pk_1234', createdAt: start + index }),
      new Uint8Array(32).fill(index),
    );
    await store.insertFile({
      id: newTaskId(),
      keyId: id,
      key: `inputs/${index}.png`,
      fileName: name,
      content_type: 'image/png',
      width: 1,
      height: index + 1,
      bytes: 2 ** 31 + index,
      sha256: 'f'.repeat(64),
      createdAt: start,
      expiresAt: start + 1_000,
    });
    await store.saveClientBatch(
      {
        id: newTaskId(),
        keyId: id,
        face: 'openai',
        createdAt: start,
        expiresAt: start + 1_000,
        record: '{}',
      },
      JSON.stringify([name]),
    );
    await store.insertEndpoint(
      {
        id: `ep_${index}`,
        keyId: index % 2 === 0 ? 'key_a' : 'key_b',
        url: `https://hooks.example/${index}`,
        events: index % 3 === 0 ? ['task.running'] : ['task.succeeded', 'task.failed', 'key.expiring'],
        description: name,
        createdAt: start,
        failingSince: null,
        disabledAt: null,
        disabledReason: null,
      },
      `whsec_${index}`,
      99,
    );
    if (index % 4 === 0)
      await store.rotateSecret(`ep_${index}`, `whsec_new_${index}`, {
        at: start + 1,
        oldExpiresAt: start + 99,
      });
  }
  await fillOwners(store);
  await store.revokeKey('key_c', start + 7, {
    act: 'key.revoke',
    who: 'key_a',
    whoName: null,
    address: '203.0.113.9',
    requestId: 'req_1',
    at: start + 7,
  });
  await store.changeEndpoint('ep_3', { enabled: false }, start + 8);
}

/** Makes owners, one of whom is deleted, and limits of one and of a key. */
async function fillOwners(store: Store): Promise<void> {
  const team = {
    id: 'own_1',
    name: 'a “team”',
    weight: 2.5,
    shared: true,
    createdAt: start,
    deletedAt: null,
  };
  await store.insertOwner(team);
  await store.insertOwner({ ...team, id: 'own_2', name: '', weight: 1, shared: false });
  await store.deleteOwner('own_2', start);
  await store.writeDeclarationsIfStill([], [{ kind: 'owner', id: 'acme', content: '{"id":"acme"}' }]);
  const budget = { period: 'day', amountMicroUsd: 9, timeZone: 'UTC' } as const;
  for (const ownerId of ['own_1', null]) await store.changeKey('key_b', { ownerId }, start);
  await setLimited(store, 'own_1', { budget, limits: {} });
  await setLimited(store, 'key_a', { budget: null, limits: { waiting: 3 } });
}

/** Makes attempts of some deliveries, one of which ends with odd words. */
async function tellWebhooks(store: Store): Promise<void> {
  const due = await store.dueDeliveries({ host: 'hooks.example', now: start + 100, limit: 9 });
  for (const [index, { id, endpointId }] of due.entries()) {
    await store.claimDelivery(id, { now: start + 100, claimMs: 1_000 });
    if (index === 0) continue;
    await store.recordAttempt({
      deliveryId: id,
      endpointId,
      attempt: {
        at: start + 101,
        durationMs: 5,
        status: index,
        error: index === 1 ? null : 'a\0b',
        answerStart: 'ok\0',
      },
      next:
        index % 2 === 0
          ? { state: 'failed', reason: '\u0001 said no' }
          : { state: 'pending', dueAt: start + 5_000 },
      switchOff: index === 8 ? { failingSince: start + 200, reason: 'it \0 fails' } : null,
    });
  }
}
