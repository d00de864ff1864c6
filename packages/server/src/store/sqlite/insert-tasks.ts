// New tasks on their way to the writer thread. A large batch goes in slices, is put together over there, and is inserted as one.

import type { Gate } from '../../core/limits/judge-submit.ts';
import { neededInputs } from '../../core/upstreams/needs.ts';
import type { Inserted, NewAnswer, NewTask, TaskIntake } from '../../core/tasks/task-store.ts';
import { sliced } from '../slices.ts';
import type { TaskToInsert } from './writes/insert-writes.ts';
import type { Writer } from './writes/writer.ts';

export function createInsertTasks(writer: Writer): TaskIntake['insert'] {
  // One large batch at a time: what is over there is memory that nobody has counted.
  let last: Promise<unknown> = Promise.resolve();
  let stages = 0;

  async function insertStaged(
    slices: Iterable<TaskToInsert[]>,
    once: NewAnswer | null,
    gate: Gate | null,
  ): Promise<Inserted> {
    const stage = ++stages;
    try {
      let number = 0;
      for (const slice of slices) await writer.write('stageTasks', stage, number++, slice);
      return await writer.write('insertStagedTasks', stage, once, gate);
    } finally {
      await writer.write('dropStagedTasks', stage).catch(() => {});
    }
  }

  return async (tasks, once = null, gate = null) => {
    const slices = sliced(tasks, toInsert);
    const first = slices.next().value ?? [];
    if (first.length === tasks.length) return await writer.write('insertTasks', first, once, gate);
    const mine = last.then(() => insertStaged(withFirst(first, slices), once, gate));
    last = mine.catch(() => {});
    return await mine;
  };
}

function* withFirst<Each>(first: Each, rest: Iterable<Each>): Generator<Each> {
  yield first;
  yield* rest;
}

function toInsert({ request, ...task }: NewTask): TaskToInsert {
  const { inputs, expiresInSeconds, callbackUrl, count: pictures = 1 } = request;
  const expiresInMs = expiresInSeconds === undefined ? null : expiresInSeconds * 1000;
  const callsBack = callbackUrl === undefined ? 0 : 1;
  const columns = { inputs: neededInputs(inputs), pictures, expiresInMs, callsBack } as const;
  return { ...task, request: JSON.stringify(request), ...columns };
}
