// The pictures of a task for whoever holds its key: one by its number, by a path that stays the same, and all of them in a ZIP.

import { Readable } from 'node:stream';
import { makeZip, predictLength } from 'client-zip';
import { RequestError } from '../../../core/errors.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import type { StoredPicture, Task } from '../../../core/tasks/task.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import { readKey } from '../../access/access.ts';
import { type ActingKey, ownTask } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import { header } from '../../openapi/responses.ts';
import { tasksPath } from '../../paths.ts';
import { chooseFile, sendFile } from '../../pictures/send-picture.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';
import { inPath, queryAsGiven, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { ofTask } from '../tasks/task-forms.ts';
import { binary, conditions, describeRendition, pictureAnswers } from './picture-forms.ts';

export const taskPictureRoutes = {
  getPicture: route({
    method: 'get',
    path: `${tasksPath}/{id}/images/{number}`,
    tag: 'Pictures',
    summary: 'One picture of a task',
    access: readKey,
    params: { ...ofTask, number: inPath('Its number; 1 is the first', '1') },
    query: queryAsGiven(describeRendition),
    headers: conditions,
    answers: sent(pictureAnswers),
    refusals: ['invalid_request', 'not_found', 'overloaded'],
    // The framework's own answer to HEAD says that the picture has no bytes.
    alsoServes: ['HEAD'],
  }),
  getPictures: route({
    method: 'get',
    path: `${tasksPath}/{id}/images.zip`,
    tag: 'Pictures',
    summary: 'All pictures of a task in a ZIP',
    access: readKey,
    params: ofTask,
    answers: sent({
      200: {
        description: 'The archive',
        headers: { 'Content-Disposition': header('ContentDisposition') },
        content: { 'application/zip': { schema: binary } },
      },
    }),
    refusals: ['not_found'],
  }),
};

export interface TaskPicturesParts {
  serve: Serve;
  store: Pick<TaskReads, 'find'>;
  actingKey: ActingKey;
  pictures: PictureStore;
  render: RenderPicture;
}

interface OfTask {
  caller: Caller;
  params: { id: string };
}

export function taskPicturesFace({ serve, store, actingKey, pictures, render }: TaskPicturesParts): Face {
  /** Rejects with `RequestError`: also for a task without pictures, which says why there are none. */
  async function picturesOf({ caller, params }: OfTask): Promise<{ task: Task; found: StoredPicture[] }> {
    const task = await ownTask(store, params.id, await actingKey(caller, params.id));
    if (task.result === null)
      throw new RequestError('not_found', `This task has no pictures: its state is ${task.state}.`);
    return { task, found: task.result.pictures };
  }

  return serve(taskPictureRoutes, {
    async getPicture(call) {
      const { query, request, reply } = call;
      const { number } = call.params;
      const { task, found } = await picturesOf(call);
      const picture = /^[1-9]\d{0,3}$/.test(number) ? found[Number(number) - 1] : undefined;
      if (picture === undefined)
        throw new RequestError('not_found', `This task has the pictures 1 to ${found.length}.`);
      const file = await chooseFile(picture, { query, owner: task.keyId, pictures, render });
      // Another person may sign in next in this browser.
      const isOfSession = call.caller.sessionId !== undefined;
      const cacheControl = isOfSession ? 'private, no-cache' : 'private, max-age=3600, immutable';
      return sendFile(request, reply, { file, pictures, cacheControl });
    },
    async getPictures(call) {
      const { task, found } = await picturesOf(call);
      const sizes = await Promise.all(found.map((picture) => sizeOf(pictures, picture)));
      const lastModified = new Date(task.finishedAt ?? task.updatedAt);
      const entries = found.map(({ fileName }, index) => ({
        name: fileName,
        size: sizes[index] ?? 0,
        lastModified,
      }));
      // One file is opened when the one before is through: a reader that goes away leaves at most one open.
      async function* files() {
        for (const [index, entry] of entries.entries())
          yield { ...entry, input: pictures.read(found[index]?.key ?? '') as AsyncIterable<Uint8Array> };
      }
      hangUpOnSilence(call.reply);
      return call.reply
        .type('application/zip')
        .header('Content-Length', String(predictLength(entries)))
        .header('Content-Disposition', `attachment; filename="${task.id}.zip"`)
        .header('Cache-Control', 'private, no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .send(Readable.fromWeb(makeZip(files()) as Parameters<typeof Readable.fromWeb>[0]));
    },
  });
}

async function sizeOf(pictures: PictureStore, { key: stored }: StoredPicture): Promise<number> {
  const size = await pictures.size(stored);
  if (size === null) throw new RequestError('not_found', 'The picture was deleted.');
  return size;
}
