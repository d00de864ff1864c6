// A server with three upstreams that break in every way: `wide` speaks the task API, `plain` and `narrow` that of OpenAI. The first
// member of a path is the name of the node that calls, so that every call is known by whom it was made.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultOf } from './faults.ts';
import {
  createUpstreamCalls,
  type UpstreamCall,
  type UpstreamCalls,
  type UpstreamName,
} from './upstream-calls.ts';

/** A yellow PNG of 16 by 16 pixels. */
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEX00D8i6Q70AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADUlEQVQY02NgGAXIAAABEAAB7JfjegAAAABJRU5ErkJggg==';

export interface Upstreams {
  calls: UpstreamCalls;
  /** Settings of upstreams and routes for a node. */
  settingsFor(node: string): string;
  close(): void;
}

interface Operation {
  call: UpstreamCall;
  doneAt: number;
}

export async function startUpstreams(): Promise<Upstreams> {
  const calls = createUpstreamCalls();
  const operations = new Map<string, Operation>();
  let origin = '';
  const server = createServer((request, response) => {
    const [, node = '', upstream = ''] = (request.url ?? '').split('/');
    const answer = async () => {
      if (request.url?.endsWith('/picture.png') === true)
        response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from(picture, 'base64'));
      else if (request.method === 'GET') answerQuery(request, response, { node, operations, origin });
      else
        await answerCall(request, response, { node, upstream: upstream as UpstreamName, calls, operations });
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    calls,
    settingsFor: (node) => settings(`${origin}/${node}`),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Several keys, as a refusal of one pauses that one only. */
const settings = (base: string) => `upstreams:
  wide: { kind: nano-banana, base_url: ${base}/wide, keys: [wide-key-1, wide-key-2, wide-key-3, wide-key-4] }
  plain: { kind: openai, base_url: ${base}/plain/v1, keys: [plain-key-1, plain-key-2, plain-key-3, plain-key-4] }
  narrow: { kind: openai, base_url: ${base}/narrow/v1, key: narrow-key, concurrency: 2 }
routes:
  nano-banana-2.1: [{ upstream: wide, weight: 1 }, { upstream: plain, weight: 1, model: gpt-image-1 }]
  narrow-picture: [{ upstream: narrow, model: gpt-image-1 }]
`;

function send(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

interface Called {
  node: string;
  upstream: UpstreamName;
  calls: UpstreamCalls;
  operations: Map<string, Operation>;
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  { node, upstream, calls, operations }: Called,
): Promise<void> {
  const { prompt } = JSON.parse(await text(request)) as { prompt: string };
  const number = Number(/task (\d+)/.exec(prompt)?.[1]);
  const { call, isFirst } = calls.begin(upstream, node, number);
  response.once('close', () => {
    call.isHungUp = call.endedAt === null;
    call.endedAt ??= Date.now();
  });
  const { name, ms } = faultOf(number, isFirst);
  const isOperation = upstream === 'wide';
  // Two places are soon full.
  const answeredMs = isOperation ? 20 : upstream === 'narrow' ? ms / 5 : ms;
  await sleep(answeredMs);
  const end = (act: () => void) => {
    call.endedAt ??= Date.now();
    act();
  };
  if (name in refusals) {
    const { status, headers, code, message } = refusals[name as keyof typeof refusals];
    const body = isOperation
      ? { code: status, msg: message, data: null }
      : { error: { code, message, type: code } };
    end(() => send(response, status, body, headers));
    return;
  }
  // One that was hung up is charged for all the same.
  call.isCharged = true;
  if (isOperation) {
    call.operation = crypto.randomUUID();
    operations.set(call.operation, { call, doneAt: Date.now() + ms });
  }
  const body = isOperation
    ? { code: 200, msg: 'success', data: { task_id: call.operation }, exec_time: 0, ip: '' }
    : { created: 1, data: [{ b64_json: picture }] };
  if (name === 'cut') end(() => response.destroy());
  else if (name === 'cut within') end(() => sendHalf(response, body));
  else {
    if (isOperation) call.doneAt = Date.now() + ms;
    end(() => send(response, 200, body));
  }
}

const refusals = {
  'rate limited': {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Too many requests.',
    headers: { 'retry-after': '1' },
  },
  unavailable: { status: 503, code: 'server_error', message: 'The server is overloaded.', headers: {} },
  refused: {
    status: 400,
    code: 'content_policy_violation',
    message: 'PROHIBITED_CONTENT: the prompt violates the content policy.',
    headers: {},
  },
};

function sendHalf(response: ServerResponse, body: unknown): void {
  const whole = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
  response.write(whole.slice(0, whole.length / 2), () => response.destroy());
}

/** One question of twenty is cut off, and one refused. */
function answerQuery(
  request: IncomingMessage,
  response: ServerResponse,
  { node, operations, origin }: { node: string; operations: Map<string, Operation>; origin: string },
): void {
  const id = request.url?.split('/').at(-1) ?? '';
  const operation = operations.get(id);
  if (operation === undefined) return send(response, 404, { code: 404, msg: 'No such task.', data: null });
  const { askedBy } = operation.call;
  if (!askedBy.has(node)) askedBy.set(node, Date.now());
  const chance = randomInt(40);
  if (chance === 0) return void response.destroy();
  if (chance === 1) return send(response, 502, { code: 502, msg: 'Bad gateway', data: null });
  const isDone = operation.doneAt <= Date.now();
  const images = isDone ? [{ url: `${origin}/${node}/wide/picture.png`, file_name: 'output.png' }] : [];
  const data = {
    task_id: id,
    state: isDone ? 'succeeded' : 'running',
    data: { images, description: '' },
    create_time: '1',
    update_time: '1',
    msg: '',
    status: isDone ? '3' : '1',
    action: 'generate',
  };
  send(response, 200, { code: 200, msg: 'success', data, exec_time: 0, ip: '' });
}
