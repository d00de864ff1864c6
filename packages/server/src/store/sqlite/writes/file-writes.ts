// Statements that change uploaded files.

import type { DatabaseSync } from 'node:sqlite';
import type { UploadedFile } from '../../../core/pictures/file-store.ts';

export function createFileWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO files (id, key_id, picture_key, file_name, content_type, width, height, bytes, sha256, created_at, expires_at, purpose)
     VALUES (:id, :keyId, :key, :fileName, :content_type, :width, :height, :bytes, :sha256, :createdAt, :expiresAt, :purpose)
     ON CONFLICT (id) DO NOTHING`,
  );
  const remove = database.prepare('DELETE FROM files WHERE id = ? AND key_id = ?');
  const removeOfKey = database.prepare(
    'DELETE FROM files WHERE id IN (SELECT id FROM files WHERE key_id = ? LIMIT ?)',
  );
  const removeExpired = database.prepare('DELETE FROM files WHERE expires_at <= ?');
  return {
    insertFile(file: UploadedFile, purpose?: string): boolean {
      return insert.run({ ...file, purpose: purpose ?? null }).changes === 1;
    },
    deleteFile(id: string, keyId: string): boolean {
      return remove.run(id, keyId).changes === 1;
    },
    deleteFilesOfKey(keyId: string, limit: number): number {
      return Number(removeOfKey.run(keyId, limit).changes);
    },
    deleteExpiredFiles(now: number): number {
      return Number(removeExpired.run(now).changes);
    },
  };
}
