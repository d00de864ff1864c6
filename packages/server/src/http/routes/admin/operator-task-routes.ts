// The calls by which the operator sees tasks of all keys, and ends them. Each is in the audit log.

import * as z from 'zod';
import { taskStates } from '../../../core/tasks/task.ts';
import { adminKey } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { taskId, usuallyListed } from '../../queries/task-query.ts';
import { data, queryOf, uuidInPath } from '../../route/forms.ts';
import { members } from '../../route/members.ts';
import { wholeNumber } from '../../route/number-members.ts';
import { route } from '../../route/route.ts';

const path = '/api/admin/tasks';
/** Whole tasks are read for a list, one by one. */
const maxListed = 100;

const text = z.string('must be one text').max(200, 'must have at most 200 characters');
export const operatorTaskMembers = members({
  owner: text.meta({ description: 'Only tasks that were submitted for this owner, by its id' }),
  key: text.meta({ description: 'Only tasks of this key, by its id' }),
  state: z
    .enum(taskStates, 'must be pending, running, succeeded or error')
    .meta({ description: 'Only tasks in this state' }),
  model: text.meta({ description: 'Only tasks of this model, by its canonical name' }),
  limit: wholeNumber(`must be a whole number from 1 to ${maxListed}`, { min: 1, max: maxListed }).meta({
    description: 'How many tasks a page looks for',
    default: usuallyListed,
  }),
  cursor: z
    .string()
    .regex(taskId, 'must be a next_cursor of a page before')
    .meta({ description: 'next_cursor of the page before' }),
});

const needs =
  'Needs an admin key, and `operator_sees: records` or `everything`: with `records` there is no prompt, input, picture or metadata, and no words of an upstream.';
const shared = { tag: 'Operating', access: adminKey } as const;
const ofOne = {
  ...shared,
  params: { id: uuidInPath('The task’s id', answerExamples.Task.task_id) },
} as const;

export const operatorTaskRoutes = {
  listOperatorTasks: route({
    ...shared,
    method: 'get',
    path,
    summary: 'Tasks of all keys, newest first',
    description: `${needs} The look is in the audit log.`,
    audited: 'tasks.list',
    query: queryOf(operatorTaskMembers),
    answers: data('OperatorTasks', 'The tasks, newest first'),
    refusals: ['invalid_request'],
  }),
  getOperatorTask: route({
    ...ofOne,
    method: 'get',
    path: `${path}/{id}`,
    summary: 'A task of any key',
    description: `${needs} The look is in the audit log.`,
    audited: 'task.read',
    answers: data('OperatorTask', 'The task'),
    refusals: ['not_found'],
  }),
  cancelOperatorTask: route({
    ...ofOne,
    method: 'post',
    path: `${path}/{id}/cancel`,
    summary: 'Cancel a task of any key',
    description: needs,
    audited: 'task.cancel',
    answers: data('OperatorCancel', 'What becomes of it'),
    refusals: ['not_found', 'conflict'],
  }),
  deleteOperatorTask: route({
    ...ofOne,
    method: 'delete',
    path: `${path}/{id}`,
    summary: 'Delete a task of any key that has ended, with its pictures',
    description: needs,
    audited: 'task.delete',
    answers: data('TaskDeleted', 'Deleted'),
    refusals: ['not_found', 'conflict'],
  }),
};
