// A SQLite store in a folder of its own, opened with what is at hand: a file that the migrations have made once, and a thread that has served
// another store. To run the migrations and to load a thread's modules took 140 ms of processor time, more than most tests.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Changes } from '../../core/tasks/changes.ts';
import type { Store } from '../store.ts';
import { databaseFile, prepareFile } from './database-file.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { StartThread } from './writes/writer.ts';

export async function openInFolder(changes: Changes) {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-store-'));
  return {
    directory,
    store: openReadyStore({ directory, changes }),
    cleanUp: () => rmSync(directory, { recursive: true }),
  };
}

/** Opens the store of a folder, a new one or one that a test has opened before. */
export function openReadyStore({ directory, changes }: { directory: string; changes: Changes }): Store {
  fillFolder(directory);
  return openSqliteStore({
    directory,
    changes,
    onDeath(error) {
      throw error;
    },
    startWriter: startReused,
  });
}

/** Bytes of an empty database. */
let empty: Uint8Array | undefined;

/** Puts an empty database into a folder that has none. */
export function fillFolder(directory: string): void {
  if (existsSync(databaseFile(directory))) return;
  if (empty === undefined) {
    const file = prepareFile(directory);
    empty = readFileSync(file);
  } else writeFileSync(databaseFile(directory), empty);
}

const idle: Worker[] = [];

/** Starts a thread that has served another store, where there is one. */
export const startReused: StartThread = (file) => {
  const worker = nextIdle() ?? newThread();
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ port: port2, file }, [port2]);
  return {
    post: (message) => port1.postMessage(message),
    listen({ onMessage, onError, onExit }) {
      worker.on('error', onError);
      port1.on('message', onMessage);
      // Closed by the thread when the store is, and by the runtime when the thread has failed.
      port1.on('close', () => {
        worker.off('error', onError);
        idle.push(worker);
        onExit(0);
      });
    },
  };
};

function nextIdle(): Worker | undefined {
  const worker = idle.pop();
  const hasEnded = worker !== undefined && worker.threadId < 0;
  return hasEnded ? nextIdle() : worker;
}

function newThread(): Worker {
  const worker = new Worker(new URL('reused-thread.fixture.ts', import.meta.url));
  // Between two stores it keeps no process from ending.
  worker.unref();
  return worker;
}
