// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import type { Synchronous } from '../asynchronous.ts';
import { toApiKey } from '../rows.ts';

export type KeyReads = Synchronous<Pick<KeyStore, 'findKey' | 'findKeyByHash' | 'listKeys'>>;

export function createKeyReads(database: DatabaseSync): KeyReads {
  const keyById = database.prepare('SELECT * FROM api_keys WHERE id = ?');
  const keyByHash = database.prepare('SELECT * FROM api_keys WHERE hash = ?');
  const keys = database.prepare('SELECT * FROM api_keys ORDER BY created_at, id');

  return {
    findKey(id) {
      const row = keyById.get(id);
      return row === undefined ? null : toApiKey(row);
    },
    findKeyByHash(hash) {
      const row = keyByHash.get(hash);
      return row === undefined ? null : toApiKey(row);
    },
    listKeys: () => keys.all().map(toApiKey),
  };
}
