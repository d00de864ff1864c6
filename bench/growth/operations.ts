// Operations that a server asks of its store all day. How long each takes should not depend on how much is stored.

import type { LeasedTask } from 'plantain-server/src/core/tasks/task-queue.ts';
import type { NewTask } from 'plantain-server/src/core/tasks/task-store.ts';
import { newTaskId } from 'plantain-server/src/lib/ids.ts';
import type { Store } from 'plantain-server/src/store/store.ts';
import { notBilled } from 'plantain-server/src/core/ledger/money.ts';

export interface Operation {
  name: string;
  /** Does it once more. */
  run: () => Promise<unknown>;
}

const dayMs = 86_400_000;
const keyId = 'key_7';
const model = 'model_3';
const leaseMs = 600_000;
const call = { upstream: 'u', upstreamModel: 'm', credential: 'key_1' };
const view = { key: 'k', text: '{"view":"of a task"}' };
const shown = { viewKey: 'k', promptLength: 60 };

function newTask(): NewTask {
  const now = Date.now();
  const request: NewTask['request'] = {
    prompt: 'a picture of a fruit',
    inputs: [],
    aspectRatio: 'auto',
    imageSize: '1K',
  };
  return {
    id: newTaskId(now),
    keyId,
    action: 'generate',
    model,
    request,
    createdAt: now,
    deadlineAt: now + 600_000,
  };
}

function submits(store: Store): Operation[] {
  return [
    { name: 'submit', run: () => store.insert([newTask()]) },
    {
      name: '64 submits at once',
      run: () => Promise.all(Array.from({ length: 64 }, () => store.insert([newTask()]))),
    },
    {
      name: 'submit with an idempotency key',
      run: () => {
        const task = newTask();
        const once = {
          keyId,
          idempotencyKey: task.id,
          requestHash: 'h',
          answer: '{}',
          expiresAt: Date.now() + dayMs,
        };
        return store.insert([task], once);
      },
    },
  ];
}

/** Operations of a task, from its submit to its end. */
export function lifeOfTask(store: Store): Operation[] {
  const taken: LeasedTask[] = [];
  const next = () => {
    const leased = taken.shift();
    if (leased === undefined) throw new Error('No task was taken.');
    return leased;
  };
  const needs = (limit: number) => [{ model, inputs: 0, limit }];
  return [
    ...submits(store),
    { name: 'pendingWork', run: () => store.pendingWork(Date.now()) },
    {
      name: 'take of 8',
      run: async () => taken.push(...(await store.takeDue({ needs: needs(8), now: Date.now(), leaseMs }))),
    },
    {
      name: 'open an attempt',
      run: () => {
        const leased = next();
        taken.push(leased);
        return store.openAttemptIfLeased(leased.lease, { ...call, at: Date.now() });
      },
    },
    {
      name: 'renew 64 leases',
      run: () =>
        store.renewLeases(
          taken.slice(0, 64).map(({ lease }) => ({ lease, progress: Math.random() })),
          { now: Date.now(), leaseMs },
        ),
    },
    {
      name: 'put a task back',
      run: () => store.putBackIfLeased(next().lease, { at: Date.now(), dueAt: Date.now(), usesTry: true }),
    },
    {
      name: 'end a task',
      run: () =>
        store.finishIfLeased(next().lease, {
          at: Date.now(),
          view,
          charge: notBilled,
          outcome: {
            state: 'error',
            failure: {
              type: 'no_image',
              message: 'Nothing came.',
              retryable: true,
              upstreamReason: 'NO_IMAGE',
            },
          },
        }),
    },
  ];
}

