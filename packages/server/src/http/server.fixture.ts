// For tests: the whole server in this process, on a free port and a directory of its own, and ways to talk to it.
// Everything that a test file started is stopped and removed when the file ends.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  ErrorEnvelope,
  RequestErrorBody,
  SubmitEnvelope,
  TaskData,
  TaskEnvelope,
} from '@plantain/client';
import { expect } from 'vitest';
import { createPlantain } from '../compose.ts';
import { parseConfig } from '../config/parse-config.ts';
import { storeKey } from '../core/keys/keys.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { afterThisFile } from '../lib/ends.fixture.ts';
import { fillFolder, startReused } from '../store/sqlite/store.fixture.ts';
import { openTestKeys, storeSettings } from '../store/test-store.fixture.ts';

export const adminKey = 'plantain_test_key_of_the_administrator';
export const statusPath = '/api/gemini/nano-banana';
export const editPath = '/api/gemini/nano-banana-edit';
const pollMs = 10;

export type SentBody = NonNullable<NonNullable<Parameters<typeof fetch>[1]>['body']>;
type SubmitAnswer = SubmitEnvelope & { error?: RequestErrorBody };

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  text: string;
  /** The text as JSON. */
  body: Body;
}

export interface Call {
  method?: string;
  key?: string | null;
  headers?: Record<string, string>;
  body?: SentBody;
}

