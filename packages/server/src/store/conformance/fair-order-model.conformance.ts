// The fair order beside a model of it, through submits, takes, ends, retries and cancels in any order.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { Lease } from '../../core/tasks/task-queue.ts';
import { owner } from '../../core/owners/owner.fixture.ts';
import type { Store } from '../store.ts';
import { FairOrderModel } from './fair-order-model.fixture.ts';
import { failed, newEdit, type OpenStore, start, succeeded } from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const owners = [
  { ownerId: 'own_a', weight: 1, running: 3 },
  { ownerId: 'own_b', weight: 2.5, running: Number.POSITIVE_INFINITY },
  { ownerId: 'own_c', weight: 1, running: Number.POSITIVE_INFINITY },
];
const ownerId = fc.constantFrom(...owners.map((each) => each.ownerId));
const which = fc.nat(1_000);
const inputs = fc.integer({ min: 0, max: 1 });

const anyStep = fc.oneof(
  fc.record({
    kind: fc.constant('submit' as const),
    ownerId,
    inputs,
    priority: fc.integer({ min: 0, max: 1 }),
    count: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    kind: fc.constant('take' as const),
    limits: fc.array(fc.nat(4), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('end' as const), which }),
  fc.record({ kind: fc.constant('putBack' as const), which, delayMs: fc.constantFrom(0, 25) }),
  fc.record({ kind: fc.constant('cancel' as const), which }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

function same<Value>(actual: Value, expected: NoInfer<Value>): void {
  expect(actual).toEqual(expected);
}

/** A store and the model, both of which each step changes. */
class Pair {
  private readonly model = new FairOrderModel(owners);
  private readonly leases = new Map<string, Lease>();
  private readonly takes = new Map<string, number>();
  private readonly putBacks = new Map<string, number>();
  private now = start;

  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  async begin(): Promise<void> {
    for (const { ownerId: id, weight, running } of owners) {
      await this.store.insertOwner(owner({ id, weight }));
      if (running !== Number.POSITIVE_INFINITY)
        await setLimited(this.store, id, { limits: { running }, budget: null });
    }
  }

  async step(step: Step): Promise<void> {
    this.now += 10;
    if (step.kind === 'submit') return await this.submit(step);
    if (step.kind === 'take') return await this.take(step.limits);
    const state = step.kind === 'cancel' ? 'pending' : 'running';
    const some = this.model.tasksThat((task) =>
      state === 'running' ? task.state === 'running' : task.state === 'ready' || task.state === 'delayed',
    );
    const task = some[step.which % Math.max(1, some.length)];
    if (task === undefined) return;
    if (step.kind === 'cancel') {
      same(await this.store.finishIfPending(task.id, failed(this.now, 'cancelled')), true);
      return this.model.remove(task.id);
    }
    const lease = this.leases.get(task.id) ?? { taskId: '', token: '' };
    if (step.kind === 'end') {
      same(await this.store.finishIfLeased(lease, succeeded(this.now)), true);
      return this.model.remove(task.id);
    }
    const back = { at: this.now, dueAt: this.now + step.delayMs, usesTry: true };
    same(await this.store.putBackIfLeased(lease, back), true);
    this.model.putBack(task.id, back.dueAt, back.at);
    this.putBacks.set(task.id, (this.putBacks.get(task.id) ?? 0) + 1);
  }

  /** Takes and ends all that is left, and looks that each task was taken as often as it was to be. */
  async drain(): Promise<void> {
    this.now += 100;
    for (let left = Number.POSITIVE_INFINITY; left > 0;) {
      await this.take([50, 50]);
      for (const { id } of this.model.tasksThat(({ state }) => state === 'running'))
        await this.step({ kind: 'end', which: this.placeOf(id) });
      left = this.model.tasksThat(({ state }) => state !== 'gone').length;
    }
    same((await this.store.pendingWork(this.now)).needs, []);
    for (const [id, times] of this.takes) same(times <= 1 + (this.putBacks.get(id) ?? 0), true);
  }

  private placeOf(id: string): number {
    return this.model.tasksThat(({ state }) => state === 'running').findIndex((task) => task.id === id);
  }

  private async submit(step: Extract<Step, { kind: 'submit' }>): Promise<void> {
    const { ownerId: by, priority } = step;
    const tasks = Array.from({ length: step.count }, () =>
      newEdit(step.inputs, { keyId: by, ownerId: by, priority, deadlineAt: start + 1_000_000 }),
    );
    await this.store.insert(tasks);
    for (const { id } of tasks) this.model.submit({ id, ownerId: by, inputs: step.inputs, priority });
  }

  private async take(limits: readonly number[]): Promise<void> {
    const asked = limits.flatMap((limit, need) => (limit === 0 ? [] : [{ inputs: need, limit }]));
    const needs = asked.map((each) => ({ ...each, model: 'nano-banana' }));
    const taken = await this.store.takeDue({ needs, now: this.now, leaseMs: 1_000_000 });
    same(
      taken.map(({ task }) => task.id),
      this.model.take(asked, this.now),
    );
    for (const { task, lease } of taken) {
      this.leases.set(task.id, lease);
      this.takes.set(task.id, (this.takes.get(task.id) ?? 0) + 1);
    }
    for (const { ownerId: id, running } of owners) same(this.model.runningOf(id) <= running, true);
  }
}

export function testFairOrderModel(name: string, open: OpenStore): void {
  describe(`the fair order on ${name}`, () => {
    test('is that of its model whatever comes, ends, goes back or is cancelled, and each task is taken', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
          const { store, cleanUp } = await open(createLocalChanges());
          try {
            const pair = new Pair(store);
            await pair.begin();
            for (const each of steps) await pair.step(each);
            await pair.drain();
          } finally {
            await store.close();
            await cleanUp();
          }
        }),
        { numRuns: 25 },
      );
    });
  });
}
