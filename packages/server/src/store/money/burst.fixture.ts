// Things that happen at once, and what became of them, also where a store was killed before it said so.

import assert from 'node:assert/strict';
import { chargeAtEnd } from '../../core/ledger/charge.ts';
import { type ChargePolicy } from '../../core/ledger/charge-policy.ts';
import type { Charge } from '../../core/ledger/money.ts';
import type { AttemptEnd, TaskEnd } from '../../core/tasks/task-queue.ts';
import type { StoredAnswer } from '../../core/tasks/task-store.ts';
import type { Attempt, Task } from '../../core/tasks/task.ts';
import { callAt, failedAttempt, failure, newTask, result, view } from '../conformance/store.fixture.ts';
import type { Store } from '../store.ts';
import { checkCaps, type Learnt, type Standings, type Submission } from './caps.fixture.ts';
import { type KnownTask, ownerOf, subjects } from './expected-money.fixture.ts';
import { UnansweredError } from './remote-store.fixture.ts';
import type { Burst, EndStep, SubmitStep } from './steps.fixture.ts';
import { leaseMs, type World } from './world.fixture.ts';

/** An end, and the charge that is entered if it is the one that counts. */
interface Ending {
  task: KnownTask;
  charge: Charge;
  /** `null` where nobody said whether it was written. */
  isWritten: boolean | null;
}

export async function performBurst(world: World, burst: Burst): Promise<void> {
  const before: Standings = await world.on(0).standingsOf(subjects, world.now);
  const acts = beginActs(world, burst);
  const isDisturbed = await disturb(world, burst, acts.answers);
  await Promise.all(acts.answers);
  const submissions = await Promise.all(acts.submissions);
  const endings = await Promise.all(acts.endings);
  const learnt = await learnSubmissions(world, submissions);
  if (isDisturbed) await reclaim(world);
  for (const ending of endings) await learnEnding(world, ending);
  for (const task of acts.moved) await learn(world, task);
  const ended = endings.map(({ task }) => task);
  checkCaps(before, learnt, { ended, others: isDisturbed || acts.moved.length > 0 });
}

function beginActs(world: World, burst: Burst) {
  const running = world.known('running');
  const take = pickerOf(running);
  const ended = burst.ends.flatMap((step) => take(step.pick).map((task) => ({ step, task })));
  const retried = burst.retries.flatMap((step) => take(step.pick).map((task) => ({ step, task })));
  const cancelled = burst.cancels.flatMap(pickerOf(world.known('pending')));
  const submissions = burst.submits.map((step) => submit(world, step));
  const policy: ChargePolicy = {
    failedButBilled: burst.charges ? 'charge' : 'absorb',
    unknownOutcomes: 'absorb',
  };
  const endings = [
    ...ended.map(({ step, task }) => end(world, step, task, policy)),
    ...cancelled.map((task) => cancel(world, task)),
  ];
  const others = [
    ...retried.map(({ step, task }) => retry(world, step, task)),
    ...(burst.take > 0 ? [takeSome(world, burst.take)] : []),
  ];
  const moved = [...retried.map(({ task }) => task), ...(burst.take > 0 ? world.known('pending') : [])];
  return {
    submissions,
    endings,
    moved,
    answers: [...submissions, ...endings, ...others] as Promise<unknown>[],
  };
}

/** Picks each item once. */
function pickerOf<Item>(items: Item[]): (pick: number) => Item[] {
  return (pick) => (items.length === 0 ? [] : items.splice(pick % items.length, 1));
}

/** Kills a store, or cuts all off, when so many answers have come. */
async function disturb(
  world: World,
  { disturbed }: Burst,
  answers: readonly Promise<unknown>[],
): Promise<boolean> {
  if (disturbed === null) return false;
  const enough = Promise.withResolvers<void>();
  let left = Math.min(disturbed.after, answers.length);
  if (left === 0) enough.resolve();
  for (const answer of answers) void answer.then(() => --left <= 0 && enough.resolve());
  await enough.promise;
  if (disturbed.how === 'kill') await world.kill(disturbed.on);
  else await world.cut();
  return true;
}

