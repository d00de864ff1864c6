// Statements of uploaded files.

import { type FileStore, type UploadedFile, uploadsFolder } from '../../core/pictures/file-store.ts';
import { fileColumns, type Row } from '../rows.ts';
import { countOf, deleteInSteps, type DeleteStep } from './tasks/delete-in-steps.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createFiles(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): FileStore {
  return {
    insertFile: (file, purpose) => write(insertFile, [file, purpose]),
    async findFile(id, now, purpose) {
      const [row] = await query(
        `SELECT ${fileColumns} FROM files WHERE id = $1 AND expires_at > $2 AND purpose IS NOT DISTINCT FROM $3`,
        [toColumn(id), now, purpose ?? null],
      );
      return row === undefined ? null : toUploadedFile(row);
    },
    async listFiles({ keyId, now, limit, purpose }) {
      const rows = await query(
        `SELECT ${fileColumns} FROM files WHERE key_id = $1 AND expires_at > $2 AND purpose IS NOT DISTINCT FROM $4
         ORDER BY created_at DESC, id DESC LIMIT $3`,
        [keyId, now, limit, purpose ?? null],
      );
      return rows.map(toUploadedFile);
    },
    deleteFile: (id, keyId) => write(deleteFile, [toColumn(id), keyId]),
    deleteFilesOfKey: (keyId, limit) => write(removeOfKey, [keyId, limit]),
    deleteExpiredFiles: (now) => deleteInSteps(sweeps, deleteExpired, now),
    async isFileStored(key, now) {
      const rows = await query('SELECT 1 FROM files WHERE picture_key = $1 AND expires_at > $2 LIMIT 1', [
        key,
        now,
      ]);
      return rows.length > 0;
    },
  };
}

function toUploadedFile(row: Row): UploadedFile {
  const file = row as unknown as UploadedFile;
  return { ...file, fileName: fromColumn(file.fileName) };
}

const insertFile = oneByOne(
  async ({ query }: Transaction, file: UploadedFile, purpose?: string): Promise<boolean> => {
    const { id, keyId, key, fileName, content_type, width, height, bytes, sha256, createdAt, expiresAt } =
      file;
    const rows = await query(
      `INSERT INTO files (id, key_id, picture_key, file_name, content_type, width, height, bytes, sha256, created_at, expires_at, purpose)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING
     RETURNING id`,
      [
        id,
        keyId,
        key,
        toColumn(fileName),
        content_type,
        width,
        height,
        bytes,
        sha256,
        createdAt,
        expiresAt,
        purpose ?? null,
      ],
    );
    return rows.length === 1;
  },
);

const deleteFile = oneByOne(async ({ query }: Transaction, id: string, keyId: string): Promise<boolean> => {
  const sql = `WITH ${deletedBy('id = $1 AND key_id = $2')} SELECT count(*) AS count FROM gone`;
  return (await countOf(query(sql, [id, keyId]))) === 1;
});

/** Tables of a `WITH` by which files go, with a note of the bytes that are theirs alone. The notes are made in the order of their keys, so that no two processes wait for each other. */
const deletedBy = (where: string) => `
  gone AS (DELETE FROM files WHERE ${where} RETURNING picture_key),
  noted AS (
    INSERT INTO pictures_to_delete (key, noted_at)
    SELECT picture_key, floor(extract(epoch FROM clock_timestamp()) * 1000) FROM gone
    WHERE picture_key LIKE '${uploadsFolder}/%' GROUP BY picture_key ORDER BY picture_key
    ON CONFLICT (key) DO UPDATE SET noted_at = excluded.noted_at)`;

// As the steps of other tables do: delete-in-steps.ts.
const expiredSql = `WITH ${deletedBy(`ctid = ANY (ARRAY(
    SELECT ctid FROM files WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`)}
  SELECT count(*) AS count FROM gone`;
const deleteExpired: DeleteStep = oneByOne(({ query }: Transaction, by: number, limit: number) =>
  countOf(query(expiredSql, [by, limit])),
);

const ofKeySql = `WITH found AS MATERIALIZED (SELECT id FROM files WHERE key_id = $1 LIMIT $2),
  ${deletedBy('id IN (SELECT id FROM found)')}
  SELECT count(*) AS count FROM found`;
const removeOfKey = oneByOne(({ query }: Transaction, keyId: string, limit: number) =>
  countOf(query(ofKeySql, [keyId, limit])),
);
