// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import { foundKeyColumns, keyColumns, toFoundKey, toKey } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type KeyReads = Synchronous<Pick<KeyStore, 'findKey' | 'findKeyByHash' | 'listKeys'>>;

export function createKeyReads(database: DatabaseSync): KeyReads {
  const keyById = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`);
  const keyByHash = database.prepare(
    // Two searches, each by its index: an OR of both took twice as long.
    `SELECT ${foundKeyColumns}, 0 AS isPrevious FROM api_keys WHERE hash = :hash
     UNION ALL SELECT ${foundKeyColumns}, 1 FROM api_keys WHERE previous_hash = :hash LIMIT 1`,
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
    listKeys: () => keys.all().map(toKey),
  };
}
