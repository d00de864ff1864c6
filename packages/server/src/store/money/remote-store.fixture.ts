// Stores in processes of their own, called from a test.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Store } from '../store.ts';

/** Place of the data. */
export type Place = { url: string } | { directory: string };

export interface Asked {
  number: number;
  name: string;
  args: unknown[];
}

export type Told = { number: number; value: unknown } | { number: number; error: string };

/** A call that was not answered: nobody knows whether it was done. */
export class UnansweredError extends Error {}

export interface RemoteStore {
  store: Store;
  /** Kills the process; resolves when it is gone. Calls under way reject with `UnansweredError`. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('store-process.fixture.ts', import.meta.url));

/** A database that is away may have done what it was asked for. */
const toError = (message: string) =>
  /can’t be reached/.test(message) ? new UnansweredError(message) : new Error(message);

export async function openRemoteStore(place: Place): Promise<RemoteStore> {
  const child = fork(program, [JSON.stringify(place)], { serialization: 'advanced', execArgv: [] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<unknown>();
  waiting.set(0, ready);
  child.on('message', (told: Told) => {
    const call = waiting.get(told.number);
    waiting.delete(told.number);
    if ('error' in told) call?.reject(toError(told.error));
    else call?.resolve(told.value);
  });
  const gone = Promise.withResolvers<void>();
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new UnansweredError('The process is gone.'));
    waiting.clear();
    gone.resolve();
  });
  await ready.promise;
  let calls = 0;
  function ask(name: string, args: unknown[]): Promise<unknown> {
    const call = Promise.withResolvers<unknown>();
    if (child.exitCode !== null || child.signalCode !== null || !child.connected)
      return Promise.reject(new UnansweredError('The process is gone.'));
    waiting.set(++calls, call);
    child.send({ number: calls, name, args } satisfies Asked, () => {});
    return call.promise;
  }
  return {
    store: new Proxy({} as Store, {
      get: (_, name) => (name === 'then' ? undefined : (...args: unknown[]) => ask(String(name), args)),
    }),
    async kill() {
      child.kill('SIGKILL');
      await gone.promise;
    },
  };
}
