// Statements that read uploaded files.

import type { DatabaseSync } from 'node:sqlite';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import { fileColumns } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type FileReads = Synchronous<Pick<FileStore, 'findFile' | 'listFiles' | 'isFileStored'>>;

export function createFileReads(database: DatabaseSync): FileReads {
  const fileById = database.prepare(
    `SELECT ${fileColumns} FROM files WHERE id = ? AND expires_at > ? AND purpose IS ?`,
  );
  const filesOfKey = database.prepare(
    `SELECT ${fileColumns} FROM files WHERE key_id = :keyId AND expires_at > :now AND purpose IS :purpose ORDER BY created_at DESC, id DESC LIMIT :limit`,
  );
  const fileOfPicture = database.prepare(
    'SELECT 1 FROM files WHERE picture_key = ? AND expires_at > ? LIMIT 1',
  );

  return {
    findFile: (id, now, purpose) =>
      (fileById.get(id, now, purpose ?? null) as UploadedFile | undefined) ?? null,
    listFiles: ({ purpose = null, ...options }) =>
      filesOfKey.all({ ...options, purpose }) as unknown as UploadedFile[],
    isFileStored: (key, now) => fileOfPicture.get(key, now) !== undefined,
  };
}
