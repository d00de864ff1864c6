// The statement that sums what keys and owners have stored.

import type { DatabaseSync } from 'node:sqlite';
import type { StoredBytesStore } from '../../../core/limits/stored-bytes.ts';
import type { Synchronous } from '../asynchronous.ts';

export function createStoredBytesRead(database: DatabaseSync): Synchronous<StoredBytesStore> {
  const sumOf = (keys: string) =>
    database.prepare(
      `SELECT (SELECT ifnull(sum(stored_bytes), 0) FROM tasks INDEXED BY tasks_stored
               WHERE key_id ${keys} AND stored_bytes > 0 AND pictures_deleted_at IS NULL)
            + (SELECT ifnull(sum(bytes), 0) FROM files WHERE key_id ${keys} AND expires_at > :now) AS bytes`,
    );
  const ofKey = sumOf('= :id');
  const ofOwner = sumOf('IN (SELECT id FROM api_keys WHERE owner_id = :id)');
  return {
    storedBytes: ({ kind, id }, now) =>
      (kind === 'key' ? ofKey : ofOwner).get({ id, now })?.['bytes'] as number,
  };
}
