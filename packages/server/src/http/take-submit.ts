// What the faces have in common when a task is submitted: who calls, the body, the submission.

import type { FastifyRequest } from 'fastify';
import { RequestError } from '../core/errors.ts';
import type { Caller } from '../core/keys.ts';
import type { Submit } from '../core/submit.ts';
import type { TaskAction } from '../core/task.ts';
import { type Authorize, presentedKey } from './authorization.ts';
import type { BodyReader } from './read-body.ts';
import { readSubmission, type SubmissionLimits } from './submission.ts';

export interface SubmitParts {
  authorize: Authorize;
  bodies: BodyReader;
  submit: Submit;
  limits: SubmissionLimits & { maxBodyBytes: number };
}

/** A body that has yet to show its key may not be large. */
const strangerBodyBytes = 2 ** 18;

/**
 * Accepts a task and says what was ignored. Without an `action`, a body with pictures is an edit. The body counts against
 * the reader's memory until the task is stored. Throws `RequestError`.
 */
export async function takeSubmit(
  { authorize, bodies, submit, limits }: SubmitParts,
  request: FastifyRequest,
  action?: TaskAction,
): Promise<{ taskId: string; warnings: string[] }> {
  const { authorization = '' } = request.headers;
  const early = presentedKey(authorization) === '' ? tryWithoutKey(authorize) : authorize(authorization);
  let readable = false;
  try {
    const limit = early === null ? strangerBodyBytes : limits.maxBodyBytes;
    return await bodies.use(request.raw, limit, async (body) => {
      readable = true;
      // Some clients send the key as a member of the body.
      const { key } = body.fields;
      const caller = early ?? authorize(typeof key === 'string' ? key : undefined);
      const { submission, warnings } = readSubmission(action, body, limits);
      const taskId = await submit({ ...submission, keyId: caller.keyId });
      return { taskId, warnings };
    });
  } catch (error) {
    if (early === null && !readable) throw unreadableStranger(error);
    throw error;
  }
}

/** Whoever shows no key learns nothing else of a body that can't be read; but that the server has no room, anyone may hear. */
function unreadableStranger(error: unknown): unknown {
  if (!(error instanceof RequestError) || error.type === 'overloaded') return error;
  return new RequestError(
    'unauthenticated',
    'No API key. Send one in the Authorization header, alone or after "Bearer "; none could be read from the body.',
    { cause: error },
  );
}

function tryWithoutKey(authorize: Authorize): Caller | null {
  try {
    return authorize(undefined);
  } catch (error) {
    if (error instanceof RequestError && error.type === 'unauthenticated') return null;
    throw error;
  }
}
