// The main thread's side of the writer thread: calls made in the same turn of the event loop travel in one message, as
// JSON text, which costs a third of letting the runtime clone the same objects.

import { Worker } from 'node:worker_threads';
import { RequestError } from '../../core/errors.ts';
import type { ExplainDamage } from './damage.ts';
import type { FileWrites } from './file-writes.ts';
import type { KeyWrites } from './key-writes.ts';
import type { SetBackWrites } from './set-back-writes.ts';
import type { StatisticsWrites } from './statistics-writes.ts';
import type { UnreadAnswerWrites } from './unread-answer-writes.ts';
import type { WriteAnswer, WriteCall } from './writer-thread.ts';
import type { WebhookWrites } from './webhook-writes.ts';
import type { Writes } from './writes.ts';

type AllWrites = Writes &
  SetBackWrites &
  KeyWrites &
  FileWrites &
  WebhookWrites &
  StatisticsWrites &
  UnreadAnswerWrites;

export interface Writer {
  /** Resolves when the write is durable; rejects with `RequestError` (`overloaded`) when the disk has no room. */
  write<Name extends keyof AllWrites>(
    name: Name,
    ...args: Parameters<AllWrites[Name]>
  ): Promise<ReturnType<AllWrites[Name]>>;
  /** Ends after everything written so far is durable. */
  close(): Promise<void>;
}

/** SQLITE_IOERR in all its kinds, and SQLITE_FULL: https://www.sqlite.org/rescode.html. Extended codes hold these in their low byte. */
const diskErrors = new Set([10, 13]);

/** A write that the database refused: nothing of it was stored. */
function writeError(message: string, code: number | null, explain: ExplainDamage): unknown {
  if (code !== null && diskErrors.has(code & 0xff))
    return new RequestError('overloaded', 'The server’s disk does not take writes now. Try again later.', {
      retryAfterSeconds: 60,
    });
  return explain(Object.assign(new Error(`The database refused a write: ${message}`), { errcode: code }));
}

/**
 * Starts the thread. `onCommit` is called when writes have become durable, before any of their promises resolves;
 * `onDeath` when the thread ends by itself, which leaves the store unusable. A refused write rejects with what `explain` makes of it.
 */
export function startWriter(
  file: string,
  {
    onCommit,
    onDeath,
    explain,
  }: { onCommit: () => void; onDeath: (error: Error) => void; explain: ExplainDamage },
): Writer {
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { file } });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  let outgoing: WriteCall[] = [];
  let lastNumber = 0;
  let ended: Error | null = null;

  function send(): void {
    worker.postMessage(JSON.stringify(outgoing));
    outgoing = [];
  }
  function die(error: Error): void {
    if (ended !== null) return;
    ended = error;
    for (const call of open.values()) call.reject(error);
    open.clear();
    onDeath(error);
  }

  worker.on('message', (answers: string) => {
    onCommit();
    for (const [number, value, error] of JSON.parse(answers) as WriteAnswer[]) {
      const call = open.get(number);
      open.delete(number);
      if (error === null) call?.resolve(value as never);
      else call?.reject(writeError(error.message, error.code, explain));
    }
  });
  worker.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) => die(new Error(`The writer thread ended with code ${code}.`)));

  return {
    write(name, ...args) {
      if (ended !== null) return Promise.reject(ended);
      const number = ++lastNumber;
      if (outgoing.length === 0) setImmediate(send);
      outgoing.push([number, name, args]);
      return new Promise((resolve, reject) => open.set(number, { resolve, reject }));
    },
    async close() {
      if (ended !== null) return;
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      ended = new Error('The store is closed.');
      if (outgoing.length > 0) send();
      worker.postMessage('close');
      await exited;
    },
  };
}
