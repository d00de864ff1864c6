// Statements that change uploaded files.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type UploadedFile, uploadsFolder } from '../../../core/pictures/file-store.ts';

export function createFileWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO files (id, key_id, picture_key, file_name, content_type, width, height, bytes, sha256, created_at, expires_at, purpose)
     VALUES (:id, :keyId, :key, :fileName, :content_type, :width, :height, :bytes, :sha256, :createdAt, :expiresAt, :purpose)
     ON CONFLICT (id) DO NOTHING`,
  );
  const remove = database.prepare(
    'DELETE FROM files WHERE id = ? AND key_id = ? RETURNING picture_key AS key',
  );
  const removeOfKey = database.prepare(
    'DELETE FROM files WHERE id IN (SELECT id FROM files WHERE key_id = ? LIMIT ?) RETURNING picture_key AS key',
  );
  const removeExpired = database.prepare(
    'DELETE FROM files WHERE expires_at <= ? RETURNING picture_key AS key',
  );
  const note = database.prepare(
    `INSERT OR REPLACE INTO pictures_to_delete (key, noted_at) SELECT :key, CAST(unixepoch('subsec') * 1000 AS INTEGER)
     WHERE :key LIKE '${uploadsFolder}/%'`,
  );
  /** Notes what the deleted rows had; gives their number. */
  function noted(rows: Record<string, SQLOutputValue>[]): number {
    for (const { key } of rows) note.run({ key: String(key) });
    return rows.length;
  }
  return {
    insertFile(file: UploadedFile, purpose?: string): boolean {
      return insert.run({ ...file, purpose: purpose ?? null }).changes === 1;
    },
    deleteFile(id: string, keyId: string): boolean {
      return noted(remove.all(id, keyId)) === 1;
    },
    deleteFilesOfKey(keyId: string, limit: number): number {
      return noted(removeOfKey.all(keyId, limit));
    },
    deleteExpiredFiles(now: number): number {
      return noted(removeExpired.all(now));
    },
  };
}
