// Makes the tasks of a batch's lines: submits them in chunks, asks for up to 200 in one call, and fetches their pictures. Each step is
// journalled before the next relies on it, so a run can end at any moment and be resumed.

import { access, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlantainError, type TaskData } from '../../index.ts';
import { deadlines } from '../../request/deadline.ts';
import { CliError } from '../exit-codes.ts';
import { fetchPicture, freeNames, picturePath } from '../picture-files.ts';
import type { BatchParts } from './batch-parts.ts';
import type { Journal, JournalFile } from './journal.ts';
import type { BatchLine } from './lines.ts';
import { patiently } from './patiently.ts';
import { type LimitRefusal, reopen, submitChunk } from './submit-lines.ts';

/** Tasks that one call submits. At most twice as many are at the server, which is as many as one call can ask for. */
export const chunkLines = 100;
const maxConcurrentDownloads = 4;
const minPollMs = 500;
const maxPollMs = 2_000;

/**
 * Resolves when every line has ended. Rejects with the error that stopped it; the journal stays. Where a budget or a limit leaves no room for
 * more, submitted lines are brought to their end before that.
 */
export async function runBatch(parts: BatchParts): Promise<void> {
  const { journal, lines, signal, closing, events } = parts;
  await finishRenames(journal, dirname(parts.template));
  await reopen(parts, new Map(lines.map((line) => [line.key, line])));
  const { waiting, atServer } = linesToDo(parts);
  let most = chunkLines;
  let stopped: LimitRefusal | null = null;
  for (;;) {
    signal.throwIfAborted();
    if (stopped === null && !closing.value && waiting.length > 0 && atServer.size <= chunkLines) {
      const chunk = waiting.slice(0, most);
      const refused = await submitChunk(parts, chunk);
      most = Math.min(chunkLines, refused?.fits ?? chunkLines);
      if (refused === null) {
        waiting.splice(0, chunk.length);
        for (const line of chunk) atServer.set(journal.lines.get(line.key)?.taskId ?? '', line);
        events.moved();
      } else if (most > 0 && most < chunk.length) continue;
      else {
        most = 1;
        if (!refused.passes || atServer.size === 0) stopped = refused;
      }
    }
    if (atServer.size === 0) break;
    const pollMs = await lookOnce(parts, atServer);
    if (atServer.size > 0) await deadlines.pause(pollMs, signal);
  }
  if (stopped !== null) throw noRoom(stopped, waiting.length, lines.length);
}

/** Lines that are to be submitted, and tasks of earlier runs that are to be followed. */
function linesToDo({ journal, lines, retryFailed }: BatchParts) {
  const waiting = lines.filter(({ key }) => {
    const outcome = journal.lines.get(key)?.outcome;
    return !journal.lines.has(key) || (retryFailed && outcome !== undefined && 'type' in outcome);
  });
  const isWaiting = new Set(waiting.map(({ key }) => key));
  const atServer = new Map<string, BatchLine>();
  for (const line of lines) {
    const state = journal.lines.get(line.key);
    if (state !== undefined && state.outcome === undefined && !isWaiting.has(line.key))
      atServer.set(state.taskId, line);
  }
  return { waiting, atServer };
}

function noRoom({ error }: LimitRefusal, left: number, all: number): CliError {
  const lines = left === 1 ? '1 line is' : `${left} lines are`;
  return new CliError(
    'refused',
    `${error.message} ${lines} left of ${all}, and nothing of that was submitted.`,
    {
      cause: error,
    },
  );
}

/** Polls the tasks at the server, removes ended ones from `atServer`, and returns the time until the next poll. */
async function lookOnce(parts: BatchParts, atServer: Map<string, BatchLine>): Promise<number> {
  const { client, journal, events, signal } = parts;
  const ids = [...atServer.keys()].slice(0, 2 * chunkLines);
  const { tasks, unknown } = await patiently(parts, () => client.getMany(ids, { signal }));
  const ended = tasks.filter(({ state }) => state === 'succeeded' || state === 'error');
  await runConcurrently(maxConcurrentDownloads, ended, async (task) => {
    const line = atServer.get(task.task_id);
    if (line === undefined) return;
    await finish(parts, line, task);
    atServer.delete(task.task_id);
  });
  events.moved();
  for (const id of unknown) {
    const line = atServer.get(id);
    atServer.delete(id);
    if (line === undefined) continue;
    const failure = { type: 'not_found', message: 'The server has no such task any more.' };
    await journal.add({ failed: line.key, task_id: id, ...failure });
    events.ended(line, { task: null, failure });
  }
  const hints = tasks.flatMap(({ poll_after_seconds: seconds }) =>
    seconds === undefined ? [] : [seconds * 1000],
  );
  return Math.min(maxPollMs, Math.max(minPollMs, hints.length === 0 ? 1_000 : Math.min(...hints)));
}

/** Ends a line. Pictures that can't be fetched now are left to the next run. */
async function finish(parts: BatchParts, line: BatchLine, task: TaskData): Promise<void> {
  const { journal, events } = parts;
  if (task.state === 'error') {
    const failure = { type: task.error?.type ?? 'internal', message: task.msg };
    await journal.add({ failed: line.key, task_id: task.task_id, ...failure });
    events.ended(line, { task, failure });
    return;
  }
  try {
    const files = await fetchAll(parts, line, task);
    await journal.add({ done: line.key, task_id: task.task_id, files });
    for (const { temporary, name } of files) await rename(temporary, name);
    events.ended(line, { task, files: files.map(({ name }) => name) });
  } catch (error) {
    parts.signal.throwIfAborted();
    if (!(error instanceof PlantainError)) throw error;
    events.ended(line, { task, failure: { type: 'picture_not_fetched', message: error.message } });
  }
}

async function fetchAll({ client, template, lines, signal }: BatchParts, line: BatchLine, task: TaskData) {
  const width = String(lines.at(-1)?.number ?? 1).length;
  const number = String(line.number).padStart(width, '0');
  const files: JournalFile[] = [];
  for (const index of task.data.images.keys()) {
    const contentType = task.image_details?.[index]?.content_type;
    const part = task.data.images.length > 1 ? `${number}-${index + 1}` : number;
    const name = await freeName(picturePath(template, { id: task.task_id, number: part, contentType }));
    const temporary = join(dirname(template), `.${basename(name)}.part`);
    await fetchPicture({ client, task, number: index + 1, signal }, { path: name, temporary });
    files.push({ temporary, name });
  }
  return files;
}

async function freeName(path: string): Promise<string> {
  for (const free of freeNames(path)) if (!(await exists(free))) return free;
  throw new Error('there is always a next name');
}

/** Renames the files of which a killed run had journalled the names. */
async function finishRenames(journal: Journal, folder: string): Promise<void> {
  for (const { outcome } of journal.lines.values()) {
    if (outcome === undefined || !('files' in outcome)) continue;
    for (const { temporary, name } of outcome.files)
      if (dirname(name) === folder && (await exists(temporary)) && !(await exists(name)))
        await rename(temporary, name);
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function runConcurrently<Item>(
  maxConcurrent: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxConcurrent, items.length) }, worker));
}
