// What the faces have in common when tasks are submitted: who calls, the body, and that a repeated request is no second task.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../core/errors.ts';
import type { Caller } from '../core/keys.ts';
import type { Submission, Submit } from '../core/submit.ts';
import { type Authorize, presentedKey } from './authorization.ts';
import { untilGone } from './client-gone.ts';
import { readIdempotencyKey, toRepeatable } from './idempotency.ts';
import type { Body, BodyReader } from './read-body.ts';
import type { SubmissionLimits } from './submission.ts';

export interface SubmitParts {
  authorize: Authorize;
  bodies: BodyReader;
  submit: Submit;
  limits: SubmissionLimits & { maxBodyBytes: number };
}

/** The same for tasks that are made of what is stored: the request has no body that counts. Throws `RequestError`. */
export async function takeAgain(
  { authorize, submit }: SubmitParts,
  request: FastifyRequest,
  reply: FastifyReply,
  tasks: ReadTasks,
): Promise<string> {
  const { keyId } = authorize(request.headers.authorization);
  return accept({ submit, request, reply }, keyId, tasks, { fields: {}, files: [] });
}

async function accept(
  { submit, request, reply }: { submit: Submit; request: FastifyRequest; reply: FastifyReply },
  keyId: string,
  { submissions, answer, ...batch }: ReadTasks,
  body: Body,
): Promise<string> {
  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
  const repeatable = idempotencyKey === null ? undefined : toRepeatable(idempotencyKey, request.url, body);
  const submitted = await submit(keyId, submissions, answer, {
    ...batch,
    repeatable,
    signal: untilGone(reply),
  });
  if (submitted.repeated) reply.header(repeatedHeader, 'true');
  return submitted.answer;
}

/** On an answer that was made for an earlier request. */
const repeatedHeader = 'Idempotent-Replayed';

/** A body that has yet to show its key may not be large. */
const strangerBodyBytes = 2 ** 18;

/** What a face makes of a body. */
export interface ReadTasks {
  submissions: Submission[];
  batchId?: string;
  /** The answer to the request, as JSON, once the tasks have ids. */
  answer: (taskIds: string[]) => string;
}

/**
 * Accepts the tasks that `read` finds in the body, and gives the answer that it makes, or made when the same request came before.
 * The body counts against the reader's memory until the tasks are stored. Throws `RequestError`.
 */
export async function takeSubmit(
  { authorize, bodies, submit, limits }: SubmitParts,
  request: FastifyRequest,
  reply: FastifyReply,
  read: (body: Body) => ReadTasks,
): Promise<string> {
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
      return accept({ submit, request, reply }, caller.keyId, read(body), body);
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
