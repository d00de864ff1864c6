// The calls by which the owner of tasks lists them, cancels, deletes and repeats them.

import * as z from 'zod';
import { readKey, tasksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { answerExamples, enveloped } from '../../openapi/examples.ts';
import { json } from '../../openapi/responses.ts';
import { tasksPath } from '../../paths.ts';
import { listQuery } from '../../queries/task-query.ts';
import { data, fieldsOf, queryAsGiven, type DataText } from '../../route/forms.ts';
import { members } from '../../route/members.ts';
import { type AnswerForm, route } from '../../route/route.ts';
import { describeDryRun, dryRunDescription } from '../../submit/dry-run-answer.ts';
import { accepted, idempotencyKey, ofTask, refusedSubmit, withCost } from './task-forms.ts';

/** Body of a retry, which asks for nothing of the task: that stays as it was. */
const retryMembers = members({
  dry_run: z
    .preprocess(
      (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
      z.boolean('must be true or false'),
    )
    .meta({ description: `As in the query: ${dryRunDescription}`, default: false }),
});

const shared = { tag: 'Tasks', access: tasksKey, params: ofTask } as const;

/** A page of tasks, or the tasks that were asked for by their ids. */
const listed: AnswerForm<DataText> = {
  ...data('TaskList', 'The tasks'),
  responses: {
    200: json(
      { anyOf: [reference('TaskListEnvelope'), reference('TasksEnvelope')] },
      { description: 'The tasks', example: enveloped(answerExamples.TaskList) },
    ),
  },
};

export const taskRoutes = {
  listTasks: route({
    method: 'get',
    path: tasksPath,
    tag: 'Tasks',
    summary: 'List tasks, or ask for several by their ids',
    description:
      'With ids, the answer has tasks and unknown, and has tasks of other keys of an owner with shared too; without, a page of the newest tasks of the key itself.',
    access: readKey,
    query: queryAsGiven(listQuery),
    answers: listed,
    refusals: ['invalid_request'],
  }),
  cancelTask: route({
    ...shared,
    method: 'post',
    path: `${tasksPath}/{id}/cancel`,
    summary: 'Cancel a task',
    description:
      'A pending task ends at once with the error cancelled. A running one has cancel_requested until it ends, and may still succeed. A task that has ended is a conflict.',
    answers: data('Task', 'The task as it is now', withCost),
    refusals: ['not_found', 'conflict'],
  }),
  cancelTaskByDelete: route({
    ...shared,
    method: 'delete',
    path: `${tasksPath}/{id}`,
    summary: 'Cancel a task, called as a deletion',
    description: 'Nothing is deleted: a task that has ended is a conflict.',
    answers: data('Task', 'The task as it is now', withCost),
    refusals: ['not_found', 'conflict'],
  }),
  // Not DELETE, which cancels: a task may succeed at that very moment, and nobody who cancels means to lose its pictures.
  deleteTask: route({
    ...shared,
    method: 'post',
    path: `${tasksPath}/{id}/delete`,
    summary: 'Delete a task that has ended, with its pictures',
    description:
      'Its record, its prompt and its pictures are gone for good, and links to them end. What was counted of it stays counted. A task that has not ended is a conflict.',
    answers: data('TaskDeleted', 'It is gone'),
    refusals: ['not_found', 'conflict'],
  }),
  getTaskRequest: route({
    ...shared,
    access: readKey,
    method: 'get',
    path: `${tasksPath}/{id}/request`,
    summary: 'What a task was asked for',
    description:
      'In the members of a submit, so that it can be sent again as it is or with changes. Where the prompt has had its time it is empty, and prompt_deleted is true.',
    answers: data('TaskRequest', 'The request'),
    refusals: ['not_found'],
  }),
  retryTask: route({
    ...shared,
    method: 'post',
    path: `${tasksPath}/{id}/retry`,
    summary: 'Make a new task from a failed one',
    description:
      'The same request with as much time. A task that has not failed is a conflict, and one whose prompt was deleted.',
    query: queryAsGiven(describeDryRun),
    body: fieldsOf(() => retryMembers, { maxBytes: 4_096, example: { dry_run: true }, optional: true }),
    headers: [idempotencyKey],
    counts: 'submit',
    answers: data('Retry', 'Accepted', accepted),
    refusals: [...refusedSubmit, 'not_found'],
  }),
};
