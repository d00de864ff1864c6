// Need of a task in one number: queues know a need by its model and the number of its inputs, in which a mask counts far more than
// any task has inputs, so that tasks with and without one wait apart.

import type { Need } from './router.ts';
import type { InputRole, Task } from '../tasks/task.ts';

/** Stored with every waiting task that has a mask, so it never changes. */
const ofMask = 1_000;

/** Number of inputs as needs have it, without and with a mask among them. */
export function neededInputs(inputs: readonly { role?: InputRole }[]): number {
  const hasMask = inputs.some(({ role }) => role === 'mask');
  return hasMask ? inputs.length - 1 + ofMask : inputs.length;
}

export function needOf({ model, request }: Pick<Task, 'model' | 'request'>): Need {
  return { model, inputs: neededInputs(request.inputs) };
}

/** Reads such a number: the pictures to edit, and whether a mask is there. */
export function readNeed({ inputs }: Pick<Need, 'inputs'>): { pictures: number; hasMask: boolean } {
  return inputs < ofMask
    ? { pictures: inputs, hasMask: false }
    : { pictures: inputs - ofMask, hasMask: true };
}
