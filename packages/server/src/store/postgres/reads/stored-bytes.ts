// The statement that sums what keys and owners have stored.

import type { StoredBytesStore } from '../../../core/limits/stored-bytes.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';

export function createStoredBytes(query: Query): StoredBytesStore {
  return {
    async storedBytes({ kind, id }, now) {
      const [row] = await query(kind === 'key' ? ofKey : ofOwner, [toColumn(id), now]);
      return row?.['bytes'] as number;
    },
  };
}

const sumOf = (keys: string) => `SELECT (
    (SELECT coalesce(sum(stored_bytes), 0) FROM tasks
     WHERE key_id ${keys} AND stored_bytes > 0 AND pictures_deleted_at IS NULL)
    + (SELECT coalesce(sum(bytes), 0) FROM files WHERE key_id ${keys} AND expires_at > $2))::float8 AS bytes`;
const ofKey = sumOf('= $1');
const ofOwner = sumOf('IN (SELECT id FROM api_keys WHERE owner_id = $1)');
