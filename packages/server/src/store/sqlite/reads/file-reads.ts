// Statements that read uploaded files.

import type { DatabaseSync } from 'node:sqlite';
import type { FileStore } from '../../../core/pictures/file-store.ts';
import type { Synchronous } from '../asynchronous.ts';
import { toFile } from '../rows.ts';

type FileReads = Synchronous<Pick<FileStore, 'findFile' | 'listFiles' | 'isFileStored'>>;

export function createFileReads(database: DatabaseSync): FileReads {
  const fileById = database.prepare('SELECT * FROM files WHERE id = ? AND expires_at > ?');
  const filesOfKey = database.prepare(
    'SELECT * FROM files WHERE key_id = :keyId AND expires_at > :now ORDER BY created_at DESC, id DESC LIMIT :limit',
  );
  const fileOfPicture = database.prepare(
    'SELECT 1 FROM files WHERE picture_key = ? AND expires_at > ? LIMIT 1',
  );

  return {
    findFile(id, now) {
      const row = fileById.get(id, now);
      return row === undefined ? null : toFile(row);
    },
    listFiles: (options) => filesOfKey.all(options).map(toFile),
    isFileStored: (key, now) => fileOfPicture.get(key, now) !== undefined,
  };
}
