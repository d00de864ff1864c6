// Files as Gemini's clients see them.

import { Buffer } from 'node:buffer';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import type { GeminiFile } from './answers.ts';
import { geminiRoot } from './gemini-routes.ts';

/** Purpose of the requests of a batch in the store; a picture has none. */
export const requestsPurpose = 'gemini-batch';

/** Finds a file of either kind; `null` where there is none or it has expired. */
export async function findFile(
  store: Pick<FileStore, 'findFile'>,
  id: string,
  now: number,
): Promise<UploadedFile | null> {
  return (await store.findFile(id, now)) ?? (await store.findFile(id, now, requestsPurpose));
}

export function fileOf(file: UploadedFile, publicUrl: string): GeminiFile {
  const name = `files/${file.id}`;
  const createTime = new Date(file.createdAt).toISOString();
  return {
    name,
    mimeType: file.content_type,
    sizeBytes: String(file.bytes),
    createTime,
    updateTime: createTime,
    expirationTime: new Date(file.expiresAt).toISOString(),
    sha256Hash: Buffer.from(file.sha256, 'hex').toString('base64'),
    uri: `${publicUrl}${geminiRoot}/v1beta/${name}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  };
}
