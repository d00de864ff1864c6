// The calls around single tasks in the document: submit, ask, list, follow, cancel, retry.

import { maxListed, taskQueryMembers } from '../queries/task-query.ts';
import { maxSeconds, maxSilenceSeconds } from '../queries/wait-query.ts';
import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import { memberSchemas } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { inHeader, inPath, inQuery } from './parameters.ts';
import { answer, header, json } from './responses.ts';
import { submitBody } from './submit-body.ts';

export const root = '/api/gemini/nano-banana';
export const taskId = inPath('id', 'The task’s id', answerExamples.Task.task_id);
export const idempotencyKey = inHeader(
  'Idempotency-Key',
  'What the client calls this request, so that sending it again makes no second task: 1 to 255 visible ASCII characters, kept for 24 hours by default. The same key with another body is a conflict',
  { type: 'string', examples: ['5f1c6f0e-0f1c-4a7e-9d53-0f5b0a4d9a11'] },
);
const replayed = { 'Idempotent-Replayed': header('IdempotentReplayed') };
export const refusedSubmit = [
  'invalid_request',
  'conflict',
  'too_large',
  'unsupported_media',
  'input_unreachable',
] as const;

const eventStream = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'Events of the kind task: id is what Last-Event-ID takes, data is the task as JSON (TaskData) in one line. A comment comes every 15 seconds',
    },
    example: `retry: 2000\n\nevent: task\nid: 8tZrYw3kQm1x\ndata: {"task_id":"${answerExamples.Task.task_id}","state":"running"}\n\n`,
  },
};
const lastEventId = inHeader('Last-Event-ID', 'The id of the last event that was seen', { type: 'string' });

export const waiting = [
  ...inQuery({
    wait: {
      type: 'integer',
      minimum: 1,
      description: `Answer at the next change, or after so many seconds; more than ${maxSeconds} count as ${maxSeconds}. The answer comes within ${maxSilenceSeconds} seconds in any case, before proxies give up`,
    },
    until: {
      type: 'string',
      enum: ['final'],
      description: 'Only the end of the task is news; 30 seconds without wait',
    },
  }),
  inHeader('Prefer', 'wait=N: the same as ?wait=N', { type: 'string', examples: ['wait=30'] }),
];

const listed = memberSchemas(taskQueryMembers.shape, {
  state: { description: 'Only tasks in this state' },
  error_type: { description: 'Only tasks that ended in the state error with this type' },
  action: { description: 'Only tasks of this action' },
  model: { description: 'Only tasks of this model, by any of its names' },
  created_after: { description: 'Unix seconds: tasks of this second or later' },
  created_before: { description: 'Unix seconds: tasks before this second' },
  search: {
    description:
      'Only tasks whose id begins with this, or whose prompt or metadata (name=value) has it somewhere; without regard to case',
  },
  include: { description: 'prompt shows the first 200 characters of it with each task' },
  limit: { description: 'How many tasks a page looks for', schema: { default: 50 } },
  cursor: { description: 'next_cursor of the page before' },
});
const byMetadata = {
  name: 'metadata',
  in: 'query',
  description: 'Only tasks with these metadata, such as metadata[order]=1042',
  style: 'deepObject',
  explode: true,
  schema: { type: 'object', additionalProperties: { type: 'string' } },
};
const ids = {
  type: 'string',
  description: `Up to ${maxListed} ids with commas between them: exactly these tasks, and no other member but include`,
};

/** The status query is answered before the framework gives out ids of requests. */
export const taskAnswer = json(reference('TaskEnvelope'), {
  description: 'The task',
  headers: {
    ETag: header('ETag'),
    'Retry-After': header('PollAfter'),
    'Preference-Applied': header('PreferenceApplied'),
  },
  example: enveloped(answerExamples.Task),
});
export const unchanged = {
  description: 'Nothing has changed since the answer with this ETag',
  headers: { ETag: header('ETag') },
};
export const ifNoneMatch = inHeader('If-None-Match', 'The ETag of an earlier answer', { type: 'string' });

