// Answers a status query by the ordinary route: at once, or when the task has changed.

import type { FastifyReply } from 'fastify';
import type { WaitForNews } from '../../core/tasks/wait-for-news.ts';
import { unknownTask } from '../access/own-task.ts';
import { whenFollowed } from '../connections/in-turn.ts';
import type { OpenWaits } from '../connections/open-waits.ts';
import { maxSilenceSeconds, type Wait } from '../queries/wait-query.ts';
import type { Served } from '../route/route.ts';
import type { StatusReader, StatusText } from './status-reader.ts';

export interface StatusParts {
  reader: StatusReader;
  waitForNews: WaitForNews;
  waits: OpenWaits;
}

export interface StatusQuery {
  taskId: string;
  /** Key of the caller, as whose the wait counts. */
  callerId: string;
  /** Key of the task, as far as the caller may see it. */
  keyId: string;
  /** Finds the caller's key once more: the key may be revoked while its request waits. Rejects with `RequestError`. */
  keyAgain: () => Promise<string>;
  /** How long to wait for a change; `null` for an answer at once. */
  wait: Wait | null;
}

/** Answers, unless the client has gone away meanwhile. Rejects with `RequestError`. */
export async function answerStatus(
  parts: StatusParts,
  { request, reply, answers }: Served,
  { taskId, callerId, keyId, keyAgain, wait }: StatusQuery,
): Promise<FastifyReply> {
  const { reader, waits } = parts;
  const current = async () => (await reader.read(taskId, await keyAgain())) ?? throwUnknown();
  const before = (await reader.read(taskId, keyId)) ?? throwUnknown();
  const isTold = !wait?.untilFinal && isOutdated(request.headers['if-none-match'], before);
  const isAtOnce = wait === null || before.isFinal || waits.isDraining || isTold;
  if (!isAtOnce) {
    const isNews = async (): Promise<boolean> => {
      const now = await current();
      return now.isFinal || (!wait.untilFinal && now.version !== before.version);
    };
    await untilNews(parts, { taskId, callerId, seconds: wait.seconds, reply, isNews });
    if (reply.raw.destroyed) return reply;
  }
  const shown = isAtOnce ? before : await current();
  if (wait?.byPreference) reply.header('Preference-Applied', `wait=${wait.seconds}`);
  return answers.status(request, reply, shown);
}

/** Resolves when there is news, when the time is over, when the server stops, or when the client goes away or has sent its next request. */
async function untilNews(
  { waitForNews, waits }: Pick<StatusParts, 'waitForNews' | 'waits'>,
  {
    taskId,
    callerId,
    seconds,
    reply,
    isNews,
  }: {
    taskId: string;
    callerId: string;
    seconds: number;
    reply: FastifyReply;
    isNews: () => Promise<boolean>;
  },
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  const leave = waits.enter(callerId, end);
  reply.raw.once('close', end);
  const unfollow = whenFollowed(reply.raw, end);
  if (reply.raw.destroyed) end();
  try {
    const timeoutMs = Math.min(seconds, maxSilenceSeconds) * 1000;
    await waitForNews(taskId, { isNews, timeoutMs, signal: over.signal });
  } finally {
    leave();
    reply.raw.off('close', end);
    unfollow();
  }
}

/** Whether the client knows other versions of the task only, and so has news without waiting. */
function isOutdated(ifNoneMatch: string | undefined, { version }: StatusText): boolean {
  return ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*' && !ifNoneMatch.includes(`"${version}`);
}

function throwUnknown(): never {
  throw unknownTask();
}
