// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { ApiKey, KeyStore } from '../../../core/keys/key-store.ts';
import { keyColumns } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type KeyReads = Synchronous<Pick<KeyStore, 'findKey' | 'findKeyByHash' | 'listKeys'>>;

export function createKeyReads(database: DatabaseSync): KeyReads {
  const keyById = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`);
  const keyByHash = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE hash = ?`);
  const keys = database.prepare(`SELECT ${keyColumns} FROM api_keys ORDER BY created_at, id`);

  return {
    findKey: (id) => (keyById.get(id) as ApiKey | undefined) ?? null,
    findKeyByHash: (hash) => (keyByHash.get(hash) as ApiKey | undefined) ?? null,
    listKeys: () => keys.all() as unknown as ApiKey[],
  };
}
