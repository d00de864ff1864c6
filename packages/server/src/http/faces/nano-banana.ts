// The nano-banana API: two submits and the status query.

import { RequestError } from '../../core/errors.ts';
import type { Face } from '../app.ts';
import { statusPath } from '../status-fast-path.ts';
import type { StatusReader } from '../status-reader.ts';
import { type SubmitParts, takeSubmit } from '../take-submit.ts';

const submitPath = statusPath.slice(0, -1);

export function nanoBananaFace(parts: SubmitParts & { reader: StatusReader }): Face {
  return (app, answers) => {
    const submits = [
      [submitPath, 'generate'],
      [`${submitPath}-edit`, 'edit'],
    ] as const;
    for (const [path, action] of submits)
      app.post(path, async (request, reply) => {
        const { taskId, warnings } = await takeSubmit(parts, request, action);
        const data = { task_id: taskId, ...(warnings.length === 0 ? {} : { warnings }) };
        return answers.success(request, reply, JSON.stringify(data));
      });

    app.get<{ Params: { id: string } }>(`${statusPath}:id`, (request, reply) => {
      const { keyId } = parts.authorize(request.headers.authorization);
      const data = parts.reader.read(request.params.id.toLowerCase(), keyId);
      if (data === null) throw new RequestError('not_found', 'This key has no task with this id.');
      return answers.success(request, reply, data.text);
    });
  };
}
