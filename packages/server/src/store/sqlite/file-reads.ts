// Statements that read uploaded files.

import type { DatabaseSync } from 'node:sqlite';
import type { UploadedFile } from '../../core/pictures/file-store.ts';
import { toFile } from './rows.ts';

export function createFileReads(database: DatabaseSync) {
  const fileById = database.prepare('SELECT * FROM files WHERE id = ? AND expires_at > ?');
  const filesOfKey = database.prepare(
    'SELECT * FROM files WHERE key_id = :keyId AND expires_at > :now ORDER BY created_at DESC, id DESC LIMIT :limit',
  );
  const fileOfPicture = database.prepare(
    'SELECT 1 FROM files WHERE picture_key = ? AND expires_at > ? LIMIT 1',
  );

  return {
    findFile(id: string, now: number): UploadedFile | null {
      const row = fileById.get(id, now);
      return row === undefined ? null : toFile(row);
    },
    listFiles(options: { keyId: string; now: number; limit: number }): UploadedFile[] {
      return filesOfKey.all(options).map(toFile);
    },
    isFileStored(key: string, now: number): boolean {
      return fileOfPicture.get(key, now) !== undefined;
    },
  };
}
