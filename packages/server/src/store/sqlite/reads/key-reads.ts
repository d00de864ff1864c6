// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import { foundKeyColumns, keyColumns, toFoundKey, toKey } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type KeyReads = Synchronous<Pick<KeyStore, 'findKey' | 'findKeyByHash' | 'endedKeys' | 'listKeys'>>;

export function createKeyReads(database: DatabaseSync): KeyReads {
  const keyById = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`);
  const keyByHash = database.prepare(
    // Two searches, each by its index: an OR of both took twice as long.
    `SELECT ${foundKeyColumns}, 0 AS isPrevious FROM api_keys WHERE hash = :hash
     UNION ALL SELECT ${foundKeyColumns}, 1 FROM api_keys WHERE previous_hash = :hash LIMIT 1`,
  );
  const ended = database.prepare(
    `SELECT id FROM api_keys WHERE id IN (SELECT value FROM json_each(?))
       AND (revoked_at IS NOT NULL OR coalesce(expires_at <= ?, 0)) ORDER BY id`,
  );
  const keys = database.prepare(`SELECT ${keyColumns} FROM api_keys ORDER BY created_at, id`);

  return {
    findKey(id) {
      const row = keyById.get(id);
      return row === undefined ? null : toKey(row);
    },
    findKeyByHash(hash) {
      const row = keyByHash.get({ hash });
      return row === undefined ? null : toFoundKey(row);
    },
    endedKeys: (ids, now) => ended.all(JSON.stringify(ids), now).map((row) => row['id'] as string),
    listKeys: () => keys.all().map(toKey),
  };
}
