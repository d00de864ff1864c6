// For tests of following: tasks whose calls end when the test says so, requests that are known to have arrived, and streams as a
// program reads them that is no browser.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { SubmitEnvelope, TaskData, TaskEnvelope } from '@plantain/client';
import type { UpstreamContext, UpstreamResult } from '../../../core/upstreams/upstream.ts';
import { smallPng } from '../../../upstreams/png.fixture.ts';
import {
  adminKey,
  type Answer,
  type Call,
  startServer,
  statusPath,
  type TestServer,
} from '../../server.fixture.ts';

interface CallUnderWay extends Pick<UpstreamContext, 'onProgress'> {
  onPartialImage: UpstreamContext['onPartialImage'];
  finish(): void;
  fail(error: Error): void;
}

/** Its calls end when the test says so; they are known by their prompts. */
export function handMade() {
  const calls = new Map<string, CallUnderWay>();
  const awaited = new Map<string, (call: CallUnderWay) => void>();
  const start = (_request: unknown, { prompt, signal, onProgress, onPartialImage }: UpstreamContext) =>
    new Promise<UpstreamResult>((resolve, reject) => {
      const finish = () => resolve({ pictures: [smallPng], description: '', warnings: [] });
      const call = { finish, fail: reject, onProgress, onPartialImage };
      calls.set(prompt, call);
      awaited.get(prompt)?.(call);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  /** Resolves when the call with this prompt begins, which must not have begun yet. */
  const begins = (prompt: string) =>
    new Promise<CallUnderWay>((resolve) => void awaited.set(prompt, resolve));
  return { calls, begins, upstream: { name: 'by hand', start } };
}

export interface RunningTask {
  id: string;
  call: CallUnderWay;
  /** Of its status query. */
  path: string;
  eventsUrl: string;
}

/** A server on which every task runs until it is finished by hand. */
export async function startByHand(
  settings: Record<string, string> = {},
): Promise<TestServer & { runningTask(): Promise<RunningTask> }> {
  const { begins, upstream } = handMade();
  const server = await startServer({ CONCURRENCY: '100', ...settings }, { upstream });
  let submitted = 0;
  return {
    ...server,
    async runningTask() {
      const prompt = `picture ${(submitted += 1)}`;
      // The attempt is there from the take on, before the upstream is called.
      const begun = begins(prompt);
      const { data } = (await server.post<SubmitEnvelope>({ prompt })).body;
      const id = data.task_id;
      await server.until(id, ({ attempts }) => attempts.length === 1);
      const call = await begun;
      return { id, call, path: `${statusPath}/${id}`, eventsUrl: data.events_url ?? '' };
    },
  };
}

/** Asks, and resolves when the server has taken the request in; what it answers then, and when, is another matter. */
export async function waiting(
  server: TestServer,
  path: string,
  call?: Call,
): Promise<{ answer: Promise<Answer<TaskEnvelope>> }> {
  const arrived = Promise.withResolvers<void>();
  const look = (message: unknown) => {
    if ((message as { request: IncomingMessage }).request.url === path) arrived.resolve();
  };
  subscribe('http.server.request.start', look);
  const answer = server.call<TaskEnvelope>(path, call);
  await arrived.promise;
  unsubscribe('http.server.request.start', look);
  await new Promise(setImmediate);
  return { answer };
}

export interface Told {
  id: string;
  task: TaskData;
}

/** A stream of events as a program reads it that is no browser. */
export async function openEvents(url: string, headers: Record<string, string> = { authorization: adminKey }) {
  const answer = await fetch(url, { headers });
  const chunks = answer.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  async function next(): Promise<Told | null> {
    for (;;) {
      const [, block, rest] = /^([^]*?)\n\n([^]*)$/.exec(text) ?? [];
      if (block !== undefined) {
        text = rest ?? '';
        const { event, id, data } = Object.fromEntries(
          block.split('\n').map((line) => line.split(/: (.*)/s)),
        );
        if (event === 'task') return { id: String(id), task: JSON.parse(String(data)) as TaskData };
        continue;
      }
      const chunk = await chunks?.next();
      if (chunk === undefined || chunk.done === true) return null;
      text += chunk.value;
    }
  }
  return { answer, next, close: () => chunks?.return?.() };
}
