// Taking submits in, whichever route they come by: the body, a key that stands in it, and that a repeated request is no second task.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { DryRunSubmit } from '../../core/submit/dry-run.ts';
import type { Submission, Submit } from '../../core/submit/submit.ts';
import { refuseWithout } from '../access/access.ts';
import { type Authorize, NoKeyError } from '../access/authorization.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { untilGone } from '../connections/client-gone.ts';
import { ClosingError } from '../connections/closing-error.ts';
import { dryRunText, isDryRun, warningsOf } from './dry-run-answer.ts';
import type { EarlierTries, Try } from './earlier-tries.ts';
import type { TriedCall } from './find-try.ts';
import { readIdempotencyKey, requestHash } from './idempotency.ts';
import { isMultipart } from '../body/parse-body.ts';
import type { Body, Fields } from '../body/body-fields.ts';
import type { BodyReader, ReadOptions } from '../body/read-body.ts';
import { costHeader } from '../views/task-cost.ts';
import type { NestedPictures } from './nested-pictures.ts';
import { submitNames } from './submit-names.ts';
import type { Hold } from './try-holds.ts';
import type { SubmissionLimits } from './submission.ts';

export interface SubmitParts {
  authorize: Authorize;
  bodies: BodyReader;
  /** Strangers' bodies count by it. */
  callerAddress: CallerAddress;
  submit: Submit;
  dryRun: DryRunSubmit;
  limits: SubmissionLimits & { maxBodyBytes: number };
}

/** A request that its lock let in; `null` for the caller of one whose key may stand in the body. */
interface SubmitCall<Admitted> {
  caller: Admitted;
  request: FastifyRequest;
  reply: FastifyReply;
  /** Counts further submits of the caller, of so many that are asked for at once, or those of one who was found in the body. */
  count: (caller: Caller, calls: number, asked?: number) => void;
}

/** Accepts tasks that are made of what is stored; `asked` has the members of the body. Rejects with `RequestError`. */
export async function takeAgain(
  { submit, dryRun }: Pick<SubmitParts, 'submit' | 'dryRun'>,
  { caller, request, reply }: SubmitCall<Caller>,
  { asked, ...tasks }: ReadTasks & { asked: Fields },
): Promise<string> {
  const nothing = { fields: {}, files: [] };
  const body = { fields: asked, requestHash: requestHash(request.url, nothing) };
  return accept({ submit, dryRun, request, reply }, caller, tasks, body);
}

/** Repeats that say so themselves. */
export interface TriedSubmit {
  tries: EarlierTries;
  /** Gives the hold of a call that waits for its task, once the body was read. Else the answer to the submit is all that its client wants. */
  hold?: () => Hold | undefined;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  tried?: TriedSubmit | undefined;
}

/** Whether the request has a name, or is to be known by what it says. */
function isNamed({ headers }: FastifyRequest, tried: TriedSubmit | undefined): boolean {
  return headers['idempotency-key'] !== undefined || tried?.tries.numberOf(headers) !== undefined;
}

/** `hash` is that of the request, which counts where it has a name. */
async function accept(
  { submit, dryRun, request, reply, tried }: Pick<SubmitParts, 'submit' | 'dryRun'> & Exchange,
  caller: Caller,
  { submissions, answer, ...batch }: ReadTasks,
  { fields, requestHash: hash }: Pick<Body, 'fields' | 'requestHash'>,
): Promise<string> {
  const signal = untilGone(reply);
  // A face has no answer that would be one to a dry run.
  if (tried === undefined && isDryRun(request.query, fields))
    return dryRunText(
      await dryRun(caller, submissions, { signal }),
      warningsOf(answer(submissions.map(() => ''))),
    );
  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
  const own =
    idempotencyKey === null && hash !== undefined
      ? beginTry(tried, reply, { keyId: caller.keyId, requestHash: hash, headers: request.headers, signal })
      : undefined;
  const earlier = (await own?.find()) ?? null;
  if (earlier !== null) {
    reply.header(repeatedHeader, 'true');
    return earlier;
  }
  // The client's next try may be on its way, and would not find the task yet.
  if (own !== undefined) signal.throwIfAborted();
  const named =
    idempotencyKey === null || hash === undefined ? undefined : { idempotencyKey, requestHash: hash };
  const submitting = submit(caller, submissions, answer, {
    ...batch,
    repeatable: own?.repeatable() ?? named,
    signal,
  });
  const submitted = await (own?.during(submitting) ?? submitting);
  if (submitted.repeated) reply.header(repeatedHeader, 'true');
  if (batch.batchId === undefined && submitted.reservedMicroUsd !== undefined)
    reply.header(costHeader, submitted.reservedMicroUsd);
  return submitted.answer;
}

