// Test support: what a call for a picture fails with, whatever the loopback server is told to answer.

import { afterAll, beforeAll } from 'vitest';
import type { TaskError, TaskFailure } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { contextOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import type { Loopback, Reply } from '../loopback.fixture.ts';
import { geminiKey, startGeminiLoopback } from './gemini.fixture.ts';
import { createGemini } from './gemini.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';

/** Starts the server before the tests of a file and closes it after. `now`: Unix milliseconds, which the adapter takes for the time. */
export function failingGemini(now: number): {
  errorOf: (scripted: Reply) => Promise<TaskError>;
  failureOf: (scripted: Reply) => Promise<TaskFailure>;
} {
  let loopback: Loopback;
  let gemini: Upstream;
  let reply: Reply;

  beforeAll(async () => {
    loopback = await startGeminiLoopback(() => reply);
    gemini = createGemini({
      apiKey: geminiKey,
      baseUrl: loopback.url,
      fetchPublic: refuseToFetch,
      clock: { now: () => now },
    });
  });
  afterAll(() => loopback.close());

  async function errorOf(scripted: Reply): Promise<TaskError> {
    reply = scripted;
    const prompt = 'a very secret plantain';
    const request = requestFor('gemini-nano-banana-2.1', { prompt, aspectRatio: 'auto' });
    return await taskErrorOf(gemini.start(request, contextOf({ prompt })));
  }
  return { errorOf, failureOf: async (scripted) => (await errorOf(scripted)).failure };
}
