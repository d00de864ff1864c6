// The statement that says what keys and owners have stored, of the sums that are kept for each key.

import type { DatabaseSync } from 'node:sqlite';
import type { StoredBytesStore } from '../../../core/limits/stored-bytes.ts';
import type { Synchronous } from '../asynchronous.ts';

export function createStoredBytesRead(database: DatabaseSync): Synchronous<StoredBytesStore> {
  const sumOf = (keys: string) =>
    database.prepare(
      // Few files have expired and are still there, as they are swept each minute.
      `SELECT (SELECT ifnull(sum(bytes), 0) FROM stored_sums WHERE key_id ${keys})
            - (SELECT ifnull(sum(bytes), 0) FROM files INDEXED BY files_expired WHERE expires_at <= :now AND key_id ${keys}) AS bytes`,
    );
  const ofKey = sumOf('= :id');
  const ofOwner = sumOf('IN (SELECT id FROM api_keys WHERE owner_id = :id)');
  return {
    storedBytes: ({ kind, id }, now) =>
      (kind === 'key' ? ofKey : ofOwner).get({ id, now })?.['bytes'] as number,
  };
}
