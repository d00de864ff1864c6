// A model of the fair order in its simplest form: all tasks in one list, and the rules of core/order/turns.ts word by word.

import { compareWaiting } from '../../core/order/predicted-order.ts';
import { isBefore, tagAt, turnAfter, turnOnArrival } from '../../core/order/turns.ts';

export interface ModelTask {
  id: string;
  ownerId: string;
  inputs: number;
  priority: number;
  state: 'ready' | 'delayed' | 'running' | 'gone';
  dueAt: number;
}

export interface ModelOwner {
  ownerId: string;
  turn: number;
  weight: number;
  /** Tasks that may run at once. */
  running: number;
}

export class FairOrderModel {
  readonly tasks = new Map<string, ModelTask>();
  readonly owners: ReadonlyMap<string, ModelOwner>;
  private virtualTime = 0;

  constructor(owners: readonly Omit<ModelOwner, 'turn'>[]) {
    this.owners = new Map(owners.map((owner) => [owner.ownerId, { ...owner, turn: 0 }]));
  }

  submit(task: Omit<ModelTask, 'state' | 'dueAt'>): void {
    this.join({ ...task, state: 'ready', dueAt: 0 });
  }

  /** Tasks that are taken of each need, up to its limit, in their order. */
  take(limits: readonly { inputs: number; limit: number }[], now: number): string[] {
    const { virtualTime } = this;
    const taken: string[] = [];
    for (const { inputs, limit } of limits) {
      const due = this.tasksThat(
        (task) => task.state === 'delayed' && task.inputs === inputs && task.dueAt <= now,
      );
      for (const task of due) this.join({ ...task, state: 'ready' });
      for (let count = 0; count < limit; count += 1) {
        const task = this.next(inputs);
        if (task === undefined) break;
        taken.push(task.id);
        this.run(task, virtualTime);
      }
    }
    return taken;
  }

  putBack(id: string, dueAt: number, at: number): void {
    const task = this.find(id);
    if (dueAt > at) this.tasks.set(id, { ...task, state: 'delayed', dueAt });
    else this.join({ ...task, state: 'ready', dueAt });
  }

  remove(id: string): void {
    this.tasks.set(id, { ...this.find(id), state: 'gone' });
  }

  tasksThat(condition: (task: ModelTask) => boolean): ModelTask[] {
    return [...this.tasks.values()].filter(condition);
  }

  runningOf(ownerId: string): number {
    return this.tasksThat((task) => task.state === 'running' && task.ownerId === ownerId).length;
  }

  private find(id: string): ModelTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  private ownerOf({ ownerId }: ModelTask): ModelOwner {
    const owner = this.owners.get(ownerId);
    if (owner === undefined) throw new Error(`no owner ${ownerId}`);
    return owner;
  }

  private join(task: ModelTask): void {
    const owner = this.ownerOf(task);
    const waits =
      this.tasksThat(({ state, ownerId }) => state === 'ready' && ownerId === task.ownerId).length > 0;
    if (!waits) owner.turn = turnOnArrival(owner.turn, this.virtualTime);
    this.tasks.set(task.id, task);
  }

  private next(inputs: number): ModelTask | undefined {
    const waiting = this.tasksThat((task) => task.state === 'ready' && task.inputs === inputs);
    const free = waiting.filter((task) => this.runningOf(task.ownerId) < this.ownerOf(task).running);
    const [first] = free.toSorted((a, b) => {
      if (a.ownerId === b.ownerId) return compareWaiting(a, b);
      return isBefore(this.ownerOf(a), this.ownerOf(b)) ? -1 : 1;
    });
    return first;
  }

  private run(task: ModelTask, virtualTime: number): void {
    const owner = this.ownerOf(task);
    const tag = tagAt(owner.turn, virtualTime);
    owner.turn = turnAfter(tag, owner.weight);
    this.virtualTime = Math.max(this.virtualTime, tag);
    this.tasks.set(task.id, { ...task, state: 'running' });
  }
}
