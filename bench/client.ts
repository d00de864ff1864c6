// Calls of the server that is measured, over connections that stay open.

import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { key } from './seed.ts';

export const submitPath = '/api/gemini/nano-banana';
const pollEveryMs = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export type EndState = 'succeeded' | 'error';

export interface BenchClient {
  /** Resolves with the id of the accepted task. */
  submit(body: unknown, path?: string): Promise<string>;
  /** Asks every 5 ms until the task has ended. */
  pollToEnd(id: string): Promise<EndState>;
  /** Asks once, and is answered when the task has ended. */
  waitForEnd(id: string): Promise<EndState>;
}

export function createBenchClient(url: string): BenchClient {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await exchange(method, url + path, body);
    const { code, data } = JSON.parse(answer) as { code: number; data: unknown };
    if (code !== 200) throw new Error(`The server refused: ${answer}`);
    return data;
  }
  const stateAt = async (path: string) =>
    ((await call('GET', `${submitPath}/${path}`)) as { state: string }).state;
  return {
    submit: async (body, path = submitPath) =>
      ((await call('POST', path, body)) as { task_id: string }).task_id,
    async pollToEnd(id) {
      for (;;) {
        const state = await stateAt(id);
        if (isEnd(state)) return state;
        await sleep(pollEveryMs);
      }
    },
    async waitForEnd(id) {
      const state = await stateAt(`${id}?wait=50&until=final`);
      if (!isEnd(state)) throw new Error(`A task of the bench is still ${state}.`);
      return state;
    },
  };
}

const isEnd = (state: string): state is EndState => state === 'succeeded' || state === 'error';

/** Resolves with the text of the answer, whatever its status. */
export async function exchange(method: string, url: string, body?: unknown): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { authorization: key, 'content-type': 'application/json' };
  const outgoing = request(url, { method, agent, headers }, (answer) => {
    text(answer).then(resolve, reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
