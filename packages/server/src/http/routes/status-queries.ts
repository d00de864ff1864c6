// The status query in forms that the vendor never documented and that programs send all the same: the task by its id in the query string
// or in a body, and the key in the query string.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault } from '../../core/errors.ts';
import { answerStatus, type StatusParts, type StatusQuery } from '../status/answer-status.ts';
import type { Answers } from '../answer.ts';
import type { Face } from '../app.ts';
import { type Authorize, NoKeyError } from '../access/authorization.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { type AuthorizeByQuery, hasQueryKey } from '../access/query-key.ts';
import type { BodyReader } from '../body/read-body.ts';
import { statusPath } from '../status/status-fast-path.ts';
import { readStrangers } from '../submit/take-submit.ts';
import { invalid } from '../refusals/invalid.ts';

export interface StatusQueriesParts extends StatusParts {
  authorize: Authorize;
  authorizeByQuery: AuthorizeByQuery;
  bodies: BodyReader;
  callerAddress: CallerAddress;
}

type Fields = Readonly<Record<string, unknown>>;
interface ByQuery {
  Querystring: Record<string, unknown>;
}
type Query = FastifyRequest<ByQuery>;
/** Finds the caller by the header, or by the query string where that is taken. Throws `RequestError`. */
type FindKey = AuthorizeByQuery | Authorize;

/** Of a body, which names one task. */
const bodyBytes = 2 ** 16;
const idMembers = ['id', 'task_id'] as const;
const wanted: ReadonlySet<string> = new Set([...idMembers, 'key']);

export function statusQueriesFace(parts: StatusQueriesParts): Face {
  const { authorize, authorizeByQuery, bodies } = parts;

  /** The task that a body names, and whose key says so; a stranger's body may have the key in it. */
  async function readBody(request: Query, find: FindKey): Promise<Pick<StatusQuery, 'taskId' | 'keyOf'>> {
    const { raw, query, headers } = request;
    const byHeader = async () => (await find(headers.authorization, query)).keyId;
    const keyId = await unlessWithoutKey(byHeader);
    if (keyId !== null) {
      const taskId = await bodies.use(raw, { wanted, keyId, limit: bodyBytes }, async ({ fields }) =>
        readTaskId(fields),
      );
      return { taskId, keyOf: byHeader };
    }
    const { fields } = (await readStrangers(parts, request, { wanted })).body;
    const { key } = fields;
    const keyOf = async () => (await authorize(typeof key === 'string' ? key : undefined)).keyId;
    await keyOf();
    return { taskId: readTaskId(fields), keyOf };
  }

  const byQuery = (answers: Answers, find: FindKey) => async (request: Query, reply: FastifyReply) => {
    const { query, headers } = request;
    const keyOf = async () => (await find(headers.authorization, query)).keyId;
    await keyOf();
    await answerStatus(parts, answers, { request, reply, taskId: readTaskId(query), keyOf });
    return reply;
  };
  const byBody = (answers: Answers, find: FindKey) => async (request: Query, reply: FastifyReply) => {
    await answerStatus(parts, answers, { request, reply, ...(await readBody(request, find)) });
    return reply;
  };

  return (app, answers) => {
    // The other method of each path takes no key in the query string: no program is known that needs it.
    for (const path of [`${statusPath}result`, `${statusPath.slice(0, -1)}-result`]) {
      app.get<ByQuery>(path, { onSend }, byQuery(answers, authorizeByQuery));
      app.post<ByQuery>(path, { onSend }, byBody(answers, authorize));
    }
    app.post<ByQuery>(`${statusPath}status`, { onSend }, byBody(answers, authorizeByQuery));
    app.get<ByQuery>(`${statusPath}status`, { onSend }, byQuery(answers, authorize));
  };
}

/** Forbids caches and referrers in every answer to an address that holds a key, refusals too. */
function onSend(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
) {
  if (hasQueryKey(request.query))
    reply.header('Cache-Control', 'no-store').header('Referrer-Policy', 'no-referrer');
  done(null, payload);
}

/** Throws `RequestError` (`invalid_request`) unless the members name one task. */
function readTaskId(fields: Fields): string {
  const given = idMembers.filter((name) => !['', null, undefined].includes(fields[name] as string));
  const faults: Fault[] = given
    .filter((name) => typeof fields[name] !== 'string')
    .map((path) => ({ path, message: 'must be one id' }));
  if (given.length === 0)
    faults.push({ path: 'id', message: 'is required: the id of a task, also as task_id' });
  if (faults.length > 0) throw invalid(faults);
  const [first = '', ...others] = given.map((name) => String(fields[name]).toLowerCase());
  if (others.some((other) => other !== first))
    throw invalid([{ path: 'task_id', message: 'names another task than id' }]);
  return first;
}

/** `null` where `find` finds that no key was shown. */
async function unlessWithoutKey(find: () => Promise<string>): Promise<string | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof NoKeyError) return null;
    throw error;
  }
}
