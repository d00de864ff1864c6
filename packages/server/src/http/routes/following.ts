// Following a task: the status query as an ordinary route, which may wait for news, and Server-Sent Events of one task or of all.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { TaskReads } from '../../core/tasks/task-store.ts';
import { renderReady, type TaskViews } from '../../core/tasks/task-views.ts';
import type { Clock } from '../../lib/clock.ts';
import { answerStatus, type StatusParts } from '../status/answer-status.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import type { EventStream, EventStreams } from '../connections/event-streams.ts';
import { statusPath } from '../status/status-fast-path.ts';
import type { FilesParts } from './files.ts';

export interface FollowingParts extends StatusParts {
  authorize: Authorize;
  store: Pick<TaskReads, 'find' | 'changedSince' | 'latestChange'>;
  views: TaskViews;
  streams: EventStreams;
  verifyLink: FilesParts['verifyLink'];
  clock: Clock;
}

type OfTask = FastifyRequest<{ Params: { id: string }; Querystring: Record<string, unknown> }>;

/** The path of a task's events, which a link to them signs. */
export const eventsPath = (taskId: string): string => `${statusPath}${taskId}/events`;

/** How many changes a stream of all tasks reads at once, and how many it renders before others have their turn. */
const changesAtOnce = 20;

export function followingFace(parts: FollowingParts): Face {
  const allTasks = streamAll(parts);
  const oneTask = streamOne(parts);
  return (app, answers) => {
    app.get(`${statusPath}:id`, async (request: OfTask, reply) => {
      const { authorization } = request.headers;
      const keyOf = async () => (await parts.authorize(authorization)).keyId;
      await answerStatus(parts, answers, { request, reply, taskId: request.params.id, keyOf });
      return reply;
    });
    // By hand: there would be HEAD routes for streams otherwise, which never end.
    app.get(eventsPath(':id'), { exposeHeadRoute: false }, oneTask);
    app.get(`${statusPath}events`, { exposeHeadRoute: false }, allTasks);
  };
}

/** Whether the key of a stream's request is still one. */
async function hasKey({ authorize }: FollowingParts, { headers }: FastifyRequest): Promise<boolean> {
  try {
    await authorize(headers.authorization);
    return true;
  } catch {
    return false;
  }
}

function streamOne(parts: FollowingParts) {
  const { authorize, reader, store, watch, streams, verifyLink, clock } = parts;
  /** A page can't send headers with its EventSource: it has a signed link instead of the key. */
  const byLink = ({ headers, query }: OfTask) =>
    headers.authorization === undefined && query['token'] !== undefined;
  async function callerOf(request: OfTask, id: string): Promise<string> {
    const { headers, query } = request;
    if (!byLink(request)) return (await authorize(headers.authorization)).keyId;
    const verdict = verifyLink(eventsPath(id), query, Math.floor(clock.now() / 1000));
    if (verdict === 'invalid')
      throw new RequestError('forbidden', 'This link is not complete, or was not made by this server.');
    if (verdict === 'expired') throw new RequestError('not_found', 'This link has expired.');
    return (await store.find(id))?.keyId ?? throwUnknown();
  }

  return async (request: OfTask, reply: FastifyReply) => {
    const id = request.params.id.toLowerCase();
    const keyId = await callerOf(request, id);
    const first = (await reader.read(id, keyId)) ?? throwUnknown();
    let sent = lastEventId(request);
    // Whoever has the last event comes again because the stream ended; only an answer that is no stream keeps a browser from that.
    if (first.isFinal && first.version === sent)
      return reply.code(204).header('Cache-Control', 'no-store').send();
    streams.open(reply, keyId, {
      mayRead: async () => byLink(request) || (await hasKey(parts, request)),
      linkedTask: byLink(request) ? id : undefined,
      watch: (wake) => watch.task(id, wake),
      async pump(stream) {
        const shown = await reader.read(id, keyId);
        if (!stream.isReady) return;
        if (shown !== null && shown.version !== sent) stream.send((sent = shown.version), shown.text);
        if (shown === null || shown.isFinal) stream.end();
      },
    });
    return reply;
  };
}

function streamAll(parts: FollowingParts) {
  const { authorize, store, views, watch, streams } = parts;
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { keyId } = await authorize(request.headers.authorization);
    const latest = await store.latestChange(keyId);
    const given = lastEventId(request);
    // A number that was never given out here is of another store, and everything would seem to be before it.
    let sent = /^\d{1,16}$/.test(given) ? Math.min(Number(given), latest) : latest;
    let isNew = true;
    async function pump(stream: EventStream): Promise<boolean> {
      // Who loses the stream before its first event is to go on from here all the same.
      if (isNew) stream.mark(String(sent));
      isNew = false;
      const page = await store.changedSince(keyId, sent, changesAtOnce);
      for (const task of page) {
        // From the row and not from the reader: a text must not be older than the number that it is sent with.
        await stream.turn();
        const { text } = await renderReady(views, { keyId, task });
        if (!stream.isReady) return false;
        stream.send(String(task.changed), text);
        sent = task.changed;
      }
      return page.length === changesAtOnce;
    }
    streams.open(reply, keyId, {
      mayRead: () => hasKey(parts, request),
      watch: (wake) => watch.key(keyId, wake),
      pump,
    });
    return reply;
  };
}

function lastEventId({ headers }: FastifyRequest): string {
  return String(headers['last-event-id'] ?? '');
}

function throwUnknown(): never {
  throw new RequestError('not_found', 'This key has no task with this id.');
}
