// Keys, prompts and base64, planted in every way into the server and looked for in all that it logs, at any level and in either form.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { createLog } from './cli/log-output.ts';
import { createEmit, type Events } from './core/events.ts';
import { createEventLog } from './event-log.ts';
import { routes } from './http/openapi/document.ts';
import { adminKey, editPath, startServer, statusPath, type TestServer } from './http/server.fixture.ts';
import { afterThisTest } from './lib/ends.fixture.ts';

const prompt = 'a very private prompt';
const base64 = Buffer.alloc(300, 'planted').toString('base64');
const otherKey = 'AIzaSyPLANTEDplantedPLANTED';
const upstreamKey = 'sk-PLANTEDfortheupstreamalone';
const secrets = [prompt, encodeURIComponent(prompt), base64.slice(0, 100), otherKey, adminKey, upstreamKey];
const everything = `${prompt} ${otherKey} ${base64}`;
const inPath = encodeURIComponent(everything);

/** All lines for the events of a server, from the lowest level on, in both forms. */
async function linesOf({ log }: TestServer): Promise<string> {
  let lines = '';
  const output = { write: (line: string) => void (lines += line), isTerminal: true, hasColours: false };
  const forms = (['json', 'pretty'] as const).map(async (log_format) =>
    createEventLog(await createLog({ log_level: 'trace', log_format }, output)),
  );
  const emit = createEmit(await Promise.all(forms));
  for (const { event, fields } of log) emit(event as keyof Events, fields as never);
  return lines;
}

function expectNothingPlanted(text: string): void {
  for (const secret of secrets) expect(text.includes(secret), `${secret} in ${text}`).toBe(false);
}

/** Keeps all that this process writes to its streams. */
function watchStreams(): { written: string } {
  const seen = { written: '' };
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => ((seen.written += String(chunk)), true));
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation((...words) => void (seen.written += words.join(' ')));
  afterThisTest(() => void vi.restoreAllMocks());
  return seen;
}

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Refuses a call as an upstream that quotes all of it. */
async function quote(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = await textOf(request);
  const message = `${request.headers.authorization} may not have ${asked} ${everything}`;
  response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
}

const bodies = [
  ['application/json', `{"prompt":"${prompt}","x":${otherKey}`],
  [
    'application/json',
    JSON.stringify({ prompt, input: { prompt }, model: base64, seed: prompt, [otherKey]: 1 }),
  ],
  [
    'application/json',
    JSON.stringify({ prompt, messages: [{ role: 'user', content: everything }], url: everything }),
  ],
  ['application/x-www-form-urlencoded', `prompt=${inPath}&${otherKey}=${base64}`],
  [
    'multipart/form-data; boundary=x',
    `--x\r\nContent-Disposition: form-data; name="image"; filename="${otherKey}"\r\n\r\n${everything}\r\n--x--\r\n`,
  ],
] as const;

/** Calls a route with planted words wherever a request has room for any. */
async function callPlanted(server: TestServer, { method, path }: { method: string; path: string }) {
  const target = `${path.replaceAll(/\{\w+\}/g, inPath)}?cursor=${inPath}&token=${otherKey}&${otherKey}=${inPath}`;
  const sent = method === 'get' || method === 'delete' ? [['', undefined] as const] : bodies;
  for (const [type, body] of sent) {
    const answer = await fetch(server.url + target, {
      method: method.toUpperCase(),
      headers: {
        authorization: adminKey,
        'user-agent': everything,
        'idempotency-key': otherKey,
        'x-request-id': otherKey,
        'last-event-id': otherKey,
        referer: `http://x.example/${inPath}`,
        ...(type === '' ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body }),
    });
    await answer.body?.cancel();
  }
}

test('no line of the log holds a key, a prompt or a picture, in whatever part of whatever call they come', async () => {
  const upstream = {
    name: 'broken',
    start: () => Promise.reject(new Error(`inner fault near ${prompt} ${otherKey} ${adminKey} ${base64}`)),
  };
  const server = await startServer({ MAX_TRIES: '1' }, { upstream });
  const streams = watchStreams();
  const all = Object.values(routes);
  expect(all.length).toBeGreaterThan(100);
  await Promise.all(all.map((route) => callPlanted(server, route)));
  for (let wrong = 0; wrong < 22; wrong += 1)
    await server.call(`${statusPath}/${inPath}?key=${otherKey}`, { key: otherKey });
  await server.call(`/files/${inPath}/${otherKey}?token=${base64}`);
  const task = await server.final(await server.submit({ prompt }));
  expect(task.error).toMatchObject({ type: 'internal' });
  const fault = server.log.findLast(({ event }) => event === 'task_fault');
  expect(fault?.fields).toMatchObject({
    task: task.task_id,
    error: expect.stringMatching(/inner fault near .*planted-secrets\.test/),
  });
  expect(server.log.map(({ event }) => event)).toContain('wrong_keys');
  expectNothingPlanted(JSON.stringify(server.log) + JSON.stringify(task));
  expectNothingPlanted((await linesOf(server)) + streams.written);
});

test('what upstreams, receivers of webhooks and servers with pictures quote is in no line of the log either', async () => {
  const upstreamHost = await listen((request, response) => {
    void quote(request, response);
  });
  const other = await listen(({ method }, response) =>
    response.writeHead(method === 'POST' ? 500 : 404, everything.slice(0, 50)).end(everything),
  );
  const server = await startServer(
    { MAX_TRIES: '1', ALLOWED_PRIVATE_HOSTS: other },
    {
      file: `upstreams: { quoting: { kind: openai, base_url: "http://${upstreamHost}/v1", keys: ["${upstreamKey}"] } }`,
    },
  );
  const link = `http://${other}/${inPath}.png?key=${otherKey}`;
  const model = 'gpt-image-1';
  const edit = await server.final(await server.submit({ prompt, model, image_urls: [link] }, editPath));
  expect(edit.error).toMatchObject({ type: 'input_unreachable' });
  const task = await server.final(await server.submit({ prompt, model, callback_url: link }));
  expect(task.error).toMatchObject({ type: 'upstream_auth' });
  await vi.waitUntil(() => server.log.some(({ event }) => event === 'webhook_attempt'));
  expect(server.log.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['attempt_failed', 'task_run']),
  );
  const lines = await linesOf(server);
  expect(lines).toContain(`attempt_failed {"task":"${task.task_id}"`);
  expectNothingPlanted(JSON.stringify(server.log) + lines);
});
