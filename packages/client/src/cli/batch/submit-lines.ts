// Submits lines of a batch in chunks, under idempotency keys that are in the journal before the call.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ApiError } from '../../index.ts';
import { isPage } from '../../request/request.ts';
import { CliError, explain } from '../exit-codes.ts';
import type { BatchLine } from './lines.ts';
import { patiently } from './patiently.ts';
import type { BatchParts } from './batch-parts.ts';

/** Remaining lifetime above which an uploaded picture is used again. */
const uploadMarginMs = 3_600_000;

/** Submits lines as one call. Gives the refusal where a budget or a limit leaves no room for all of them. */
export async function submitChunk(
  parts: BatchParts,
  chunk: readonly BatchLine[],
): Promise<LimitRefusal | null> {
  const { journal } = parts;
  const before = chunk.map(({ key }) => [key, journal.lines.get(key)?.taskId ?? '']);
  const key = `plantain-${createHash('sha256')
    .update(JSON.stringify([journal.run, before]))
    .digest('hex')}`;
  const tasks = await Promise.all(chunk.map((line) => taskOf(parts, line)));
  await journal.add({ submitting: { key, lines: chunk.map((line) => line.key) } });
  return await post(parts, key, chunk, tasks);
}

/**
 * Refusal by a budget or a limit, with the number of lines that would be accepted now. `passes`: there may be room again when earlier tasks have
 * ended.
 */
export interface LimitRefusal {
  error: ApiError;
  fits: number;
  passes: boolean;
}

/** Submits a chunk whose key is in the journal. Gives the refusal where a limit leaves no room for all of it. */
async function post(
  parts: BatchParts,
  key: string,
  chunk: readonly BatchLine[],
  tasks: Awaited<ReturnType<typeof taskOf>>[],
): Promise<LimitRefusal | null> {
  const { client, journal, events, signal } = parts;
  try {
    const answer = await patiently(parts, () =>
      client.batch.submit({ tasks }, { idempotencyKey: key, signal }).catch(limitRefusal),
    );
    if ('fits' in answer) {
      await journal.add({ refused: key });
      return answer;
    }
    for (const warning of answer.warnings ?? []) events.message(namedLines(warning, chunk));
    await journal.add({ submitted: key, batch_id: answer.batch_id, task_ids: answer.task_ids });
    return null;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500 || isPage(error)) throw error;
    await journal.add({ refused: key });
    throw new CliError(explain(error).outcome, namedLines(explain(error).message, chunk), { cause: error });
  }
}

/** Limits that leave room again by themselves, as tasks begin and end. */
const passingLimits: ReadonlySet<string> = new Set(['waiting', 'reserved_micro_usd']);

/** Turns the error of a limit that counts tasks into its refusal; throws every other error. */
function limitRefusal(error: unknown): LimitRefusal {
  const limit = error instanceof ApiError ? error.limit : undefined;
  if (!(error instanceof ApiError) || typeof limit?.fits !== 'number') throw error;
  return { error, fits: Math.max(0, Math.floor(limit.fits)), passes: passingLimits.has(limit.limit) };
}

/** Replaces the server's indexes of tasks, from 0, by numbers of lines. */
function namedLines(message: string, chunk: readonly BatchLine[]): string {
  return message.replaceAll(/tasks\[(\d+)\]/g, (whole, index: string) => {
    const line = chunk[Number(index)];
    return line === undefined ? whole : `line ${line.number}`;
  });
}

/** Repeats the submit during which the last run was killed, under its idempotency key: it makes no task twice. */
export async function reopen(parts: BatchParts, byKey: ReadonlyMap<string, BatchLine>): Promise<void> {
  const { open } = parts.journal;
  if (open === null) return;
  const chunk = open.lines.map((key) => byKey.get(key));
  if (chunk.includes(undefined))
    throw new CliError(
      'usage',
      'The last run was stopped while it submitted, and the file was changed since. Put it back as it was, run this once more, ' +
        'and change it then.',
    );
  const found = chunk.filter((line) => line !== undefined);
  await post(parts, open.key, found, await Promise.all(found.map((line) => taskOf(parts, line))));
}

async function taskOf(parts: BatchParts, { body, pictures }: BatchLine) {
  const links: string[] = [];
  for (const picture of pictures)
    links.push('link' in picture ? picture.link : await uploaded(parts, picture.file, picture.sha256));
  return { ...body, ...(links.length === 0 ? {} : { image_urls: links }) };
}

async function uploaded(parts: BatchParts, file: string, sha256: string): Promise<string> {
  const { client, journal, signal } = parts;
  const known = journal.uploads.get(sha256);
  // While a chunk is open its body must stay the same, even if a link in it is about to expire.
  if (known !== undefined && (journal.open !== null || known.expiresAt > Date.now() + uploadMarginMs))
    return known.url;
  const bytes = await readFile(file);
  const { file: url, expires_at } = await patiently(parts, () => client.files.upload(bytes, { signal }));
  await journal.add({ uploaded: sha256, url, expires_at });
  return url;
}
