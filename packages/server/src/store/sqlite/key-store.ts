// The keys alone, in the calling thread: for a command that runs beside a server or without one.

import type { KeyStore } from '../../core/keys/key-store.ts';
import { asynchronous } from './asynchronous.ts';
import { openForWriting } from './database.ts';
import { prepareFile } from './database-file.ts';
import { createKeyReads } from './reads/key-reads.ts';
import { createKeyWrites } from './writes/key-writes.ts';

export function openSqliteKeys(directory: string): KeyStore & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const { insertKey, insertFirstKey, ...writes } = createKeyWrites(database);
  return {
    ...asynchronous({ ...createKeyReads(database), ...writes }),
    insertKey: async (key, hash, audited) => insertKey(key, Buffer.from(hash).toString('hex'), audited),
    insertFirstKey: async (key, hash, audited) =>
      insertFirstKey(key, Buffer.from(hash).toString('hex'), audited),
    close: () => database.close(),
  };
}
