// The pictures of a task for whoever holds its key: one by its number, by a path that stays the same, and all of them in a ZIP.

import { Readable } from 'node:stream';
import { makeZip, predictLength } from 'client-zip';
import { RequestError } from '../../core/errors.ts';
import type { PictureStore } from '../../core/pictures/picture-store.ts';
import type { RenderPicture } from '../../core/pictures/renditions.ts';
import type { StoredPicture, Task } from '../../core/tasks/task.ts';
import type { TaskStore } from '../../core/tasks/task-store.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { chooseFile, sendFile } from '../pictures/send-picture.ts';
import { hangUpOnSilence } from '../pictures/slow-reader.ts';
import { statusPath } from '../status/status-fast-path.ts';

export function taskPicturesFace({
  authorize,
  store,
  pictures,
  render,
}: {
  authorize: Authorize;
  store: Pick<TaskStore, 'find'>;
  pictures: PictureStore;
  render: RenderPicture;
}): Face {
  /** Rejects with `RequestError`: also for a task without pictures, which says why there are none. */
  async function picturesOf(
    id: string,
    header: string | undefined,
  ): Promise<{ task: Task; found: StoredPicture[] }> {
    const { keyId } = await authorize(header);
    const task = await store.find(id.toLowerCase());
    if (task === null || task.keyId !== keyId)
      throw new RequestError('not_found', 'This key has no task with this id.');
    if (task.result === null)
      throw new RequestError('not_found', `This task has no pictures: its state is ${task.state}.`);
    return { task, found: task.result.pictures };
  }

  async function sizeOf({ key }: StoredPicture): Promise<number> {
    const size = await pictures.size(key);
    if (size === null) throw new RequestError('not_found', 'The picture was deleted.');
    return size;
  }

  return (app) => {
    app.route<{ Params: { id: string; number: string }; Querystring: Record<string, unknown> }>({
      method: ['GET', 'HEAD'],
      url: `${statusPath}:id/images/:number`,
      async handler(request, reply) {
        const { id, number } = request.params;
        const { task, found } = await picturesOf(id, request.headers.authorization);
        const picture = /^[1-9]\d{0,3}$/.test(number) ? found[Number(number) - 1] : undefined;
        if (picture === undefined)
          throw new RequestError('not_found', `This task has the pictures 1 to ${found.length}.`);
        const file = await chooseFile(picture, {
          query: request.query,
          owner: task.keyId,
          pictures,
          render,
        });
        const cacheControl = 'private, max-age=3600, immutable';
        return sendFile(request, reply, { file, pictures, cacheControl });
      },
    });

    app.get<{ Params: { id: string } }>(`${statusPath}:id/images.zip`, async (request, reply) => {
      const { task, found } = await picturesOf(request.params.id, request.headers.authorization);
      const sizes = await Promise.all(found.map(sizeOf));
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
      hangUpOnSilence(reply);
      return reply
        .type('application/zip')
        .header('Content-Length', String(predictLength(entries)))
        .header('Content-Disposition', `attachment; filename="${task.id}.zip"`)
        .header('Cache-Control', 'private, no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .send(Readable.fromWeb(makeZip(files()) as Parameters<typeof Readable.fromWeb>[0]));
    });
  };
}