export const taskOperations: readonly Operation[] = [
  {
    id: 'generate',
    method: 'post',
    path: root,
    tag: 'Tasks',
    summary: 'Submit a task: make a picture from a prompt',
    description:
      'The answer leaves once the task is on disk. Unknown members are ignored and named in warnings.',
    parameters: [idempotencyKey],
    body: submitBody({ prompt: 'a banana on the moon, watercolour', aspect_ratio: '16:9' }),
    answers: answer('Submit', 'Accepted', replayed),
    refusals: refusedSubmit,
  },
  {
    id: 'edit',
    method: 'post',
    path: `${root}-edit`,
    tag: 'Tasks',
    summary: 'Submit a task: edit or combine pictures',
    description: 'At least one picture is needed: in image_urls, or as a file of a multipart body.',
    parameters: [idempotencyKey],
    body: submitBody({
      prompt: 'put a hat on the cat',
      image_urls: ['https://pictures.example.com/cat.jpg'],
    }),
    answers: answer('Submit', 'Accepted', replayed),
    refusals: refusedSubmit,
  },
  {
    id: 'getTask',
    method: 'get',
    path: `${root}/{id}`,
    tag: 'Tasks',
    summary: 'Ask for a task',
    description:
      'At once, or when there is news. With If-None-Match, whoever has the answer already gets 304 and no body.',
    parameters: [taskId, ...waiting, ifNoneMatch],
    answers: { 200: taskAnswer, 304: unchanged },
    refusals: ['invalid_request', 'not_found', 'rate_limited'],
  },
  {
    id: 'listTasks',
    method: 'get',
    path: root,
    tag: 'Tasks',
    summary: 'List tasks, or ask for several by their ids',
    description: 'With ids, the answer has tasks and unknown; without, a page of the newest tasks.',
    parameters: [...inQuery({ ids, ...listed }), byMetadata],
    answers: {
      200: json(
        { anyOf: [reference('TaskListEnvelope'), reference('TasksEnvelope')] },
        { description: 'The tasks', example: enveloped(answerExamples.TaskList) },
      ),
    },
    refusals: ['invalid_request'],
  },
  {
    id: 'cancelTask',
    method: 'post',
    path: `${root}/{id}/cancel`,
    tag: 'Tasks',
    summary: 'Cancel a task',
    description:
      'A pending task ends at once with the error cancelled. A running one has cancel_requested until it ends, and may still succeed. A task that has ended is a conflict.',
    parameters: [taskId],
    answers: answer('Task', 'The task as it is now'),
    refusals: ['not_found', 'conflict'],
  },
  {
    id: 'cancelTaskByDelete',
    method: 'delete',
    path: `${root}/{id}`,
    tag: 'Tasks',
    summary: 'Cancel a task, called as a deletion',
    description: 'Nothing is deleted: a task that has ended is a conflict.',
    parameters: [taskId],
    answers: answer('Task', 'The task as it is now'),
    refusals: ['not_found', 'conflict'],
  },
  {
    id: 'deleteTask',
    method: 'post',
    path: `${root}/{id}/delete`,
    tag: 'Tasks',
    summary: 'Delete a task that has ended, with its pictures',
    description:
      'Its record, its prompt and its pictures are gone for good, and links to them end. What was counted of it stays counted. A task that has not ended is a conflict.',
    parameters: [taskId],
    answers: answer('TaskDeleted', 'It is gone'),
    refusals: ['not_found', 'conflict'],
  },
  {
    id: 'getTaskRequest',
    method: 'get',
    path: `${root}/{id}/request`,
    tag: 'Tasks',
    summary: 'What a task was asked for',
    description: 'In the members of a submit, so that it can be sent again as it is or with changes.',
    parameters: [taskId],
    answers: answer('TaskRequest', 'The request'),
    refusals: ['not_found'],
  },
  {
    id: 'retryTask',
    method: 'post',
    path: `${root}/{id}/retry`,
    tag: 'Tasks',
    summary: 'Make a new task from a failed one',
    description: 'The same request with as much time. A task that has not failed is a conflict.',
    parameters: [taskId, idempotencyKey],
    answers: answer('Retry', 'Accepted', replayed),
    refusals: ['invalid_request', 'not_found', 'conflict', 'input_unreachable'],
  },
  {
    id: 'followTask',
    method: 'get',
    path: `${root}/{id}/events`,
    tag: 'Following',
    summary: 'The changes of a task as Server-Sent Events',
    description:
      'The task as it is, then every change; the stream ends behind the final state. By events_url of a submit it needs no key.',
    security: [{ key: [] }, { bearer: [] }, {}],
    parameters: [
      taskId,
      ...inQuery({
        e: { type: 'string', description: 'Of a signed link: when it ends' },
        token: { type: 'string', description: 'Of a signed link: its signature' },
      }),
      lastEventId,
    ],
    answers: {
      200: { description: 'The stream', content: eventStream },
      204: { description: 'Last-Event-ID is that of the final state: there is nothing more to come' },
    },
    refusals: ['forbidden', 'not_found', 'rate_limited'],
  },
  {
    id: 'followAllTasks',
    method: 'get',
    path: `${root}/events`,
    tag: 'Following',
    summary: 'The changes of all tasks of the key as Server-Sent Events',
    description: 'From now on, or from behind Last-Event-ID. The stream has no end of its own.',
    parameters: [lastEventId],
    answers: { 200: { description: 'The stream', content: eventStream } },
    refusals: ['rate_limited'],
  },
];
