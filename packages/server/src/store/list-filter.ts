// Parts of a list's filter that both stores share. What looks into a task's request is decided here, by JavaScript's rules of text.

import type { TaskQuery } from '../core/tasks/task-reads.ts';
import type { TaskRequest } from '../core/tasks/task.ts';
import { firstTaskIdAt } from '../lib/ids.ts';

/** Sorts behind every id. */
export const behindAllIds = '~';
/** The last that an id can hold. */
const lastTime = 2 ** 48 - 1;

/** Range of a list's ids: the first one that may be in it, and the one before which it ends. */
export function idsOf(query: TaskQuery): { from: string; before: string } {
  const { beforeId, createdFrom = 0, createdBefore = Number.MAX_SAFE_INTEGER } = query;
  const end = firstTaskIdAt(Math.min(createdBefore, lastTime));
  return {
    from: firstTaskIdAt(createdFrom),
    before: beforeId !== undefined && beforeId < end ? beforeId : end,
  };
}

/** Whether a list asks for what is within requests, so that they must be read for it. */
export const looksIntoRequests = ({ metadata, search }: TaskQuery): boolean =>
  metadata !== undefined || search !== undefined;

/** Whether a task has the metadata, and somewhere the text, that a list asks for. `request` is JSON. */
export function isFound(id: string, request: string, { metadata = {}, search = '' }: TaskQuery): boolean {
  const { prompt, metadata: own = {} } = JSON.parse(request) as TaskRequest;
  const isNamed = ([name, value]: [string, string]) => Object.hasOwn(own, name) && own[name] === value;
  if (!Object.entries(metadata).every(isNamed)) return false;
  const sought = search.toLowerCase();
  return (
    id.startsWith(sought) ||
    prompt.toLowerCase().includes(sought) ||
    Object.entries(own).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(sought))
  );
}
