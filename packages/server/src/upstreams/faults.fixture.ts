// Test support: drives an adapter on its loopback server to the end of an operation, and holds the faults that have nothing to do
// with an upstream's own wire: gateways, broken connections, silence. Time that a fault takes is a fake one.

import { gzipSync } from 'node:zlib';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { TaskFailure, UnreadAnswer } from '../core/errors.ts';
import type { Operation } from '../core/tasks/task.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import type { Usage } from '../core/upstreams/usage.ts';
import type { Reply } from './loopback.fixture.ts';
import type { OpenHarness, Step, UpstreamHarness } from './upstream-harness.fixture.ts';

/** More than any harness needs for an operation. */
const maxPolls = 50;

/** How an operation ended. `asking`: the trouble was in asking after it or in fetching its picture, and says nothing of the operation. */
export type End =
  | { kind: 'made'; result: UpstreamResult }
  | {
      kind: 'failed';
      failure: TaskFailure;
      usage: Usage | undefined;
      answer: UnreadAnswer | undefined;
      asking: boolean;
    };

/** Prompt of every request and every context of these tests, unless told otherwise. */
export const secretPrompt = 'a very secret plantain on a table';

export function requestFor(model: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    action: 'generate',
    model,
    prompt: secretPrompt,
    inputs: [],
    aspectRatio: '1:1',
    imageSize: '1K',
    ...more,
  };
}

export function contextOf({
  signal = new AbortController().signal,
  prompt = secretPrompt,
}: Partial<UpstreamContext> = {}): UpstreamContext {
  return { attempt: 1, prompt, signal, onProgress: () => {} };
}

/** The operation that an upstream starts for this request. */
export async function operationFor(upstream: Upstream, request: UpstreamRequest): Promise<StartedOperation> {
  const started = await upstream.start(request, contextOf({ prompt: request.prompt }));
  if (!('operation' in started)) throw new Error('An operation was expected.');
  return started;
}

/** Asks after an operation once. */
export async function pollOf(upstream: Upstream, operation: Operation, context = contextOf()) {
  if (upstream.poll === undefined) throw new Error('The upstream gives no operations.');
  return await upstream.poll(operation, context);
}

/** Starts an operation and asks after it until it has ended, or the first trouble. Whatever is no `TaskError` is thrown on. */
export async function endOf(upstream: Upstream, request: UpstreamRequest): Promise<End> {
  let asking = false;
  try {
    const context = contextOf({ prompt: request.prompt });
    const started = await upstream.start(request, context);
    if (!('operation' in started)) return { kind: 'made', result: started };
    asking = true;
    for (let polls = 0; polls < maxPolls; polls += 1) {
      const end = await pollOf(upstream, started.operation, context);
      if ('failure' in end)
        return { kind: 'failed', usage: undefined, answer: undefined, ...end, asking: false };
      if ('pictures' in end) return { kind: 'made', result: end };
    }
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const { failure, usage, answer } = error;
    return { kind: 'failed', failure, usage, answer, asking };
  }
  throw new Error(`The operation had not ended after ${maxPolls} questions.`);
}

/** Opens a harness before each test of a suite and closes it after; gives the one of the test that runs. */
export function openEach(harness: UpstreamHarness): () => OpenHarness {
  let open: OpenHarness;
  beforeEach(async () => {
    open = await harness.open();
  });
  afterEach(() => open.close());
  return () => open;
}

/** The operation that a fresh adapter starts; `null` where pictures come at once. */
export async function startOperation(open: OpenHarness): Promise<Operation | null> {
  const started = await open.create().start(requestFor(open.model), contextOf());
  return 'operation' in started ? started.operation : null;
}

export async function taskErrorOf(called: Promise<unknown>): Promise<TaskError> {
  const error: unknown = await called.then(
    () => 'no failure at all',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskError);
  return error as TaskError;
}

export async function failureOf(called: Promise<unknown>): Promise<TaskFailure> {
  return (await taskErrorOf(called)).failure;
}