export interface TestServer {
  url: string;
  /** Address of the metrics on a port of their own, where they have one. */
  metricsAt?: string | null;
  directory: string;
  log: { event: string; fields: Record<string, unknown> }[];
  call<Body = unknown>(path: string, call?: Call): Promise<Answer<Body>>;
  /** Submits JSON; the answer whatever it is. */
  post<Body = SubmitAnswer>(body: unknown, path?: string): Promise<Answer<Body>>;
  /** Submits JSON and gives the id; throws when it was refused. */
  submit(body: unknown, path?: string): Promise<string>;
  task(id: string, key?: string): Promise<TaskData>;
  /** Polls, as this API is followed; the test's own time-out bounds it. */
  until(id: string, wanted: (task: TaskData) => boolean): Promise<TaskData>;
  final(id: string): Promise<TaskData>;
  /** Makes another key and gives its secret, which is its name too unless it has one. */
  newKey(secret: string, options?: { expiresAt?: number; name?: string; ownerId?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** A server that listens and waits for its database. */
export interface WaitingServer extends TestServer {
  /** Words for the operator. */
  sentence: string;
  /** Resolves when the server has begun to work; rejects where it can't. */
  begun: Promise<unknown>;
}

interface ServerOptions {
  directory?: string;
  upstream?: TestUpstream;
  /** Variables whose names have no prefix, such as GEMINI_API_KEY. */
  environment?: Record<string, string>;
  /** Text of the settings file. */
  file?: string;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-http-'));
  afterThisFile(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Instead of the sandbox: what it says of itself may be left out. */
type TestUpstream = Pick<Upstream, 'name' | 'start'> & Partial<Upstream>;
const plainUpstream = {
  capabilities: () => ({
    ratios: 'any' as const,
    sizes: ['1K', '2K', '4K'] as const,
    maxInputs: 14,
    seed: true,
  }),
  check: async () => 'works',
};

/** Settings are named as in the environment, without their prefix. Pictures take no time unless a prompt says so. */
export async function startServer(
  settings: Record<string, string> = {},
  options: ServerOptions = {},
): Promise<TestServer> {
  const server = await beginServer(settings, options);
  const { listening, metricsAt } = await server.begun;
  return { ...server.at(listening), metricsAt };
}

/** Starts a server whose database is away. */
export async function startWaiting(settings: Record<string, string>): Promise<WaitingServer> {
  const { at, begun, waits } = await beginServer(settings, {});
  const { listening, sentence } = await waits;
  return { ...at(listening), sentence, begun };
}

async function beginServer(
  settings: Record<string, string>,
  { directory = temporaryDirectory(), upstream, environment = {}, file }: ServerOptions,
) {
  const chosen = {
    PORT: '0',
    DATA_DIR: directory,
    ADMIN_KEY: adminKey,
    SANDBOX_DURATION_MS: '0',
    RETRY_BASE_MS: '1',
    SHUTDOWN_GRACE_SECONDS: '0',
    MIN_FREE_DISK_BYTES: '0',
    ...(await storeSettings(directory)),
    ...settings,
  };
  if (!('DATABASE_URL' in chosen)) fillFolder(directory);
  const prefixed = Object.entries(chosen).map(([name, value]) => [`PLANTAIN_${name}`, value]);
  const { config, sources } = parseConfig(
    { ...environment, ...Object.fromEntries(prefixed) },
    file === undefined ? undefined : { name: 'plantain.yaml', text: file },
  );
  const log: TestServer['log'] = [];
  const waits = Promise.withResolvers<{ listening: string; sentence: string }>();
  const plantain = await createPlantain(config, {
    emit: (event, fields) => void log.push({ event, fields: { ...fields } }),
    sources,
    onDeath(error) {
      throw error;
    },
    onWaiting: waits.resolve,
    startWriter: startReused,
    ...(upstream === undefined ? {} : { createAdapter: () => ({ ...plainUpstream, ...upstream }) }),
  });
  afterThisFile(() => plantain.stop());
  const begun = plantain.start();
  // A failure is told to those who wait for it.
  begun.catch(() => {});
  const at = (listening: string): TestServer => ({
    ...talk(listening),
    directory,
    log,
    async newKey(secret, options = {}) {
      const keys = await openTestKeys(directory);
      await storeKey(keys, { secret, name: secret, role: 'user', now: Date.now(), ...options });
      await keys.close();
      return secret;
    },
    stop: () => plantain.stop(),
  });
  return { at, begun, waits: waits.promise };
}

function talk(url: string): Omit<TestServer, 'directory' | 'log' | 'newKey' | 'stop'> {
  async function call<Body>(path: string, { key = adminKey, headers = {}, ...rest }: Call = {}) {
    const answer = await fetch(url + path, {
      ...rest,
      headers: { ...(key === null ? {} : { authorization: key }), ...headers },
    });
    return readAnswer<Body>(answer.status, answer.headers, await answer.text());
  }
  const post = <Body = SubmitAnswer>(body: unknown, path = statusPath) =>
    call<Body>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  async function submit(body: unknown, path?: string) {
    const answer = await post(body, path);
    if (answer.status !== 200)
      throw new Error(`The submit was answered with ${answer.status}: ${answer.text}`);
    return answer.body.data.task_id;
  }
  async function task(id: string, key = adminKey) {
    const answer = await call<TaskEnvelope>(`${statusPath}/${id}`, { key });
    if (answer.status !== 200)
      throw new Error(`The query was answered with ${answer.status}: ${answer.text}`);
    return answer.body.data;
  }
  async function until(id: string, wanted: (data: TaskData) => boolean) {
    for (;;) {
      const data = await task(id);
      if (wanted(data)) return data;
      await delay(pollMs);
    }
  }
  return { url, call, post, submit, task, until, final: (id) => until(id, isFinal) };
}

export const isFinal = ({ state }: TaskData) => state === 'succeeded' || state === 'error';

function readAnswer<Body>(status: number, headers: Headers, text: string): Answer<Body> {
  const isJson = /json\b/.test(headers.get('content-type') ?? '') && text !== '';
  return { status, headers, text, body: (isJson ? JSON.parse(text) : undefined) as Body };
}

/** As `fetch` can't ask: any request target, and answers to HEAD with their headers as they came. */
export async function rawCall<Body = unknown>(
  url: string,
  {
    target,
    method = 'GET',
    headers = {},
  }: { target: string; method?: string; headers?: Record<string, string> },
): Promise<Answer<Body>> {
  const { hostname, port } = new URL(url);
  const request = httpRequest({
    hostname: hostname.replaceAll(/[[\]]/g, ''),
    port,
    path: target,
    method,
    headers,
    agent: false,
  }).end();
  const [response] = await once(request, 'response');
  const text = await textOf(response);
  const plain = Object.entries(response.headers as Record<string, string>);
  return readAnswer<Body>(response.statusCode, new Headers(plain), text);
}

/** Writes bytes as they are and gives all that comes back until the server closes the connection. */
export async function rawExchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return textOf(socket);
}

const refusals: Record<number, string[]> = {
  400: ['invalid_request'],
  401: ['unauthenticated'],
  403: ['forbidden'],
  404: ['not_found'],
  405: ['invalid_request'],
  409: ['conflict'],
  413: ['too_large'],
  415: ['unsupported_media'],
  421: ['forbidden'],
  422: ['input_unreachable'],
  429: ['rate_limited'],
  500: ['internal'],
  503: ['overloaded'],
};

/** Holds an answer against everything that all refusals have in common, and gives its body. */
export function refusalOf(answer: Answer, status = answer.status): ErrorEnvelope {
  const body = answer.body as ErrorEnvelope;
  expect(answer.status, answer.text).toBe(status);
  expect(body).toEqual({
    code: status,
    msg: expect.stringMatching(/^\S.*[^.]\.$/su),
    message: body.msg,
    data: null,
    exec_time: expect.any(Number),
    ip: '127.0.0.1',
    error: {
      type: expect.toBeOneOf(refusals[status] ?? []),
      message: body.msg,
      request_id: expect.stringMatching(/^req_/),
      ...(body.error.details === undefined ? {} : { details: expect.any(Array) }),
    },
  });
  expect(body.exec_time).toBeGreaterThanOrEqual(0);
  expect(body.exec_time).toBeLessThan(60);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toBe(body.error.request_id);
  return body;
}