/** Gives `null` where no answer came. */
async function answered<Value>(call: Promise<Value>): Promise<Value | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof UnansweredError) return null;
    throw error;
  }
}

async function submit(world: World, step: SubmitStep): Promise<Submission> {
  const { keyId, estimates, once, on } = step;
  const tasks = estimates.map((estimatedMicroUsd) =>
    newTask({
      keyId,
      ownerId: ownerOf[keyId]!,
      createdAt: world.now,
      deadlineAt: world.now + leaseMs,
      price: { estimatedMicroUsd, unitMicroUsd: null },
    }),
  );
  const answer: StoredAnswer | null =
    once === null
      ? null
      : {
          keyId,
          idempotencyKey: String(once),
          requestHash: 'h',
          answer: '""',
          expiresAt: world.now + leaseMs,
        };
  return {
    step,
    tasks,
    inserted: await answered(world.on(on).insert(tasks, answer, { unpriced: 'refuse' })),
  };
}

const attemptEnds: Record<EndStep['how'], (cost: number) => AttemptEnd> = {
  succeeded: (costMicroUsd) => ({ ...failedAttempt, outcome: 'succeeded', failure: null, costMicroUsd }),
  failed: () => failedAttempt,
  billed: (costMicroUsd) => ({ ...failedAttempt, maybeBilled: true, costMicroUsd }),
  unknown: () => ({ ...failedAttempt, outcome: 'unknown', maybeBilled: true, costMicroUsd: null }),
};

const isClosed = ({ outcome }: Attempt) => outcome !== null;

/** Opens an attempt, unless one is open since a store was killed. */
async function open(world: World, store: Store, { attempts, lease }: KnownTask): Promise<void> {
  if (attempts.every(isClosed)) await answered(store.openAttemptIfLeased(lease!, callAt(world.now)));
}

async function end(world: World, step: EndStep, task: KnownTask, policy: ChargePolicy): Promise<Ending> {
  const { how, cost, twice, on } = step;
  const attempt = attemptEnds[how](cost);
  const store = world.on(on);
  await open(world, store, task);
  const money = { estimatedMicroUsd: task.estimate, reservedMicroUsd: task.isEntered ? task.estimate : null };
  const ended = { attempts: [...task.attempts.filter(isClosed), attempt], money } as unknown as Task;
  const charge = chargeAtEnd(ended, { succeeded: how === 'succeeded', at: world.now }, policy);
  const outcome: TaskEnd['outcome'] =
    how === 'succeeded' ? { state: 'succeeded', result } : { state: 'error', failure };
  const write = (index: number) =>
    answered(world.on(index).finishIfLeased(task.lease!, { at: world.now, outcome, attempt, charge, view }));
  return { task, charge, isWritten: await onceOf(twice ? [write(on), write(on + 1)] : [write(on)]) };
}

async function cancel(world: World, task: KnownTask): Promise<Ending> {
  const charge = { kind: 'release', reason: 'not_billed' } as const;
  const outcome = { state: 'error', failure: { ...failure, type: 'cancelled' } } as const;
  const write = (index: number) =>
    answered(world.on(index).finishIfPending(task.id, { at: world.now, outcome, charge, view }));
  return { task, charge, isWritten: await onceOf([write(0), write(1)]) };
}

/** Whether a write that was asked for more than once was done; it is never done twice. */
async function onceOf(writes: readonly Promise<boolean | null>[]): Promise<boolean | null> {
  const written = await Promise.all(writes);
  assert.ok(written.filter((each) => each === true).length < 2);
  if (written.includes(true)) return true;
  return written.includes(null) ? null : false;
}

