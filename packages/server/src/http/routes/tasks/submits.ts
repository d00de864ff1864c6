// The nano-banana API: its two submits.

import { orInBody, tasksKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { submitBody } from '../../openapi/submit-body.ts';
import { tasksPath } from '../../paths.ts';
import { bodyAsGiven, data, type DataText, queryAsGiven } from '../../route/forms.ts';
import { type Call, route } from '../../route/route.ts';
import type { Given } from '../../route/members.ts';
import type { Serve } from '../../route/serve.ts';
import { describeDryRun } from '../../submit/dry-run-answer.ts';
import { readSubmission } from '../../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { TaskAction } from '../../../core/tasks/task.ts';
import { accepted, idempotencyKey, refusedSubmit } from './task-forms.ts';

const shared = {
  method: 'post',
  tag: 'Tasks',
  access: orInBody(tasksKey),
  counts: 'submit',
  query: queryAsGiven(describeDryRun),
  headers: [idempotencyKey],
  answers: data('Submit', 'Accepted', accepted),
  refusals: refusedSubmit,
} as const;

export const submitRoutes = {
  generate: route({
    ...shared,
    path: tasksPath,
    summary: 'Submit a task: make a picture from a prompt',
    description:
      'The answer leaves once the task is on disk. Unknown members are ignored and named in warnings.',
    body: bodyAsGiven(() =>
      submitBody({ prompt: 'a banana on the moon, watercolour', aspect_ratio: '16:9' }),
    ),
  }),
  edit: route({
    ...shared,
    path: `${tasksPath}-edit`,
    summary: 'Submit a task: edit or combine pictures',
    description: 'At least one picture is needed: in image_urls, or as a file of a multipart body.',
    body: bodyAsGiven(() =>
      submitBody({ prompt: 'put a hat on the cat', image_urls: ['https://pictures.example.com/cat.jpg'] }),
    ),
  }),
};

export interface SubmitsParts extends SubmitParts {
  serve: Serve;
  /** The link to a task's events that needs no key. */
  eventsLink: (taskId: string) => string;
}

export function submitsFace(parts: SubmitsParts): Face {
  const submit =
    (action: TaskAction) =>
    async (call: Call<Caller | null, never, Given, never>): Promise<DataText> => ({
      dataText: await takeSubmit(parts, call, (body) => {
        const { submission, warnings } = readSubmission(action, body, parts.limits);
        const said = warnings.length === 0 ? {} : { warnings };
        return {
          submissions: [submission],
          answer: ([taskId = '']) =>
            JSON.stringify({ task_id: taskId, events_url: parts.eventsLink(taskId), ...said }),
        };
      }),
    });
  return parts.serve(submitRoutes, { generate: submit('generate'), edit: submit('edit') });
}
