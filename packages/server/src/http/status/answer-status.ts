// The answer to a status query that goes by the ordinary way: at once, or when there is news.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { Watch } from '../../core/tasks/watch.ts';
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
  /** Asked each time, as a key may end while its request waits. Throws `RequestError`. */
  keyOf: () => string;
}

/** Answers now, or later by itself, when the query string or `Prefer` asks to wait. Throws `RequestError` before it waits. */
export function answerStatus(
  parts: StatusParts,
  answers: Answers,
  { request, reply, taskId, keyOf }: StatusQuery,
): void {
  const keyId = keyOf();
  const id = taskId.toLowerCase();
  const current = () => parts.reader.read(id, keyOf()) ?? throwUnknown();
  const wait = readWait(request.query as Record<string, unknown>, request.headers['prefer']);
  const answer = (): void => {
    const shown = current();
    if (wait?.byPreference) reply.header('Preference-Applied', `wait=${wait.seconds}`);
    answers.status(request, reply, shown);
  };
  const before = current();
  const isTold = !wait?.untilFinal && isOutdated(request.headers['if-none-match'], before);
  if (wait === null || before.isFinal || parts.waits.isDraining || isTold) {
    answer();
    return;
  }
  const isNews = (): boolean => {
    const now = current();
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
    isNews: () => boolean;
    answer: () => unknown;
  },
): void {
  const leave = waits.enter(keyId, finish);
  const unwatch = watch.task(id, () => attempt(() => isNews() && finish()));
  const timer = setTimeout(finish, Math.min(seconds, maxSilenceSeconds) * 1000);
  reply.raw.once('close', end);

  function end(): void {
    leave();
    unwatch();
    clearTimeout(timer);
  }
  function finish(): void {
    end();
    attempt(answer);
  }
  /** Nobody above can catch it: the task may be gone by now, or the store unreadable. */
  function attempt(what: () => unknown): void {
    try {
      what();
    } catch (error) {
      end();
      reply.send(error);
    }
  }
}

/** Whether a client says that it knows other versions of the task, and not this one. */
function isOutdated(ifNoneMatch: string | undefined, { version }: StatusText): boolean {
  return ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*' && !ifNoneMatch.includes(`"${version}`);
}

function throwUnknown(): never {
  throw new RequestError('not_found', 'This key has no task with this id.');
}
