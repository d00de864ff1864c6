// Files of batches: requests that a client has uploaded, and results that it reads, both JSON Lines.

import type { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { UploadedFile } from '../../../core/pictures/file-store.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Task } from '../../../core/tasks/task.ts';
import { createTurnKeeper } from '../../../lib/turns/turn-keeper.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';
import { maxTasks } from '../../submit/batch-submission.ts';
import type { BatchLine } from './client-batches.ts';

export const jsonLinesType = 'application/jsonl';

export interface BatchFileParts {
  pictures: Pick<PictureStore, 'read' | 'size'>;
  bodies: Pick<BodyReader, 'hold'>;
}

export interface OpenFile {
  bytes: Buffer;
  /** Ends the counting of its bytes. */
  release: () => void;
}

/**
 * Reads a file whole. Until `release` is called it counts as a body of its key twice: as it is, and as what is read of it. Gives `null` where
 * its bytes were deleted. Rejects with `RequestError` (`overloaded`).
 */
export async function openBatchFile(
  { pictures, bodies }: BatchFileParts,
  { key, keyId, bytes }: UploadedFile,
): Promise<OpenFile | null> {
  const release = await holdBytes(bodies, keyId, 2 * bytes);
  try {
    return { bytes: await buffer(pictures.read(key)), release };
  } catch (error) {
    release();
    if ((await pictures.size(key)) === null) return null;
    throw error;
  }
}

/** Counts so many bytes as a body of the key until the function that it gives is called. Rejects with `RequestError` (`overloaded`). */
function holdBytes(bodies: Pick<BodyReader, 'hold'>, keyId: string, bytes: number): Promise<() => void> {
  const { promise: over, resolve: release } = Promise.withResolvers<void>();
  return new Promise((resolve, reject) => {
    const work = () => {
      resolve(release);
      return over;
    };
    bodies.hold(keyId, bytes, work).catch(reject);
  });
}

/** Lines of a file that are looked at. Empty ones are passed over. */
const maxLines = 10 * maxTasks;

/** Gives the lines of a file that are not empty, counted from 1. After too many lines one is given without its bytes, the last. */
export function* linesOf(bytes: Buffer): Generator<{ number: number; line: Buffer | null }> {
  let number = 0;
  for (let at = 0; at < bytes.length;) {
    number += 1;
    if (number > maxLines) {
      yield { number, line: null };
      return;
    }
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(at, end);
    if (!isBlank(line)) yield { number, line };
    at = end + 1;
  }
}

const isBlank = (line: Buffer): boolean =>
  line.length === 0 || (line.length < 1_000 && line.toString('latin1').trim() === '');

/** Tasks of a batch in the order of its lines; `null` for one that was deleted. */
export async function* tasksOf<Line>(
  store: Pick<TaskReads, 'find'>,
  keyId: string,
  lines: readonly BatchLine<Line>[],
): AsyncGenerator<{ line: BatchLine<Line>; task: Task | null; index: number }> {
  const keepTurns = createTurnKeeper();
  for (const [index, line] of lines.entries()) {
    await keepTurns();
    yield { line, task: line.task === undefined ? null : await store.find(line.task, keyId), index };
  }
}

/** Sends bytes that no browser is to show. `length` in bytes, where it is known. */
export function sendDownload(
  reply: FastifyReply,
  content: Readable,
  { contentType, fileName, length }: { contentType: string; fileName: string; length?: number },
): FastifyReply {
  if (length !== undefined) reply.header('Content-Length', length);
  hangUpOnSilence(reply);
  return reply
    .header('Cache-Control', 'no-store')
    .header('Content-Disposition', `attachment; filename="${fileName}"`)
    .header('X-Content-Type-Options', 'nosniff')
    .type(contentType)
    .send(content);
}