/** `keyOf` has the key of each of these tasks. */
export function reads(store: Store, ids: readonly string[], keyOf: ReadonlyMap<string, string>): Operation[] {
  let turn = 0;
  const some = () => ids[(turn += 1) % ids.length] ?? '';
  const now = () => Date.now();
  return [
    {
      name: 'status of a task',
      run: () => {
        const id = some();
        return store.findStatus(id, 'k', keyOf.get(id) ?? '');
      },
    },
    { name: 'task', run: () => store.find(some()) },
    { name: 'list: first page', run: () => store.list({ keyId, limit: 50 }, shown) },
    { name: 'list: a page within', run: () => store.list({ keyId, limit: 50, beforeId: some() }, shown) },
    {
      name: 'list: failed ones of a model',
      run: () => store.list({ keyId, limit: 50, state: 'error', model }, shown),
    },
    { name: 'list: words in prompts', run: () => store.list({ keyId, limit: 50, search: 'zebra' }, shown) },
    { name: 'tasks of a batch', run: () => store.batch(some(), keyId) },
    { name: 'delete of a task', run: () => store.deleteIfFinal(some(), keyId, now()) },
    { name: 'changes of a key', run: () => store.changedSince(keyId, -1_000_000_000, 100) },
    { name: 'latest change of a key', run: () => store.latestChange(keyId) },
    { name: 'count of pending tasks', run: () => store.countPending() },
    { name: 'pending tasks by model', run: () => store.countPendingByModel() },
    { name: 'running tasks', run: () => store.running() },
    { name: 'durations of the last 200', run: () => store.recentRuns(200) },
    { name: 'queue of a model, 2,000', run: () => store.pendingQueue(model, 2_000) },
    { name: 'statistics of 90 days', run: () => store.countsBetween(now() - 90 * dayMs, now()) },
    { name: 'attempts of a day', run: () => store.countAttempts(now() - 3_600_000) },
    { name: 'latest time', run: () => store.latestTime() },
    { name: 'kept answer', run: () => store.findAnswer(keyId, some(), now()) },
    { name: 'files of a key', run: () => store.listFiles({ keyId, now: now(), limit: 50 }) },
    { name: 'whether a file is stored', run: () => store.isFileStored(some(), now()) },
  ];
}

export function webhooks(store: Store, ids: readonly string[]): Operation[] {
  const now = () => Date.now();
  const due = async () => (await store.dueDeliveries({ host: 'host_0', now: now(), limit: 4 }))[0]?.id ?? '';
  return [
    {
      name: 'webhooks: keys with something due',
      run: () => store.pendingKeys({ after: '', now: now(), limit: 100 }),
    },
    {
      name: 'webhooks: receivers with something due',
      run: () => store.pendingReceivers({ after: '', now: now(), limit: 100 }),
    },
    {
      name: 'webhooks: next of a key',
      run: () => store.nextDeliveriesOfKey({ keyId, now: now(), limit: 32 }),
    },
    {
      name: 'webhooks: claim and record',
      run: async () => {
        const id = await due();
        await store.claimDelivery(id, { now: now(), claimMs: 60_000 });
        const attempt = { at: now(), durationMs: 5, status: 200, error: null, answerStart: '' };
        await store.recordAttempt({
          deliveryId: id,
          endpointId: null,
          attempt,
          next: { state: 'delivered' },
          switchOff: null,
        });
      },
    },
    { name: 'webhooks: list of a key', run: () => store.listDeliveries({ keyId, limit: 50 }) },
    {
      name: 'webhooks: list of an endpoint',
      run: () => store.listDeliveries({ keyId, endpointId: `we_${keyId}`, limit: 50 }),
    },
    {
      name: 'webhooks: list of a task',
      run: () => store.listDeliveries({ keyId, taskId: ids[0] ?? '', limit: 50 }),
    },
  ];
}

export function sweeps(store: Store): Operation[] {
  const claim = () => ({ now: Date.now(), claimMs: 60_000, limit: 100 });
  return [
    {
      name: 'sweep: expired leases',
      run: () => store.claimExpiredLeases({ by: Date.now(), now: Date.now(), leaseMs, limit: 100 }),
    },
    { name: 'sweep: deadlines', run: () => store.claimPastDeadline({ ...claim(), by: Date.now() }) },
    { name: 'sweep: cancelled tasks', run: () => store.claimCancelled(claim()) },
    {
      name: 'sweep: 100 tasks with expired pictures',
      run: () => store.claimExpiredPictures({ ...claim(), retentionMs: 10 * dayMs }),
    },
    {
      name: 'sweep: 500 tasks deleted',
      run: () => store.deleteFinished({ finishedBy: Date.now() - 16 * dayMs, at: Date.now(), limit: 500 }),
    },
    {
      name: 'sweep: pictures to delete',
      run: () => store.claimPicturesToDelete({ notedBy: Date.now(), now: Date.now(), limit: 100 }),
    },
    { name: 'sweep: kept answers', run: () => store.deleteExpiredAnswers(Date.now() - 10 * dayMs) },
    {
      name: 'sweep: deliveries',
      run: () => store.deleteFinishedDeliveries({ finishedBy: Date.now() - 16 * dayMs, limit: 1_000 }),
    },
    { name: 'sweep: files', run: () => store.deleteExpiredFiles(Date.now()) },
    { name: 'sweep: secrets', run: () => store.deleteExpiredSecrets(Date.now()) },
    { name: 'sweep: unread answers', run: () => store.deleteUnreadAnswers(Date.now()) },
    { name: 'sweep: statistics', run: () => store.foldStatistics(Date.now()) },
  ];
}
