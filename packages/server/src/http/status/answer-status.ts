// The answer to a status query that goes by the ordinary way: at once, or when there is news.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { Watch } from '../../core/tasks/watch.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { Answers } from '../answer.ts';
import type { OpenWaits } from '../connections/open-waits.ts';
import type { StatusReader, StatusText } from './status-reader.ts';
import { maxSilenceSeconds, readWait } from '../queries/wait-query.ts';

export interface StatusParts {
  reader: StatusReader;
  watch: Watch;
  waits: OpenWaits;
}

export interface StatusQuery {
  request: FastifyRequest;
  reply: FastifyReply;
  /** As the caller wrote it. */
  taskId: string;
  /** Asked each time, as a key may end while its request waits. Rejects with `RequestError`. */
  keyOf: () => Promise<string>;
}

/** Answers now, or later by itself, when the query string or `Prefer` asks to wait. Rejects with `RequestError` before it waits. */
export async function answerStatus(
  parts: StatusParts,
  answers: Answers,
  { request, reply, taskId, keyOf }: StatusQuery,
): Promise<void> {
  const keyId = await keyOf();
  const id = taskId.toLowerCase();
  const current = async () => (await parts.reader.read(id, await keyOf())) ?? throwUnknown();
  const wait = readWait(request.query as Record<string, unknown>, request.headers['prefer']);
  const answer = async (): Promise<void> => {
    const shown = await current();
    if (wait?.byPreference) reply.header('Preference-Applied', `wait=${wait.seconds}`);
    answers.status(request, reply, shown);
  };
  const before = await current();
  const isTold = !wait?.untilFinal && isOutdated(request.headers['if-none-match'], before);
  if (wait === null || before.isFinal || parts.waits.isDraining || isTold) return answer();
  const isNews = async (): Promise<boolean> => {
    const now = await current();
    return now.isFinal || (!wait.untilFinal && now.version !== before.version);
  };
  waitForNews(parts, { id, keyId, seconds: wait.seconds, reply, isNews, answer });
}

/** Answers when there is news, when the time is over, when the server stops: once, and not to a client that has gone away. */
function waitForNews(
  { watch, waits }: Pick<StatusParts, 'watch' | 'waits'>,
  {
    id,
    keyId,
    seconds,
    reply,
    isNews,
    answer,
  }: {
    id: string;
    keyId: string;
    seconds: number;
    reply: FastifyReply;
    isNews: () => Promise<boolean>;
    answer: () => Promise<void>;
  },
): void {
  let isOver = false;
  const look = createOneAgain(async () => {
    try {
      if (!isOver && (await isNews())) finish();
    } catch (error) {
      if (!isOver) fail(error);
    }
  });
  const leave = waits.enter(keyId, finish);
  const unwatch = watch.task(id, () => void look());
  const timer = setTimeout(finish, Math.min(seconds, maxSilenceSeconds) * 1000);
  reply.raw.once('close', end);
  // For what happened before anybody listened.
  if (reply.raw.destroyed) end();
  else void look();

  function end(): void {
    isOver = true;
    leave();
    unwatch();
    clearTimeout(timer);
  }
  function finish(): void {
    if (isOver) return;
    end();
    answer().catch(fail);
  }
  /** Nobody above can catch it: the task may be gone by now, or the store unreadable. */
  function fail(error: unknown): void {
    end();
    reply.send(error);
  }
}

/** Whether a client says that it knows other versions of the task, and not this one. */
function isOutdated(ifNoneMatch: string | undefined, { version }: StatusText): boolean {
  return ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*' && !ifNoneMatch.includes(`"${version}`);
}

function throwUnknown(): never {
  throw new RequestError('not_found', 'This key has no task with this id.');
}