/** Answer of the loopback server to the last request of a step when nothing goes wrong; `undefined` where there is no such step. */
export async function usualReply(open: OpenHarness, step: Step): Promise<Reply | undefined> {
  await endOf(open.create(), requestFor(open.model));
  const asked = open.seen(step).at(-1);
  if (asked === undefined) return undefined;
  const { host, connection: _connection, 'content-length': _length, ...headers } = asked.headers;
  const answer = await fetch(`http://${host}${asked.path}`, {
    method: asked.method,
    headers: headers as Record<string, string>,
    ...(asked.body.length === 0 ? {} : { body: new Uint8Array(asked.body) }),
  });
  return {
    status: answer.status,
    headers: { 'content-type': answer.headers.get('content-type') ?? '' },
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

/** The reply, and a promise that is kept when the server begins to give it. */
export function announced(reply: Reply): { reply: Reply; given: Promise<void> } {
  const given = Promise.withResolvers<void>();
  const watched = {
    ...reply,
    get misbehave() {
      given.resolve();
      return reply.misbehave;
    },
  };
  return { reply: watched as Reply, given: given.promise };
}

/** Outcome of `call` when, from the moment that `begun` is kept, time passes as fast as it can. */
export async function asTimePasses<T>(call: () => Promise<T>, begun: Promise<void>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let over = false;
    const called = call().finally(() => {
      over = true;
    });
    await Promise.race([begun, called]);
    while (!over) {
      vi.advanceTimersByTime(1000);
      await nextTurn();
    }
    return await called;
  } finally {
    vi.useRealTimers();
  }
}

export interface Fault {
  /** For people, in the table of faults. */
  name: string;
  steps: readonly Step[];
  /** Out of what the server says when nothing goes wrong. */
  reply(usual: Reply): Reply;
}

const html = '<html><head><title>Bad gateway</title></head><body>Please come back later.</body></html>';
const always: readonly Step[] = ['start', 'poll', 'download'];

export const faults: readonly Fault[] = [
  { name: '404 with `{}`', steps: ['poll', 'download'], reply: () => ({ status: 404, body: {} }) },
  { name: '500 with `{}`', steps: ['poll', 'download'], reply: () => ({ status: 500, body: {} }) },
  { name: '403 with a page of HTML', steps: ['start'], reply: () => ({ status: 403, body: html }) },
  { name: '404 with a page of HTML', steps: ['start'], reply: () => ({ status: 404, body: html }) },
  { name: '410', steps: ['download'], reply: () => ({ status: 410 }) },
  {
    name: 'a redirect in a circle',
    steps: ['download'],
    reply: () => ({ status: 302, headers: { location: '?' } }),
  },
  { name: 'an empty file', steps: ['download'], reply: () => ({}) },
  { name: '502 with a page of HTML', steps: always, reply: () => ({ status: 502, body: html }) },
  { name: '504 with a page of HTML', steps: ['start'], reply: () => ({ status: 504, body: html }) },
  { name: '200 with a page of HTML', steps: ['start', 'poll'], reply: () => ({ body: html }) },
  { name: 'broken off within the body', steps: always, reply: (usual) => ({ ...usual, misbehave: 'cut' }) },
  { name: 'silence before the headers', steps: always, reply: () => ({ misbehave: 'hang before headers' }) },
  {
    name: 'silence after the headers',
    steps: always,
    reply: (usual) => ({ ...usual, misbehave: 'hang after headers' }),
  },
  { name: 'a byte now and then', steps: always, reply: (usual) => ({ ...usual, misbehave: 'drip' }) },
  { name: 'an answer of 200 MB', steps: always, reply: () => ({ misbehave: 'flood' }) },
];

/** Answers that are no trouble to any adapter: all is there, only in another form. */
export const forms: readonly Fault[] = [
  { name: 'everything called `text/html`', steps: always, reply: calledHtml },
  { name: 'packed with gzip', steps: always, reply: (usual) => packed(usual, 'gzip') },
  { name: 'packed, and not called so', steps: always, reply: (usual) => packed(usual, 'identity') },
  { name: 'called packed, and plain', steps: always, reply: (usual) => withHeader(usual, 'gzip') },
  { name: 'a byte order mark', steps: ['start', 'poll'], reply: (usual) => around('\ufeff', usual, '') },
  { name: 'an event stream', steps: ['start', 'poll'], reply: (usual) => around('data: ', usual, '\n\n') },
];

function packed(usual: Reply, coding: string): Reply {
  return { ...withHeader(usual, coding), body: gzipSync(usual.body as Buffer) };
}

function withHeader({ headers, ...usual }: Reply, coding: string): Reply {
  return { ...usual, headers: { ...headers, 'content-encoding': coding } };
}

function around(before: string, { body, ...usual }: Reply, after: string): Reply {
  return { ...usual, body: `${before}${(body as Buffer).toString()}${after}` };
}

function calledHtml(usual: Reply): Reply {
  const bytes = usual.body as Buffer;
  const isJson = usual.headers?.['content-type']?.includes('json') === true;
  const body = isJson ? bytes.toString().replaceAll(/image\/\w+/g, 'text/html') : bytes;
  return { ...usual, headers: { 'content-type': 'text/html' }, body };
}

/** How an operation ends when one of its steps meets a fault; `undefined` where the adapter makes no such step. */
export async function endUnderFault(open: OpenHarness, step: Step, fault: Fault): Promise<End | undefined> {
  const usual = await usualReply(open, step);
  if (usual === undefined) return undefined;
  const faulty = fault.reply(usual);
  const slow = /hang|drip/.test(faulty.misbehave ?? '');
  const { reply, given } = announced(faulty);
  const upstream = open.create({ maxAnswerBytes: 2 ** 20 });
  open.answer(step, reply);
  try {
    const make = () => endOf(upstream, requestFor(open.model));
    return slow ? await asTimePasses(make, given) : await make();
  } finally {
    open.answer(step, null);
  }
}
