// Test support: a thread that does as it is told.

import { serveTasks, type ThreadResult } from './thread-tasks.ts';

export type Order =
  | { kind: 'echo'; value: unknown }
  | { kind: 'grow' }
  | { kind: 'spin' }
  | { kind: 'throw' }
  | { kind: 'exit' }
  /** Tells through `flag` that it has begun, and waits until it is told to go on. */
  | { kind: 'wait'; flag: Int32Array<SharedArrayBuffer> };

serveTasks((order: Order): ThreadResult => {
  if (order.kind === 'echo') {
    const { value } = order;
    return { result: value, transfer: value instanceof Uint8Array ? [value.buffer] : [] };
  }
  if (order.kind === 'throw') throw new Error('No.');
  if (order.kind === 'exit') process.exit(3);
  if (order.kind === 'spin') for (;;);
  if (order.kind === 'grow') for (const all: object[] = []; ;) all.push({});
  Atomics.store(order.flag, 0, 1);
  Atomics.notify(order.flag, 0);
  Atomics.wait(order.flag, 1, 0);
  return { result: 'waited' };
});
