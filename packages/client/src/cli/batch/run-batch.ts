// Makes the tasks of a batch's lines: submits them in chunks, asks for up to 200 in one call, and fetches their pictures. Each step is
// journalled before the next relies on it, so a run can end at any moment and be resumed.

import { createHash } from 'node:crypto';
import { access, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ApiError, type PlantainClient, PlantainError, type TaskData } from '../../index.ts';
import { deadlines } from '../../request/deadline.ts';
import { isPage, isTransient } from '../../request/request.ts';
import { CliError, explain } from '../exit-codes.ts';
import { fetchPicture, freeNames, picturePath } from '../picture-files.ts';
import type { Journal, JournalFile } from './journal.ts';
import type { BatchLine } from './lines.ts';

/** Tasks that one call submits. At most twice as many are at the server, which is as many as one call can ask for. */
const chunkLines = 100;
const maxConcurrentDownloads = 4;
const minPollMs = 500;
const maxPollMs = 2_000;
/** Time for which calls are repeated to a server that does not answer. */
const maxRetryMs = 10 * 60_000;
const maxPauseMs = 15_000;
/** Remaining lifetime above which an uploaded picture is used again. */
const uploadMarginMs = 3_600_000;

export type BatchEnd = { task: TaskData; files: string[] } | { task: TaskData | null; failure: Failure };

export interface BatchEvents {
  /** Called when a line has ended, well or not; `files` are in the journal's folder. */
  ended(line: BatchLine, end: BatchEnd): void;
  /** Called when the progress has changed. */
  moved(): void;
  message(sentence: string): void;
}

export interface Failure {
  type: string;
  message: string;
}

export interface BatchParts {
  client: PlantainClient;
  journal: Journal;
  lines: readonly BatchLine[];
  /** Path in the journal's folder, as `picturePath` takes it. */
  template: string;
  events: BatchEvents;
  signal: AbortSignal;
  /** Whether nothing more is to be submitted; may change during the run. */
  closing: { value: boolean };
  retryFailed: boolean;
}

/** Resolves when every submitted line has ended. Rejects with the error that stopped it; the journal stays. */
export async function runBatch(parts: BatchParts): Promise<void> {
  const { journal, lines, signal, closing, events } = parts;
  await finishRenames(journal, dirname(parts.template));
  const byKey = new Map(lines.map((line) => [line.key, line]));
  await reopen(parts, byKey);
  const waiting = lines.filter(({ key }) => {
    const outcome = journal.lines.get(key)?.outcome;
    return !journal.lines.has(key) || (parts.retryFailed && outcome !== undefined && 'type' in outcome);
  });
  const isWaiting = new Set(waiting.map(({ key }) => key));
  const atServer = new Map<string, BatchLine>();
  for (const line of lines) {
    const state = journal.lines.get(line.key);
    if (state !== undefined && state.outcome === undefined && !isWaiting.has(line.key))
      atServer.set(state.taskId, line);
  }
  for (;;) {
    signal.throwIfAborted();
    if (!closing.value && waiting.length > 0 && atServer.size <= chunkLines) {
      const chunk = waiting.splice(0, chunkLines);
      await submitChunk(parts, chunk);
      for (const line of chunk) atServer.set(journal.lines.get(line.key)?.taskId ?? '', line);
      events.moved();
    }
    if (atServer.size === 0) return;
    const pollMs = await lookOnce(parts, atServer);
    if (atServer.size > 0) await deadlines.pause(pollMs, signal);
  }
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

async function submitChunk(parts: BatchParts, chunk: readonly BatchLine[]): Promise<void> {
  const { journal } = parts;
  const before = chunk.map(({ key }) => [key, journal.lines.get(key)?.taskId ?? '']);
  const key = `plantain-${createHash('sha256')
    .update(JSON.stringify([journal.run, before]))
    .digest('hex')}`;
  const tasks = await Promise.all(chunk.map((line) => taskOf(parts, line)));
  await journal.add({ submitting: { key, lines: chunk.map((line) => line.key) } });
  await post(parts, key, chunk, tasks);
}

async function post(
  parts: BatchParts,
  key: string,
  chunk: readonly BatchLine[],
  tasks: Awaited<ReturnType<typeof taskOf>>[],
): Promise<void> {
  const { client, journal, events, signal } = parts;
  try {
    const answer = await patiently(parts, () =>
      client.batch.submit({ tasks }, { idempotencyKey: key, signal }),
    );
    for (const warning of answer.warnings ?? []) events.message(namedLines(warning, chunk));
    await journal.add({ submitted: key, batch_id: answer.batch_id, task_ids: answer.task_ids });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500 || isPage(error)) throw error;
    await journal.add({ refused: key });
    throw new CliError(explain(error).outcome, namedLines(explain(error).message, chunk), { cause: error });
  }
}

/** Replaces the server's indexes of tasks, from 0, by numbers of lines. */
function namedLines(message: string, chunk: readonly BatchLine[]): string {
  return message.replaceAll(/tasks\[(\d+)\]/g, (whole, index: string) => {
    const line = chunk[Number(index)];
    return line === undefined ? whole : `line ${line.number}`;
  });
}

/** Repeats the submit during which the last run was killed, under its idempotency key: it makes no task twice. */
async function reopen(parts: BatchParts, byKey: ReadonlyMap<string, BatchLine>): Promise<void> {
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

/** Repeats a call with growing pauses for ten minutes, so that a restart of the server does not end the run. */
async function patiently<T>({ signal, events, journal }: BatchParts, call: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  for (let pauseMs = 1_000; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      // Before the server has taken anything, a page may as well be all that there is at this address.
      const mayPass = isTransient(error) || (isPage(error) && journal.lines.size > 0);
      if (!mayPass || performance.now() - startedAt > maxRetryMs) throw error;
      events.message(`${explain(error).message} Trying again in ${pauseMs / 1000} s.`);
    }
    await deadlines.pause(pauseMs, signal);
  }
}

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