function beginTry(
  tried: TriedSubmit | undefined,
  reply: FastifyReply,
  call: Omit<TriedCall, 'hold'>,
): Try | undefined {
  return tried?.tries.begin({ ...call, hold: tried.hold?.() ?? untilAnswered(tried.tries, reply) });
}

/** A client that had no answer tries again, and gets the task then; one that had it gets another for an equal call. */
function untilAnswered(tries: EarlierTries, reply: FastifyReply): Hold {
  const hold = tries.holdFor(reply);
  hold.answers();
  return hold;
}

/** On an answer that was made for an earlier request. */
const repeatedHeader = 'Idempotent-Replayed';

/** Tasks that were read from a body. */
export interface ReadTasks {
  submissions: Submission[];
  batchId?: string;
  /** The answer to the request, as JSON, once the tasks have ids. */
  answer: (taskIds: string[]) => string;
}

/**
 * Accepts the tasks that `read` finds in the body, and gives the answer that it makes, or made when the same request came before.
 * The body counts against the reader's memory until the tasks are stored. `pictures` are the places of pictures in the body of a face,
 * all of whose members are read then; `tried` finds the tasks of earlier ones. Rejects with `RequestError`.
 */
export async function takeSubmit(
  parts: SubmitParts,
  { caller, request, reply, count }: SubmitCall<Caller | null>,
  read: (body: Body) => ReadTasks | Promise<ReadTasks>,
  { pictures, tried }: { pictures?: NestedPictures; tried?: TriedSubmit } = {},
): Promise<string> {
  const { authorize, bodies, submit, dryRun, limits } = parts;
  const options = {
    maxPictureBytes: limits.maxPictureBytes,
    ...(pictures === undefined ? { wanted: submitNames } : { pictures }),
    hashFor: isNamed(request, tried) ? request.url : undefined,
  };
  const take = async (by: Caller, body: Body) => {
    const tasks = await read(body);
    const asked = tasks.submissions.length;
    // One was counted before the body was read.
    if (asked > 1) count(by, asked - 1, asked);
    return await accept({ submit, dryRun, request, reply, tried }, by, tasks, body);
  };
  if (caller !== null) {
    const { keyId } = caller;
    return bodies.use(request.raw, { ...options, keyId, limit: limits.maxBodyBytes }, (body) =>
      take(caller, body),
    );
  }
  const { body, bytes } = await readStrangers(parts, request, options);
  // Some clients send the key as a member of the body.
  const { key } = body.fields;
  const found = await authorize(typeof key === 'string' ? key : undefined, request.raw);
  refuseWithout('tasks', found);
  count(found, 1);
  return bodies.hold(found.keyId, bytes, () => take(found, body));
}

/** Clients that send their key in the body send JSON or a form: a stranger's multipart is not read at all. Rejects with `RequestError`. */
export async function readStrangers(
  { bodies, callerAddress }: Pick<SubmitParts, 'bodies' | 'callerAddress'>,
  { raw }: FastifyRequest,
  options: Pick<ReadOptions, 'maxPictureBytes' | 'wanted' | 'pictures' | 'hashFor'>,
) {
  if (isMultipart(raw.headers['content-type'] ?? '')) throw noKey();
  try {
    return await bodies.readStrangers(raw, { ...options, address: callerAddress(raw) });
  } catch (error) {
    throw unreadableStranger(error);
  }
}

/** A stranger learns nothing else of a body that can't be read; but that the server has no room, anyone may hear. */
function unreadableStranger(error: unknown): unknown {
  return !(error instanceof RequestError) || error instanceof ClosingError ? error : noKey(error);
}

function noKey(cause?: unknown): RequestError {
  return new NoKeyError(
    'No API key. Send one in the Authorization header, alone or after "Bearer ". In the body it is read from JSON and forms of at most 256 KiB, and not from multipart.',
    { cause },
  );
}
