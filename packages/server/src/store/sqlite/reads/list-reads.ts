// Statements that read lists of a key's tasks.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskFailure } from '../../../core/errors.ts';
import type { ListedTask, ShownWith, TaskQuery, TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Synchronous } from '../asynchronous.ts';
import { idsOf, isFound, looksIntoRequests } from '../../list-filter.ts';
import { promptText, toPromptStart } from '../../prompt-start.ts';
import type { Row } from '../../rows.ts';

/** How many tasks one look at a list goes over: 4 ms, in which nothing else is served. */
const maxScanned = 2_000;
/**
 * A filter by metadata opens requests, and so many characters of one take as long as a task: 2,000 requests of 30,000 characters
 * took 1.5 s (measured).
 */
const charactersOfTask = 500;

/** `findStatus` is the read of one. */
export function createListReads(
  database: DatabaseSync,
  findStatus: Synchronous<Pick<TaskReads, 'findStatus'>>['findStatus'],
): Synchronous<Pick<TaskReads, 'list' | 'findListed'>> {
  const look = createLook(database);
  const promptStart = database.prepare(
    `SELECT ${promptText('request', ':length')} AS text FROM tasks WHERE id = :id`,
  );

  function startOf(id: string, length = 0): string {
    const text = length === 0 ? undefined : promptStart.get({ id, length })?.['text'];
    return typeof text === 'string' ? toPromptStart(text, length) : '';
  }

  function findListed(
    keyId: string,
    ids: readonly string[],
    { viewKey, promptLength }: ShownWith,
  ): ListedTask[] {
    return ids.flatMap((id) => {
      const source = findStatus(id, viewKey, keyId);
      if (source === null) return [];
      return { id, source, promptStart: startOf(id, promptLength) };
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
    const { keyId, limit } = query;
    const ids: string[] = [];
    let looked = 0;
    const rows = looksIntoRequests(query) ? listedWithRequest : listed;
    for (const row of rows.iterate({ keyId, ...idsOf(query) })) {
      if (isListed(row, query)) ids.push(row['id'] as string);
      looked += 1 + String(row['request'] ?? '').length / charactersOfTask;
      if (ids.length === limit || looked >= maxScanned) return { ids, next: row['id'] as string };
    }
    return { ids, next: null };
  };
}

function isListed(row: Row, query: TaskQuery): boolean {
  const { state, model, action, failureType } = query;
  if (state !== undefined && row['state'] !== state) return false;
  if (model !== undefined && row['model'] !== model) return false;
  if (action !== undefined && row['action'] !== action) return false;
  if (failureType !== undefined && typeOf(row['failure'] as string | null) !== failureType) return false;
  // Not opened where nobody asked for it.
  return row['request'] === undefined || isFound(row['id'] as string, row['request'] as string, query);
}

function typeOf(failure: string | null): TaskFailure['type'] | undefined {
  return failure === null ? undefined : (JSON.parse(failure) as TaskFailure).type;
}
