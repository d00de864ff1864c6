// What the faces have in common when a task is submitted: who calls, the body, the submission.

import type { FastifyRequest } from 'fastify';
import { RequestError } from '../core/errors.ts';
import type { Caller } from '../core/keys.ts';
import type { Submit } from '../core/submit.ts';
import type { TaskAction } from '../core/task.ts';
import type { Authorize } from './authorization.ts';
import type { Body, BodyReader } from './read-body.ts';
import { readSubmission, type SubmissionLimits } from './submission.ts';

export interface SubmitParts {
  authorize: Authorize;
  bodies: BodyReader;
  submit: Submit;
  limits: SubmissionLimits & { maxBodyBytes: number };
}

/** A body that has yet to show its key may not be large. */
const strangerBodyBytes = 2 ** 18;

/** Accepts a task and says what was ignored. `action` is chosen when the body is known. Throws `RequestError`. */
export async function takeSubmit(
  { authorize, bodies, submit, limits }: SubmitParts,
  request: FastifyRequest,
  action: (body: Body) => TaskAction,
): Promise<{ taskId: string; warnings: string[] }> {
  const header = request.headers.authorization;
  const early = header === undefined ? tryWithoutHeader(authorize) : authorize(header);
  const body = await bodies.read(request.raw, early === null ? strangerBodyBytes : limits.maxBodyBytes);
  // Some clients send the key as a member of the body.
  const { key } = body.fields;
  const caller = early ?? authorize(typeof key === 'string' ? key : undefined);
  const { submission, warnings } = readSubmission(action(body), body, limits);
  const taskId = await submit({ ...submission, keyId: caller.keyId });
  return { taskId, warnings };
}

function tryWithoutHeader(authorize: Authorize): Caller | null {
  try {
    return authorize(undefined);
  } catch (error) {
    if (error instanceof RequestError && error.type === 'unauthenticated') return null;
    throw error;
  }
}
