// Statements that read lists of a key's tasks.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskFailure } from '../../../core/errors.ts';
import type { TaskRequest } from '../../../core/tasks/task.ts';
import type { ListedTask, ShownWith, TaskQuery, TaskReads } from '../../../core/tasks/task-reads.ts';
import { firstTaskIdAt } from '../../../lib/ids.ts';
import type { Synchronous } from '../asynchronous.ts';
import type { Row } from '../rows.ts';

/** How many tasks one look at a list goes over: 4 ms, in which nothing else is served. */
const maxScanned = 2_000;
/**
 * A filter by metadata opens requests, and so many characters of one take as long as a task: 2,000 requests of 30,000 characters
 * took 1.5 s (measured).
 */
const charactersOfTask = 500;
/** The last that an id can hold. */
const lastTime = 2 ** 48 - 1;

/** `findStatus` is the read of one. */
export function createListReads(
  database: DatabaseSync,
  findStatus: Synchronous<Pick<TaskReads, 'findStatus'>>['findStatus'],
): Synchronous<Pick<TaskReads, 'list' | 'findListed'>> {
  const look = createLook(database);
  // Only for lists that ask for it: JSON is searched for it, and one of 32,000 characters takes 100 microseconds.
  const promptStart = database.prepare(
    `SELECT substr(request ->> '$.prompt', 1, ?) AS text FROM tasks WHERE id = ?`,
  );

  function findListed(
    keyId: string,
    ids: readonly string[],
    { viewKey, promptLength }: ShownWith,
  ): ListedTask[] {
    return ids.flatMap((id) => {
      const source = findStatus(id, viewKey);
      if (source?.keyId !== keyId) return [];
      const start =
        promptLength === undefined ? '' : String(promptStart.get(promptLength, id)?.['text'] ?? '');
      return { id, source, promptStart: start };
    });
  }

  return {
    findListed,
    list(query, shown) {
      const { ids, next } = look(query);
      return { tasks: findListed(query.keyId, ids, shown), next };
    },
  };
}

/** Finds the ids of a page. */
function createLook(database: DatabaseSync): (query: TaskQuery) => { ids: string[]; next: string | null } {
  const list = (columns: string) =>
    database.prepare(
      `SELECT ${columns} FROM tasks WHERE key_id = :keyId AND id >= :from AND id < :before ORDER BY id DESC`,
    );
  const listed = list('id, state, model, action, failure');
  const listedWithRequest = list('id, state, model, action, failure, request');

  return (query) => {
    const { keyId, beforeId, createdFrom = 0, createdBefore = Number.MAX_SAFE_INTEGER, limit } = query;
    const end = firstTaskIdAt(Math.min(createdBefore, lastTime));
    const before = beforeId !== undefined && beforeId < end ? beforeId : end;
    const ids: string[] = [];
    let looked = 0;
    const rows = query.metadata === undefined && query.search === undefined ? listed : listedWithRequest;
    for (const row of rows.iterate({ keyId, from: firstTaskIdAt(createdFrom), before })) {
      if (isListed(row, query)) ids.push(row['id'] as string);
      looked += 1 + String(row['request'] ?? '').length / charactersOfTask;
      if (ids.length === limit || looked >= maxScanned) return { ids, next: row['id'] as string };
    }
    return { ids, next: null };
  };
}

function isListed(row: Row, query: TaskQuery): boolean {
  const { state, model, action, failureType, metadata = {}, search = '' } = query;
  if (state !== undefined && row['state'] !== state) return false;
  if (model !== undefined && row['model'] !== model) return false;
  if (action !== undefined && row['action'] !== action) return false;
  if (failureType !== undefined && typeOf(row['failure'] as string | null) !== failureType) return false;
  // Not opened where nobody asked for it.
  if (row['request'] === undefined) return true;
  const { prompt, metadata: own = {} } = JSON.parse(row['request'] as string) as TaskRequest;
  const isNamed = ([name, value]: [string, string]) => Object.hasOwn(own, name) && own[name] === value;
  if (!Object.entries(metadata).every(isNamed)) return false;
  const sought = search.toLowerCase();
  return (
    (row['id'] as string).startsWith(sought) ||
    prompt.toLowerCase().includes(sought) ||
    Object.entries(own).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(sought))
  );
}

function typeOf(failure: string | null): TaskFailure['type'] | undefined {
  return failure === null ? undefined : (JSON.parse(failure) as TaskFailure).type;
}
