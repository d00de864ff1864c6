// The query strings of lists: which tasks, and how many.

import * as z from 'zod';
import { type Fault, taskErrorTypes } from '../../core/errors.ts';
import type { ModelTable } from '../../core/models/models.ts';
import { taskActions, taskStates } from '../../core/tasks/task.ts';
import type { TaskQuery } from '../../core/tasks/task-reads.ts';
import { memberSchemas } from '../openapi/json-schema.ts';
import { inQuery } from '../openapi/parameters.ts';
import { type Given, members, readMembers } from '../route/members.ts';
import { unixTime, wholeNumber } from '../route/number-members.ts';
import { shorten } from '../submit/submit-names.ts';
import { invalid } from '../refusals/invalid.ts';

export const taskId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const maxListed = 200;
export const usuallyListed = 50;

export const pageSize = wholeNumber(`must be a whole number from 1 to ${maxListed}`, {
  min: 1,
  max: maxListed,
});
const filters = {
  state: z
    .enum(taskStates, 'must be pending, running, succeeded or error')
    .meta({ description: 'Only tasks in this state' }),
  error_type: z
    .enum(taskErrorTypes, `must be one of ${taskErrorTypes.join(', ')}`)
    .meta({ description: 'Only tasks that ended in the state error with this type' }),
  action: z.enum(taskActions, 'must be generate or edit').meta({ description: 'Only tasks of this action' }),
  model: z.string('must be one name').meta({ description: 'Only tasks of this model, by any of its names' }),
  created_after: unixTime.meta({ description: 'Unix seconds: tasks of this second or later' }),
  created_before: unixTime.meta({ description: 'Unix seconds: tasks before this second' }),
  search: z.string('must be one text').max(200, 'must have at most 200 characters').meta({
    description:
      'Only tasks whose id begins with this, or whose prompt or metadata (name=value) has it somewhere; without regard to case',
  }),
};
const include = z
  .literal('prompt', 'must be prompt')
  .meta({ description: 'prompt shows the first 200 characters of it with each task' });
const page = {
  limit: pageSize.meta({ description: 'How many tasks a page looks for', default: usuallyListed }),
  cursor: z
    .string()
    .regex(taskId, 'must be a next_cursor of a page before')
    .meta({ description: 'next_cursor of the page before' }),
};
export const taskQueryMembers = members({ ...filters, include, ...page });
const includeMembers = members({ include }, { refusesUnknown: false });

/** Parameters of the reference. */
export function listQuery(): object[] {
  const ids = {
    type: 'string',
    description: `Up to ${maxListed} ids with commas between them: exactly these tasks, and no other member but include`,
  };
  const byMetadata = {
    name: 'metadata',
    in: 'query',
    description: 'Only tasks with these metadata, such as metadata[order]=1042',
    style: 'deepObject',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  };
  return [...inQuery({ ids, ...memberSchemas(taskQueryMembers.table) }), byMetadata];
}

/** Parameters of a query for one task. In a query for a list they are a sign that the id in the path was left empty. */
const ofOneTask: ReadonlySet<string> = new Set(['wait', 'until']);
const withoutId = 'is for one task, and no id of one stands at the end of the path';

/** Throws `RequestError` (`invalid_request`) with every fault. */
export function readTaskQuery(query: Given, models: ModelTable): Omit<TaskQuery, 'keyId'> {
  const { given, metadata, strange } = takeApart(query);
  const values = readMembers(taskQueryMembers, given, (_read, faults, { model }) => {
    faults.unshift(...strange);
    if (typeof model === 'string' && models.findNamed(model) === undefined)
      faults.push({ path: 'model', message: 'is not known here' });
  });
  const { state, action, cursor, search = '', limit = usuallyListed } = values;
  const { error_type: failureType, created_after: after, created_before: before } = values;
  const model = values.model === undefined ? undefined : models.findNamed(values.model)?.model.name;
  return {
    limit,
    ...(state === undefined ? {} : { state }),
    ...(failureType === undefined ? {} : { failureType }),
    ...(action === undefined ? {} : { action }),
    ...(model === undefined ? {} : { model }),
    ...(after === undefined ? {} : { createdFrom: after * 1000 }),
    ...(before === undefined ? {} : { createdBefore: before * 1000 }),
    ...(cursor === undefined ? {} : { beforeId: cursor.toLowerCase() }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  };
}

/** Splits a query for a list: its members, the metadata that tasks are to have, and faults of names that mean nothing. */
function takeApart(query: Given) {
  // Without a prototype, or a filter by `__proto__` would be none.
  const metadata = Object.create(null) as Record<string, string>;
  const given: Record<string, unknown> = {};
  const strange: Fault[] = [];
  for (const [name, value] of Object.entries(query)) {
    const [, member] = /^metadata\[([\w.-]{1,64})\]$/.exec(name) ?? [];
    if (member !== undefined && typeof value === 'string') metadata[member] = value;
    else if (Object.hasOwn(taskQueryMembers.table, name)) given[name] = value;
    else if (ofOneTask.has(name)) strange.push({ path: name, message: withoutId });
    else strange.push({ path: shorten(name), message: 'is not known here' });
  }
  return { given, metadata, strange };
}

/** Part of a task's request that lists show beside it, if one is asked for. Throws `RequestError` (`invalid_request`). */
export function readIncluded(query: Given): 'prompt' | undefined {
  return readMembers(includeMembers, query).include;
}

/** The ids of `?ids=a,b,c`, each once. Throws `RequestError` (`invalid_request`). */
export function readIds(value: unknown): string[] {
  const ids = [
    ...new Set(
      String(value)
        .toLowerCase()
        .split(/[,\s]+/)
        .filter((id) => id !== ''),
    ),
  ];
  if (ids.length === 0 || ids.length > maxListed)
    throw invalid([{ path: 'ids', message: `must name 1 to ${maxListed} tasks, with commas between them` }]);
  return ids;
}
