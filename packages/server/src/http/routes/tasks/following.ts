// Following a task: the status query as an ordinary route, which may wait for news, and Server-Sent Events of one task or of all.

import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../core/keys/keys.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import { renderReady, type TaskViews } from '../../../core/tasks/task-views.ts';
import type { Watch } from '../../../core/tasks/watch.ts';
import { mayRead } from '../../access/may-read.ts';
import { type ActingKey, unknownTask } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import type { EventStream, EventStreams } from '../../connections/event-streams.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { answerStatus, type StatusParts } from '../../status/answer-status.ts';
import { followingRoutes } from './following-routes.ts';

export interface FollowingParts extends StatusParts {
  actingKey: ActingKey;
  serve: Serve;
  store: Pick<TaskReads, 'find' | 'changedSince' | 'latestChange'>;
  views: TaskViews;
  watch: Watch;
  streams: EventStreams;
}

/** How many changes a stream of all tasks reads at once, and how many it renders before others have their turn. */
const changesAtOnce = 20;

export function followingFace(parts: FollowingParts): Face {
  return parts.serve(followingRoutes, {
    async getTask(call) {
      const { caller, params, query, admitAgain } = call;
      return await answerStatus(parts, call, {
        taskId: params.id,
        callerId: caller.keyId,
        keyId: await parts.actingKey(caller, params.id),
        keyAgain: async () => await parts.actingKey(await admitAgain(), params.id),
        wait: query,
      });
    },
    followTask: (call) => streamOne(parts, call),
    followAllTasks: (call) => streamAll(parts, call),
  });
}

/** The caller has the key, or none and a signed link to the events of this task, which lasts as long as the stream does. */
async function streamOne(
  { reader, store, actingKey, watch, streams }: FollowingParts,
  call: Call<Caller | null, 'id', unknown, never>,
): Promise<FastifyReply> {
  const { caller, reply } = call;
  const { id } = call.params;
  const linkedKey = async () => (await store.find(id))?.keyId ?? throwUnknown();
  const keyId = await (caller === null ? linkedKey() : actingKey(caller, id));
  const first = (await reader.read(id, keyId)) ?? throwUnknown();
  let sent = lastEventId(call);
  // A reader that has the last event comes again because the stream ended; only an answer that is no stream keeps a browser from that.
  if (first.isFinal && first.version === sent)
    return reply.code(204).header('Cache-Control', 'no-store').send();
  streams.open(reply, caller?.keyId ?? keyId, {
    mayRead: async () =>
      caller === null ||
      (await mayRead(call, async (again) => again !== null && (await actingKey(again, id)) === keyId)),
    linkedTask: caller === null ? id : undefined,
    watch: (wake) => watch.task(id, wake),
    async pump(stream) {
      const shown = await reader.read(id, keyId);
      if (!stream.isReady) return;
      if (shown !== null && shown.version !== sent) stream.send((sent = shown.version), shown.text);
      if (shown === null || shown.isFinal) stream.end();
    },
  });
  return reply;
}

async function streamAll(
  { store, views, watch, streams }: FollowingParts,
  call: Call<Caller, never, unknown, never>,
): Promise<FastifyReply> {
  const { keyId } = call.caller;
  const latest = await store.latestChange(keyId);
  const given = lastEventId(call);
  // A number that was never given out here is of another store, and everything would seem to be before it.
  let sent = /^\d{1,16}$/.test(given) ? Math.min(Number(given), latest) : latest;
  let last: { changed: number; id?: string } = { changed: sent };
  let isNew = true;
  async function pump(stream: EventStream): Promise<boolean> {
    // A reader that loses the stream before its first event is to go on from here all the same.
    if (isNew) stream.mark(String(sent));
    isNew = false;
    const page = await store.changedSince(keyId, last.changed, changesAtOnce + 1, last.id);
    for (const [index, task] of page.slice(0, changesAtOnce).entries()) {
      // From the row and not from the reader: a text must not be older than the number that it is sent with.
      await stream.turn();
      const { text } = await renderReady(views, { keyId, task });
      if (!stream.isReady) return false;
      // Among tasks that share a number the stream may be lost: its reader goes on from before them until all are sent.
      if (page[index + 1]?.changed !== task.changed) sent = task.changed;
      stream.send(String(sent), text);
      last = { changed: task.changed, id: task.id };
    }
    return page.length > changesAtOnce;
  }
  streams.open(call.reply, keyId, {
    mayRead: () => mayRead(call),
    watch: (wake) => watch.key(keyId, wake),
    pump,
  });
  return call.reply;
}

function lastEventId({ request }: Pick<Call<unknown, never, unknown, never>, 'request'>): string {
  return String(request.headers['last-event-id'] ?? '');
}

function throwUnknown(): never {
  throw unknownTask();
}
