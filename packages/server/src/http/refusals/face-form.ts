// Form of the refusals of a face: how its clients are told that a request is not served, or that the task they waited for failed. One
// function answers and describes: the reference shows what it makes of an example.

import type { RequestErrorType, TaskErrorType } from '@plantain/client';
import type { Task } from '../../core/tasks/task.ts';
import type { JsonSchema } from '../openapi/json-schema.ts';
import type { Refusal } from './envelope.ts';

/** Refusal of a request, or failure of the task that a call waited for. */
export interface FaceRefusal extends Omit<Refusal, 'type'> {
  type: RequestErrorType | TaskErrorType;
  /** Task that failed; `undefined` where the request made none. */
  task?: Task | undefined;
  /** Thrown value, for faces that know errors of their own; `undefined` for a path at which there is nothing. */
  error?: unknown;
}

/** Answer in the face's form. Headers that all refusals have are set already: `Retry-After`, `WWW-Authenticate`, `Allow`. */
export interface FaceAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: object;
}

export interface FaceForm {
  refuse(refusal: FaceRefusal): FaceAnswer;
  /** Schema of `body` in the reference. */
  schema: JsonSchema;
}

/** Failure of the task that a call waited for. The face answers with it in its own form. */
export class TaskFailedError extends Error {
  readonly task: Task;

  constructor(task: Task) {
    super(task.failure?.message ?? 'The task failed.');
    this.name = 'TaskFailedError';
    this.task = task;
  }
}

/** Whether the same request sent again may be paid for although this one brought nothing: an upstream may have billed a call. */
export function mayHaveCost({ attempts }: Pick<Task, 'attempts'>): boolean {
  return attempts.some(({ maybeBilled, costMicroUsd }) => maybeBilled || (costMicroUsd ?? 0) > 0);
}
