// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { ApiKey } from '../../core/keys/key-store.ts';
import { toApiKey } from './rows.ts';

export function createKeyReads(database: DatabaseSync) {
  const keyById = database.prepare('SELECT * FROM api_keys WHERE id = ?');
  const keyByHash = database.prepare('SELECT * FROM api_keys WHERE hash = ?');
  const keys = database.prepare('SELECT * FROM api_keys ORDER BY created_at, id');

  return {
    findKey(id: string): ApiKey | null {
      const row = keyById.get(id);
      return row === undefined ? null : toApiKey(row);
    },
    findKeyByHash(hash: Uint8Array): ApiKey | null {
      const row = keyByHash.get(hash);
      return row === undefined ? null : toApiKey(row);
    },
    listKeys(): ApiKey[] {
      return keys.all().map(toApiKey);
    },
  };
}