async function retry(world: World, { how, cost, on }: EndStep, task: KnownTask): Promise<void> {
  const store = world.on(on);
  await open(world, store, task);
  const attempt = attemptEnds[how === 'succeeded' ? 'failed' : how](cost);
  await answered(
    store.putBackIfLeased(task.lease!, { at: world.now, dueAt: world.now, usesTry: true, attempt }),
  );
}

async function takeSome(world: World, limit: number): Promise<void> {
  const needs = [{ model: 'nano-banana', inputs: 0, limit }];
  const taken = await answered(world.on(1).takeDue({ needs, now: world.now, leaseMs }));
  for (const { task, lease } of taken ?? []) {
    const known = world.tasks.get(task.id);
    if (known !== undefined) known.lease = lease;
    else world.taken.set(task.id, lease);
  }
}

/** Takes all running tasks over, as their leases may not be known. */
async function reclaim(world: World): Promise<void> {
  const claimed = await world
    .on(0)
    .claimExpiredLeases({ by: world.now + 2 * leaseMs, now: world.now, leaseMs, limit: 1_000 });
  for (const { task, lease } of claimed) {
    const known = world.tasks.get(task.id)!;
    known.lease = lease;
    await learn(world, known);
  }
}

/** Learns what became of submits: those of an answer are as it says, and each is whole or not there. */
async function learnSubmissions(world: World, submissions: readonly Submission[]): Promise<Learnt[]> {
  const learnt: Learnt[] = [];
  for (const submission of submissions) {
    const { tasks, inserted } = submission;
    const found = await Promise.all(tasks.map(({ id }) => world.on(0).find(id)));
    const isThere = found[0] !== null;
    assert.equal(
      found.every((task) => (task !== null) === isThere),
      true,
    );
    if (inserted !== null) assert.equal(isThere, inserted.kind === 'inserted');
    for (const task of found) if (task !== null) world.tasks.set(task.id, toKnown(world, task));
    learnt.push({ ...submission, isThere });
  }
  for (const { step, isThere } of learnt) {
    if (step.once === null || !isThere) continue;
    assert.equal(world.accepted.has(nameOf(step)), false);
    world.accepted.add(nameOf(step));
  }
  for (const { step, inserted } of learnt)
    if (inserted?.kind === 'repeated') assert.equal(world.accepted.has(nameOf(step)), true);
  return learnt;
}

const nameOf = ({ keyId, once }: SubmitStep) => `${keyId} ${once}`;

function toKnown(world: World, task: Task): KnownTask {
  const { id, keyId, ownerId, createdAt, money, attempts } = task;
  return {
    id,
    keyId,
    ownerId,
    createdAt,
    estimate: money.estimatedMicroUsd ?? 0,
    isEntered: money.reservedMicroUsd !== null,
    state: task.state === 'pending' ? 'pending' : 'running',
    lease: world.taken.get(id) ?? null,
    attempts,
    charge: null,
  };
}

/** Learns whether a task has ended. Where its end was answered, it is as that says. */
async function learnEnding(world: World, { task, charge, isWritten }: Ending): Promise<void> {
  const found = (await world.on(1).find(task.id))!;
  const isFinal = found.finishedAt !== null;
  if (isWritten === true) assert.equal(isFinal, true);
  if (!isFinal) return await learn(world, task);
  assert.deepEqual(
    [found.money.holdUntil, found.money.chargedMicroUsd],
    charge.kind === 'hold'
      ? [charge.until, null]
      : [null, charge.kind === 'settle' ? charge.chargedMicroUsd : 0],
  );
  Object.assign(task, { state: 'final', charge, attempts: found.attempts });
}

/** Learns whether a task that has not ended waits or runs. */
async function learn(world: World, task: KnownTask): Promise<void> {
  if (task.charge !== null) return;
  const found = (await world.on(1).find(task.id))!;
  if (found.finishedAt !== null) return;
  Object.assign(task, { state: found.state, attempts: found.attempts });
}
