// The status query in the document, in the other forms in which programs send it.

import { root, ifNoneMatch, taskAnswer, unchanged, waiting } from './task-operations.ts';
import type { Operation } from './operation.ts';
import { inQuery } from './parameters.ts';
import { answerExamples } from './examples.ts';
import { bodyOf, type JsonSchema } from './json-schema.ts';

const members: Record<'id' | 'task_id', JsonSchema> = {
  id: { type: 'string', description: 'The task’s id' },
  task_id: { type: 'string', description: 'As id, for programs that call it so: one of them is needed' },
};

const better = 'Answered as GET /api/gemini/nano-banana/{id} is, which is the better call';

/** With `keyInQuery` the key may stand in the address. */
const byQuery = (id: string, path: string, keyInQuery: boolean): Operation => ({
  id,
  method: 'get',
  path,
  tag: 'Older family',
  summary: 'Ask for a task by its id in the query string',
  description: keyInQuery
    ? `${better}: the key of this one may stand in the address. Cache-Control is no-store then.`
    : `${better}.`,
  ...(keyInQuery ? { security: [{ key: [] }, { bearer: [] }, { query: [] }] } : {}),
  parameters: [...inQuery(members), ...waiting, ifNoneMatch],
  answers: { 200: taskAnswer, 304: unchanged },
  refusals: ['invalid_request', 'not_found', 'rate_limited'],
});

const byBody = (id: string, path: string, keyInQuery: boolean): Operation => ({
  id,
  method: 'post',
  path,
  tag: 'Older family',
  summary: 'Ask for a task by its id in a body',
  description: `JSON, under whatever type, or a form; the key may stand in it as key. ${better}.`,
  ...(keyInQuery ? { security: [{ key: [] }, { bearer: [] }, { query: [] }] } : {}),
  parameters: waiting,
  body: {
    required: true,
    content: {
      'application/json': { schema: bodyOf(members), example: { id: answerExamples.Task.task_id } },
      'application/x-www-form-urlencoded': { schema: bodyOf(members) },
      'multipart/form-data': { schema: bodyOf(members) },
    },
  },
  answers: { 200: taskAnswer },
  refusals: ['invalid_request', 'not_found', 'too_large', 'unsupported_media', 'rate_limited'],
});

export const statusQueryOperations: readonly Operation[] = [
  byQuery('getTaskResult', `${root}/result`, true),
  byQuery('getTaskByQuery', `${root}-result`, true),
  byQuery('getTaskStatus', `${root}/status`, false),
  byBody('getTaskByBody', `${root}/status`, true),
  byBody('postTaskResult', `${root}/result`, false),
  byBody('postTaskByBody', `${root}-result`, false),
];
