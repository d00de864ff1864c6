// Statements that read API keys.

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import { keyColumns, type Row, toKey } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type KeyReads = Synchronous<Pick<KeyStore, 'findKey' | 'findKeyByHash' | 'listKeys'>>;

export function createKeyReads(database: DatabaseSync): KeyReads {
  const keyById = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`);
  const keyByHash = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE hash = ?`);
  const keys = database.prepare(`SELECT ${keyColumns} FROM api_keys ORDER BY created_at, id`);

  return {
    findKey: (id) => toKeyOrNull(keyById.get(id)),
    findKeyByHash: (hash) => toKeyOrNull(keyByHash.get(hash)),
    listKeys: () => keys.all().map(toKey),
  };
}

const toKeyOrNull = (row: Row | undefined) => (row === undefined ? null : toKey(row));
