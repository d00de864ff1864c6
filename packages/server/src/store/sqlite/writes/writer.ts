// The main thread's side of the writer thread: calls that were made while another group was written travel in one message, as
// JSON text, which costs a third of letting the runtime clone the same objects.

import { Worker } from 'node:worker_threads';
import { RequestError } from '../../../core/errors.ts';
import type { Change } from '../../../core/tasks/changes.ts';
import type { OnWritten } from '../../store.ts';
import type { ExplainDamage } from '../damage.ts';
import type { AllWrites } from './all-writes.ts';
import type { WriteAnswer, WriteCall } from './serve-writes.ts';

type WriteName = keyof AllWrites;

export interface Writer {
  /** Resolves when the write is durable; rejects with `RequestError` (`overloaded`) when the disk has no room. */
  write<Name extends WriteName>(
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

/** Methods that are the writes of the same names. */
export type Forwarded<Name extends WriteName> = {
  [Each in Name]: (...args: Parameters<AllWrites[Each]>) => Promise<ReturnType<AllWrites[Each]>>;
};

export function forwarded<Name extends WriteName>(writer: Writer, names: readonly Name[]): Forwarded<Name> {
  const methods = names.map((name) => [
    name,
    (...args: Parameters<AllWrites[Name]>) => writer.write(name, ...args),
  ]);
  return Object.fromEntries(methods) as Forwarded<Name>;
}

interface WriterListeners {
  /** Called with the changes of writes that have become durable, in the order of the commits, before any of their promises resolves. */
  onCommit: (changes: readonly Change[]) => void;
  /** Called when the thread ends by itself, which leaves the store unusable. */
  onDeath: (error: Error) => void;
  /** Makes of the error of a refused write what its promise rejects with. */
  explain: ExplainDamage;
  /** Told how long each group took, from its message to the thread's answer. */
  onWritten?: OnWritten;
}

/** Thread that runs `serveWrites`. */
export interface WriterThread {
  post(message: string): void;
  listen(listeners: {
    onMessage: (message: string) => void;
    onError: (error: unknown) => void;
    /** Told of its end, with its code. */
    onExit: (code: number) => void;
  }): void;
}

export type StartThread = (file: string) => WriterThread;

export const startThread: StartThread = (file) => {
  const worker = new Worker(new URL('../writer-thread.ts', import.meta.url), { workerData: { file } });
  return {
    post: (message) => worker.postMessage(message),
    listen({ onMessage, onError, onExit }) {
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    },
  };
};

export function startWriter(
  thread: WriterThread,
  { onCommit, onDeath, explain, onWritten = () => {} }: WriterListeners,
): Writer {
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  const outbox = createOutbox(thread.post);
  let lastNumber = 0;
  let ended: Error | null = null;

  function die(error: Error): void {
    if (ended !== null) return;
    ended = error;
    for (const call of open.values()) call.reject(error);
    open.clear();
    onDeath(error);
  }

  const exited = Promise.withResolvers<void>();
  thread.listen({
    onMessage(message) {
      const sentAt = outbox.sentAt();
      outbox.answered();
      const answers = JSON.parse(message) as WriteAnswer[];
      onWritten('writer', answers.length, performance.now() - sentAt);
      onCommit(answers.flatMap(([, , , changes]) => changes ?? []));
      for (const [number, value, error] of answers) {
        const call = open.get(number);
        open.delete(number);
        if (error === null) call?.resolve(value as never);
        else call?.reject(writeError(error.message, error.code, explain));
      }
    },
    onError: (error) => die(error instanceof Error ? error : new Error(String(error))),
    onExit(code) {
      exited.resolve();
      die(new Error(`The writer thread ended with code ${code}.`));
    },
  });

  return {
    write(name, ...args) {
      if (ended !== null) return Promise.reject(ended);
      const number = ++lastNumber;
      outbox.add([number, name, args]);
      return new Promise((resolve, reject) => open.set(number, { resolve, reject }));
    },
    async close() {
      if (ended !== null) return;
      ended = new Error('The store is closed.');
      outbox.sendAll();
      thread.post('close');
      await exited.promise;
    },
  };
}

/** Characters of a message: a group takes no longer to write than many small ones, and its text is never too long for one. */
const maxMessageLength = 4 * 2 ** 20;

/**
 * Calls on their way to the thread. Those of one turn of the event loop go in one message, and while one is being answered the others
 * wait for the next: a message costs as much as several writes, and the thread could do nothing with it meanwhile.
 */
function createOutbox(post: (message: string) => void) {
  /** Each as JSON. */
  let calls: string[] = [];
  let isScheduled = false;
  let isUnderWay = false;
  let sentAt = 0;

  function sendNext(): void {
    if (calls.length === 0) return;
    isUnderWay = true;
    sentAt = performance.now();
    let length = 0;
    const rest = calls.findIndex((call) => (length += call.length) > maxMessageLength);
    const sent = rest < 0 ? calls : calls.slice(0, Math.max(1, rest));
    calls = calls.slice(sent.length);
    post(`[${sent.join(',')}]`);
  }
  return {
    add(call: WriteCall): void {
      calls.push(JSON.stringify(call));
      if (isScheduled || isUnderWay) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        if (!isUnderWay) sendNext();
      });
    },
    /** When the message that is under way was sent, in milliseconds of `performance.now`. */
    sentAt: () => sentAt,
    answered(): void {
      isUnderWay = false;
      sendNext();
    },
    sendAll(): void {
      while (calls.length > 0) sendNext();
    },
  };
}
