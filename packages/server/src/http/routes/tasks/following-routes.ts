// The calls by which a task is followed: asked for, waited for, and told as events.

import { keyOrLink, readKey, signedLink } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { eventsPath, tasksPath } from '../../paths.ts';
import { queryAsGiven, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { ifNoneMatch, ofTask, prefer, status, waiting } from './task-forms.ts';

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
const stream = { description: 'The stream', content: eventStream };
const lastEventId = inHeader('Last-Event-ID', 'The id of the last event that was seen', { type: 'string' });
const eventsLink = signedLink(({ id = '' }) => eventsPath(id), 'This link has expired.');

export const followingRoutes = {
  getTask: route({
    method: 'get',
    path: `${tasksPath}/{id}`,
    tag: 'Tasks',
    summary: 'Ask for a task',
    description:
      'At once, or when there is news. With If-None-Match, whoever has the answer already gets 304 and no body.',
    access: readKey,
    params: ofTask,
    query: waiting,
    headers: [prefer, ifNoneMatch],
    answers: status,
    refusals: ['invalid_request', 'not_found', 'rate_limited'],
  }),
  followTask: route({
    method: 'get',
    path: eventsPath('{id}'),
    tag: 'Following',
    summary: 'The changes of a task as Server-Sent Events',
    description:
      'The task as it is, then every change; the stream ends behind the final state. By events_url of a submit it needs no key.',
    access: keyOrLink(eventsLink),
    params: ofTask,
    query: queryAsGiven(() =>
      inQuery({
        e: { type: 'string', description: 'Of a signed link: when it ends' },
        token: { type: 'string', description: 'Of a signed link: its signature' },
      }),
    ),
    headers: [lastEventId],
    answers: sent({
      200: stream,
      204: { description: 'Last-Event-ID is that of the final state: there is nothing more to come' },
    }),
    refusals: ['not_found', 'rate_limited'],
    // A stream never ends, and the framework would answer HEAD by it.
    hasHead: false,
  }),
  followAllTasks: route({
    method: 'get',
    path: `${tasksPath}/events`,
    tag: 'Following',
    summary: 'The changes of all tasks of the key as Server-Sent Events',
    description:
      'From now on, or from behind Last-Event-ID. The stream has no end of its own, and nothing of other keys, of an owner with shared neither.',
    access: readKey,
    headers: [lastEventId],
    answers: sent({ 200: stream }),
    refusals: ['rate_limited'],
    hasHead: false,
  }),
};
