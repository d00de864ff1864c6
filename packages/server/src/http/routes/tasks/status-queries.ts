// The status query in forms that the vendor never documented and that programs send all the same: the task by its id in the query string
// or in a body, and the key in the query string.

import * as z from 'zod';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../core/keys/keys.ts';
import { type Access, keyOrQuery, orInBody, readKey, refuseWithout } from '../../access/access.ts';
import type { Authorize } from '../../access/authorization.ts';
import type { ActingKey } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import type { BodyReader } from '../../body/read-body.ts';
import type { CallerAddress } from '../../connections/caller-address.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { bodyOf, memberSchemas } from '../../openapi/json-schema.ts';
import { inQuery } from '../../openapi/parameters.ts';
import { tasksPath } from '../../paths.ts';
import { readWait, type Wait } from '../../queries/wait-query.ts';
import { bodyAsGiven, queryAsGiven } from '../../route/forms.ts';
import { type Check, type Given, members, readMembers } from '../../route/members.ts';
import { type Call, type QueryForm, route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { answerStatus, type StatusParts } from '../../status/answer-status.ts';
import { readStrangers } from '../../submit/take-submit.ts';
import { ifNoneMatch, prefer, status, waiting, wholeStatus } from './task-forms.ts';

const id = z.string('must be one id');
const idMembers = members(
  {
    id: id.meta({ description: 'The task’s id' }),
    task_id: id.meta({ description: 'As id, for programs that call it so: one of them is needed' }),
  },
  {
    refusesUnknown: false,
    isAbsent: (value) => value === '' || value === null || value === undefined,
  },
);
type Ids = Partial<Record<'id' | 'task_id', string>>;

const checkIds: Check<Ids> = ({ id: one, task_id: other }, faults) => {
  if (faults.length > 0) return;
  if (one === undefined && other === undefined)
    faults.push({ path: 'id', message: 'is required: the id of a task, also as task_id' });
  else if (one !== undefined && other !== undefined && one.toLowerCase() !== other.toLowerCase())
    faults.push({ path: 'task_id', message: 'names another task than id' });
};

/** The id of the one task that members name. Throws `RequestError` (`invalid_request`) unless they name one. */
function readTaskId(given: Given): string {
  const { id: one, task_id: other = '' } = readMembers(idMembers, given, checkIds);
  return (one ?? other).toLowerCase();
}

const idQuery: QueryForm<{ taskId: string; wait: Wait | null }> = {
  describe: () => [...inQuery(memberSchemas(idMembers.table)), ...waiting.describe()],
  read: (given, headers) => ({ taskId: readTaskId(given), wait: readWait(given, headers['prefer']) }),
};

const better = 'Answered as GET /api/gemini/nano-banana/{id} is, which is the better call';
const shared = { tag: 'Tasks', hidesAddress: true } as const;

function byQuery(path: string, access: Access<Caller>) {
  return route({
    ...shared,
    method: 'get',
    path,
    summary: 'Ask for a task by its id in the query string',
    description:
      access === keyOrQuery
        ? `${better}: the key of this one may stand in the address. Cache-Control is no-store then.`
        : `${better}.`,
    access,
    query: idQuery,
    headers: [prefer, ifNoneMatch],
    answers: status,
    refusals: ['invalid_request', 'not_found', 'rate_limited'],
  });
}

function byBody(path: string, access: Access<Caller>) {
  return route({
    ...shared,
    method: 'post',
    path,
    summary: 'Ask for a task by its id in a body',
    description: `JSON, under whatever type, or a form; the key may stand in it as key. ${better}.`,
    access: orInBody(access),
    // Read behind the body, whose faults go before its own.
    query: queryAsGiven(waiting.describe),
    headers: [prefer],
    body: bodyAsGiven(() => {
      const schema = bodyOf(memberSchemas(idMembers.table));
      return {
        required: true,
        content: {
          'application/json': { schema, example: { id: answerExamples.Task.task_id } },
          'application/x-www-form-urlencoded': { schema },
          'multipart/form-data': { schema },
        },
      };
    }),
    answers: wholeStatus,
    refusals: ['invalid_request', 'not_found', 'too_large', 'unsupported_media', 'rate_limited'],
  });
}

// The other method of each path takes no key in the query string: no program is known that needs it.
export const statusQueryRoutes = {
  getTaskResult: byQuery(`${tasksPath}/result`, keyOrQuery),
  getTaskByQuery: byQuery(`${tasksPath}-result`, keyOrQuery),
  getTaskStatus: byQuery(`${tasksPath}/status`, readKey),
  getTaskByBody: byBody(`${tasksPath}/status`, keyOrQuery),
  postTaskResult: byBody(`${tasksPath}/result`, readKey),
  postTaskByBody: byBody(`${tasksPath}-result`, readKey),
};

export interface StatusQueriesParts extends StatusParts {
  actingKey: ActingKey;
  serve: Serve;
  authorize: Authorize;
  bodies: BodyReader;
  callerAddress: CallerAddress;
}

/** Of a body, which names one task. */
const bodyBytes = 2 ** 16;
const wanted: ReadonlySet<string> = new Set([...Object.keys(idMembers.table), 'key']);

type ByQuery = Call<Caller, never, { taskId: string; wait: Wait | null }, never>;
type ByBody = Call<Caller | null, never, Given, never>;

export function statusQueriesFace(parts: StatusQueriesParts): Face {
  const { actingKey } = parts;
  const answerQuery = async (call: ByQuery): Promise<FastifyReply> => {
    const { taskId, wait } = call.query;
    const keyAgain = async () => await actingKey(await call.admitAgain(), taskId);
    const keyId = await actingKey(call.caller, taskId);
    const callerId = call.caller.keyId;
    return await answerStatus(parts, call, { taskId, wait, callerId, keyId, keyAgain });
  };
  const answerBody = async (call: ByBody): Promise<FastifyReply> => {
    const { taskId, caller, again } = await readBody(parts, call);
    const wait = readWait(call.query, call.request.headers['prefer']);
    const keyAgain = async () => await actingKey(await again(), taskId);
    const keyId = await actingKey(caller, taskId);
    return await answerStatus(parts, call, { taskId, callerId: caller.keyId, keyId, keyAgain, wait });
  };
  return parts.serve(statusQueryRoutes, {
    getTaskResult: answerQuery,
    getTaskByQuery: answerQuery,
    getTaskStatus: answerQuery,
    getTaskByBody: answerBody,
    postTaskResult: answerBody,
    postTaskByBody: answerBody,
  });
}

/** The task that a body names, and who says so; a stranger's body may have the key in it. */
async function readBody(
  { authorize, bodies, callerAddress }: StatusQueriesParts,
  { caller, request, admitAgain, count }: ByBody,
): Promise<{ taskId: string; caller: Caller; again: () => Promise<Caller> }> {
  if (caller !== null) {
    const { keyId } = caller;
    const taskId = await bodies.use(request.raw, { wanted, keyId, limit: bodyBytes }, async ({ fields }) =>
      readTaskId(fields),
    );
    return { taskId, caller, again: async () => (await admitAgain()) ?? caller };
  }
  const { fields } = (await readStrangers({ bodies, callerAddress }, request, { wanted })).body;
  const { key: shown } = fields;
  const again = async () => {
    const by = await authorize(typeof shown === 'string' ? shown : undefined, request.raw);
    refuseWithout('read', by);
    return by;
  };
  const found = await again();
  count(found, 1);
  return { caller: found, taskId: readTaskId(fields), again };
}
