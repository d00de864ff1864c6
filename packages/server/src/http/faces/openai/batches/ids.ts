// Ids of files and batches as OpenAI's clients have them: prefixes tell what they are of. A batch has two files that are made when they are read.

import { RequestError } from '../../../../core/errors.ts';

export type ResultKind = 'output' | 'error';

export type FileId = { kind: 'input'; id: string } | { kind: ResultKind; batchId: string };

const files = /^file-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(output|error))?$/;
const batches = /^batch_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const inputFileId = (id: string): string => `file-${id}`;
export const resultFileId = (batchId: string, kind: ResultKind): string => `file-${batchId}-${kind}`;
export const batchIdOf = (id: string): string => `batch_${id}`;

/** Gives `null` for a text that is no id of a file. */
export function readFileId(text: string): FileId | null {
  const [, id = '', kind] = files.exec(text) ?? [];
  if (id === '') return null;
  return kind === 'output' || kind === 'error' ? { kind, batchId: id } : { kind: 'input', id };
}

/** Gives `null` for a text that is no id of a batch. */
export const readBatchId = (text: string): string | null => batches.exec(text)?.[1] ?? null;

export const unknownFile = (): RequestError =>
  new RequestError('not_found', 'This key has no file with this id, or it has expired.');
export const unknownBatch = (): RequestError =>
  new RequestError('not_found', 'This key has no batch with this id.');
