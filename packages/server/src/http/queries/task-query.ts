// The query strings of lists: which tasks, and how many.

import * as z from 'zod';
import { type Fault, taskErrorTypes } from '../../core/errors.ts';
import type { ModelTable } from '../../core/models/models.ts';
import type { TaskQuery } from '../../core/tasks/task-store.ts';
import { unixTime, wholeNumber } from '../route/number-members.ts';
import { shorten } from '../submit/submit-names.ts';
import { invalid } from '../refusals/invalid.ts';

const taskId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const maxListed = 200;
export const usuallyListed = 50;

export const pageSize = wholeNumber(`must be a whole number from 1 to ${maxListed}`, {
  min: 1,
  max: maxListed,
});
const include = z.literal('prompt', 'must be prompt');
export const taskQueryMembers = z.object({
  state: z.enum(['pending', 'running', 'succeeded', 'error'], 'must be pending, running, succeeded or error'),
  error_type: z.enum(taskErrorTypes, `must be one of ${taskErrorTypes.join(', ')}`),
  action: z.enum(['generate', 'edit'], 'must be generate or edit'),
  model: z.string('must be one name'),
  created_after: unixTime,
  created_before: unixTime,
  search: z.string('must be one text').max(200, 'must have at most 200 characters'),
  include,
  limit: pageSize,
  cursor: z.string().regex(taskId, 'must be a next_cursor of a page before'),
});

/** Parameters of a query for one task. In a query for a list they are a sign that the id in the path was left empty. */
const ofOneTask: ReadonlySet<string> = new Set(['wait', 'until']);
const withoutId = 'is for one task, and no id of one stands at the end of the path';

/** Throws `RequestError` (`invalid_request`) with every fault. */
export function readTaskQuery(
  query: Readonly<Record<string, unknown>>,
  models: ModelTable,
): Omit<TaskQuery, 'keyId'> {
  const faults: Fault[] = [];
  // Without a prototype, or a filter by `__proto__` would be none.
  const metadata = Object.create(null) as Record<string, string>;
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const [, member] = /^metadata\[([\w.-]{1,64})\]$/.exec(name) ?? [];
    if (member !== undefined && typeof value === 'string') metadata[member] = value;
    else if (Object.hasOwn(taskQueryMembers.shape, name)) given[name] = value;
    else if (ofOneTask.has(name)) faults.push({ path: name, message: withoutId });
    else faults.push({ path: shorten(name), message: 'is not known here' });
  }
  const parsed = taskQueryMembers.partial().safeParse(given);
  for (const issue of parsed.error?.issues ?? [])
    faults.push({ path: String(issue.path[0]), message: issue.message });
  const values = parsed.data ?? {};
  const named = given['model'];
  const model = typeof named === 'string' ? models.findNamed(named)?.model : undefined;
  if (typeof named === 'string' && model === undefined)
    faults.push({ path: 'model', message: 'is not known here' });
  if (faults.length > 0) throw invalid(faults);
  const { state, action, cursor, search = '' } = values;
  const { error_type: failureType, created_after: after, created_before: before } = values;
  return {
    limit: values.limit ?? usuallyListed,
    ...(state === undefined ? {} : { state }),
    ...(failureType === undefined ? {} : { failureType }),
    ...(action === undefined ? {} : { action }),
    ...(model === undefined ? {} : { model: model.name }),
    ...(after === undefined ? {} : { createdFrom: after * 1000 }),
    ...(before === undefined ? {} : { createdBefore: before * 1000 }),
    ...(cursor === undefined ? {} : { beforeId: cursor.toLowerCase() }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  };
}

/** What lists show beside each task. Throws `RequestError` (`invalid_request`). */
export function readIncluded({ include: asked }: Readonly<Record<string, unknown>>): 'prompt' | undefined {
  const { data, error } = include.optional().safeParse(asked);
  if (error !== undefined) throw invalid([{ path: 'include', message: 'must be prompt' }]);
  return data;
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
