// A process that runs what the bench measures without a server before it: writes and reads of the store, and bare ones beside them. It is
// asked by messages, so that a loop is as warm in its last round as a server.

import type { LoopCall, LoopDone } from './loops.ts';
import { createBareSubmits } from './bare-submits.ts';
import { createBareTakes } from './bare-takes.ts';
import { createNotifyingInserts } from './notifying-inserts.ts';
import { createStoreTakes } from './store-takes.ts';
import { createStoreTasks } from './store-tasks.ts';

/** Runs for so many seconds, and resolves with how often it did what it is for. */
export type Loop = (seconds: number) => Promise<number>;

const makers: Record<LoopCall['loop'], (call: LoopCall) => Promise<Loop>> = {
  'bare-submits': createBareSubmits,
  'bare-takes': createBareTakes,
  'notifying-inserts': createNotifyingInserts,
  'store-takes': createStoreTakes,
  'store-tasks': createStoreTasks,
};

const made = new Map<string, Promise<Loop>>();

process.on('message', (call: LoopCall) => void run(call));

async function run(call: LoopCall): Promise<void> {
  const name = JSON.stringify({ ...call, seconds: 0 });
  let loop = made.get(name);
  if (loop === undefined) made.set(name, (loop = makers[call.loop](call)));
  const ready = await loop;
  const startedAt = performance.now();
  const count = await ready(call.seconds);
  const done: LoopDone = { count, seconds: (performance.now() - startedAt) / 1_000 };
  process.send?.(done);
}
