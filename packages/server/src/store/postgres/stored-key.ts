// Keys of rows, with the names that people gave them.

import type { ApiKey } from '../../core/keys/key-store.ts';
import { type Row, toKey } from '../rows.ts';
import { fromColumn } from './database/text.ts';

/** Key of a row that has the columns of `keyColumns`. */
export const toStoredKey = (row: Row): ApiKey => withName(toKey(row));

/** Key as it was given, whose name is stored as text that PostgreSQL takes. */
export function withName<Key extends ApiKey>(key: Key): Key {
  return { ...key, name: fromColumn(key.name) };
}
