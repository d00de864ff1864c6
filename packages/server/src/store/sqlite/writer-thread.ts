// The writer thread: the only connection of the server that writes. While it waits for the disk, messages pile up in
// its port; they are the next group. So the groups grow with the load, and an idle server commits at once.

import { parentPort, workerData } from 'node:worker_threads';
import { openForWriting, writeFirstPage } from './database.ts';
import { commitGroup } from './group-commit.ts';
import { createFileWrites } from './file-writes.ts';
import { createKeyWrites } from './key-writes.ts';
import { createSetBackWrites } from './set-back-writes.ts';
import { createStatisticsWrites } from './statistics-writes.ts';
import { createUnreadAnswerWrites } from './unread-answer-writes.ts';
import { createWebhookWrites } from './webhook-writes.ts';
import { createWrites } from './writes.ts';

/** `[call number, name of the write, arguments]`. */
export type WriteCall = [number, string, unknown[]];
/** `[call number, value, null]`, or `[call number, null, what went wrong]`. */
export type WriteAnswer = [number, unknown, { message: string; code: number | null } | null];

if (parentPort === null) throw new Error('This module runs as a worker thread only.');
const port = parentPort;
const database = openForWriting((workerData as { file: string }).file);
// The log begins with it, so that it can be told from another database’s: `foreign-log.ts`.
writeFirstPage(database);
const writes: Record<string, (...args: never[]) => unknown> = {
  ...createWrites(database),
  ...createSetBackWrites(database),
  ...createKeyWrites(database),
  ...createFileWrites(database),
  ...createWebhookWrites(database),
  ...createStatisticsWrites(database),
  ...createUnreadAnswerWrites(database),
};

let waiting: WriteCall[] = [];

function commitWaiting(): void {
  const calls = waiting;
  waiting = [];
  const outcomes = commitGroup(
    database,
    calls.map(
      ([, name, args]) =>
        () =>
          writes[name]?.(...(args as never[])),
    ),
  );
  // Whatever is written from here on would be lost with the transaction that can't be left.
  if (database.isTransaction) throw new Error('The database can’t end a transaction.');
  port.postMessage(JSON.stringify(calls.map(([number], index) => answer(number, outcomes[index]))));
}

function answer(number: number, outcome: ReturnType<typeof commitGroup>[number] | undefined): WriteAnswer {
  if (outcome?.ok === true) return [number, outcome.value, null];
  const error = outcome?.error as (Error & { errcode?: number }) | undefined;
  return [number, null, { message: error?.message ?? 'no outcome', code: error?.errcode ?? null }];
}

port.on('message', (message: string) => {
  if (message === 'close') {
    if (waiting.length > 0) commitWaiting();
    database.close();
    port.close();
    return;
  }
  if (waiting.length === 0) setImmediate(() => waiting.length > 0 && commitWaiting());
  waiting.push(...(JSON.parse(message) as WriteCall[]));
});
