// The model's world: stores that may be killed, and the tasks as they have to be.

import assert from 'node:assert/strict';
import { chargeAfterHold } from '../../core/ledger/charge.ts';
import { type ChargePolicy } from '../../core/ledger/charge-policy.ts';
import type { Budget, Limits } from '../../core/limits/limits.ts';
import { intervalsOf } from '../../core/limits/judge-submit.ts';
import { allTime } from '../../core/ledger/periods.ts';
import type { Lease } from '../../core/tasks/task-queue.ts';
import type { Store } from '../store.ts';
import { failure, start, view } from '../conformance/store.fixture.ts';
import {
  expectedBalance,
  type KnownAdjustment,
  type KnownTask,
  ownerOf,
  subjects,
} from './expected-money.fixture.ts';
import { openRemoteStore, type Place, type RemoteStore } from './remote-store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

export const leaseMs = 1e12;

export interface Backend {
  place: Place;
  /** Number of processes. */
  count: number;
  /** Breaks all connections to the database. */
  cut?: () => Promise<void>;
}

export class World {
  now = start;
  readonly tasks = new Map<string, KnownTask>();
  readonly adjustments: KnownAdjustment[] = [];
  /** Leases of tasks that were taken before it was known that they are there. */
  readonly taken = new Map<string, Lease>();
  /** Idempotency keys under which tasks were accepted. */
  readonly accepted = new Set<string>();
  readonly backend: Backend;
  private readonly opened: RemoteStore[];

  private constructor(backend: Backend, opened: RemoteStore[]) {
    this.backend = backend;
    this.opened = opened;
  }

  static async open(backend: Backend): Promise<World> {
    const opened = await Promise.all(
      Array.from({ length: backend.count }, () => openRemoteStore(backend.place)),
    );
    return new World(backend, opened);
  }

  on(index: number): Store {
    return this.opened[index % this.opened.length]!.store;
  }

  async kill(index: number): Promise<void> {
    const place = index % this.opened.length;
    await this.opened[place]!.kill();
    this.opened[place] = await openRemoteStore(this.backend.place);
  }

  /** Cuts all stores off from the database, and waits until they are back. */
  async cut(): Promise<void> {
    await this.backend.cut?.();
    for (const { store } of this.opened) while (!(await isBack(store)));
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map((each) => each.kill()));
  }

  known(state: KnownTask['state']): KnownTask[] {
    return [...this.tasks.values()].filter((task) => task.state === state);
  }

  limit(subjectId: string, budget: Budget | null, limits: Limits): Promise<void> {
    return setLimited(this.on(0), subjectId, { budget, limits });
  }

  async adjust(subject: number, spentDelta: number): Promise<void> {
    const { kind, id } = subjects[subject]!;
    const whose = kind === 'owner' ? { keyId: null, ownerId: id } : { keyId: id, ownerId: ownerOf[id]! };
    const adjustment = { ...whose, at: this.now, spentDelta, reason: 'a test' };
    await this.on(1).adjust(adjustment);
    this.adjustments.push(adjustment);
  }

  async delete(pick: number): Promise<void> {
    const final = this.known('final');
    const task = final[pick % Math.max(final.length, 1)];
    if (task === undefined) return;
    const deleted = await this.on(0).deleteIfFinal(task.id, task.keyId, this.now);
    // One that is held stays.
    assert.equal(deleted === null, task.charge?.kind === 'hold');
    if (deleted !== null) task.state = 'deleted';
  }

  /** Ends what is no longer held, on all stores at once. */
  async endHolds(policy: ChargePolicy): Promise<void> {
    const held = await this.on(0).findExpiredHolds(this.now, 1_000);
    const due = this.known('final').filter(
      ({ charge }) => charge?.kind === 'hold' && charge.until <= this.now,
    );
    assert.deepEqual(held.map(({ id }) => id).toSorted(), due.map(({ id }) => id).toSorted());
    for (const task of held) {
      const charge = chargeAfterHold(task, policy);
      const end = { at: this.now, charge, view };
      const ended = await Promise.all([this.on(0).endHold(task.id, end), this.on(1).endHold(task.id, end)]);
      assert.equal(ended.filter(Boolean).length, 1);
      this.tasks.get(task.id)!.charge = charge;
    }
  }

  /** Compares the stores with what has to be. */
  async check(): Promise<void> {
    const store = this.on(1);
    assert.deepEqual(await store.findLedgerFaults(5), []);
    for (const standing of await store.standingsOf(subjects, this.now)) {
      const { needed } = intervalsOf(standing.limited, this.now);
      const balance = (interval = allTime) =>
        expectedBalance(standing.id, interval, this.tasks.values(), this.adjustments);
      if (needed.period !== null) {
        const { spent, reserved } = balance(needed.period);
        assert.deepEqual([standing.spent, standing.reserved], [spent, reserved]);
      }
      if (needed.day !== null) assert.equal(standing.picturesToday, balance(needed.day).pictures);
      if (needed.allTime !== null) assert.equal(standing.reservedInAll, balance().reserved);
    }
  }

  /** Ends everything, and checks that nothing is reserved any more and each task was charged once. */
  async end(): Promise<void> {
    for (const { id } of this.known('pending'))
      await this.on(0).finishIfPending(id, {
        at: this.now,
        outcome: { state: 'error', failure },
        charge: { kind: 'release', reason: 'not_billed' },
        view,
      });
    for (const task of this.known('pending')) Object.assign(task, { state: 'final', charge: released });
    for (const task of this.known('running')) {
      const end = {
        at: this.now,
        outcome: { state: 'error', failure },
        charge: released,
        view,
      } as const;
      assert.equal(await this.on(1).finishIfLeased(task.lease!, end), true);
      Object.assign(task, { state: 'final', charge: released });
    }
    this.now += 800 * 3_600_000;
    await this.endHolds({ failedButBilled: 'absorb', unknownOutcomes: 'absorb' });
    await this.check();
    await this.checkEntries();
  }

  private async checkEntries(): Promise<void> {
    const entries = await this.on(0).listEntries({ limit: 100_000 });
    const sum = (of: 'reservedDelta' | 'spentDelta') => entries.reduce((all, entry) => all + entry[of], 0);
    assert.equal(sum('reservedDelta'), 0);
    const charged = [...this.tasks.values()].map(({ charge }) =>
      charge?.kind === 'settle' ? charge.chargedMicroUsd : 0,
    );
    const adjusted = this.adjustments.map(({ spentDelta }) => spentDelta);
    assert.equal(
      sum('spentDelta'),
      [...charged, ...adjusted].reduce((all, one) => all + one, 0),
    );
    for (const [taskId, ofTask] of Map.groupBy(entries, (entry) => entry.taskId)) {
      if (taskId === null) continue;
      assert.ok(ofTask.filter(({ kind }) => kind === 'reserve').length < 2);
      assert.ok(ofTask.filter(({ kind }) => kind !== 'reserve').length < 2);
    }
  }
}

const isBack = (store: Store) =>
  store.ping().then(
    () => true,
    () => false,
  );

const released = { kind: 'release', reason: 'not_billed' } as const;
