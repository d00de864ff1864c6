// The calls of the v1 family.

import { orInBody, readKey, tasksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { inQuery } from '../../openapi/parameters.ts';
import { header, json } from '../../openapi/responses.ts';
import { submitBody } from '../../openapi/submit-body.ts';
import { bodyAsGiven, queryAsGiven, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { describeDryRun } from '../../submit/dry-run-answer.ts';
import { warningsHeader } from '../kit/warnings-header.ts';
import { v1Root } from './dialect-routes.ts';
import { v1Form } from './v1-form.ts';
import { accepted, idempotencyKey, ofTask, refusedSubmit, withCost } from '../../routes/tasks/task-forms.ts';

const { task_id: id, data, model, create_time: created } = answerExamples.Task;
const shared = { tag: 'v1', family: v1Form } as const;

export const v1Routes = {
  submitV1: route({
    ...shared,
    method: 'post',
    path: `${v1Root}/images/generations`,
    summary: 'Submit a task; with pictures it is an edit',
    access: orInBody(tasksKey),
    counts: 'submit',
    // With or without ?async=true: clients that leave it out expect an id all the same.
    query: queryAsGiven(() => [
      ...inQuery({
        async: {
          type: 'string',
          description:
            'Every submit is asynchronous. OpenAI’s libraries and Vercel’s AI SDK, known by X-Stainless headers and their User-Agent, have to say true: without it they would wait for a picture, and are refused with 400 in OpenAI’s form',
        },
      }),
      ...describeDryRun(),
    ]),
    headers: [idempotencyKey],
    body: bodyAsGiven(() => submitBody({ prompt: 'a banana on the moon', size: '1024x1536' })),
    answers: sent({
      200: json(reference('V1Submit'), {
        description: 'Accepted',
        headers: { ...accepted, [warningsHeader]: header('Warnings') },
        example: {
          id,
          task_id: id,
          object: 'image.generation.task',
          model,
          status: 'pending',
          progress: 0,
          created: Number(created),
        },
      }),
    }),
    refusals: refusedSubmit,
  }),
  getTaskV1: route({
    ...shared,
    method: 'get',
    path: `${v1Root}/tasks/{id}`,
    summary: 'Ask for a task',
    access: readKey,
    params: ofTask,
    answers: sent({
      200: json(reference('V1Task'), {
        description: 'The task',
        headers: withCost,
        example: {
          id,
          state: 'succeeded',
          progress: 100,
          create_time: 1_795_387_173,
          update_time: 1_795_387_177,
          action: 'generate',
          data,
        },
      }),
    }),
    refusals: ['not_found'],
  }),
};
