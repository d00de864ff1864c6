// Traces as a receiver of OTLP gets them, from whole servers.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import { adminKey, editPath, startServer, statusPath, temporaryDirectory } from './http/server.fixture.ts';
import { afterThisTest } from './lib/ends.fixture.ts';
import { startReceiver } from './webhooks/receiver.fixture.ts';

const png = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
const traceId = '0af7651916cd43dd8448eb211c80319c';
const clientSpan = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${clientSpan}-01`;
const prompt = 'a very private prompt';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status: { code?: number };
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

interface Exported {
  resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
}

async function listen(take: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A receiver of traces, to which those of servers that are started later go by the standard variables. */
async function startCollector() {
  const bodies: string[] = [];
  const url = await listen(async (request, response) => {
    bodies.push(`${request.url} ${await text(request)}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  afterThisTest(() => void vi.unstubAllEnvs());
  const spans = () =>
    bodies.flatMap((body) =>
      (JSON.parse(body.slice('/v1/traces '.length)) as Exported).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
  return { bodies, spans };
}

const attributesOf = ({ attributes }: SentSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** An upstream with the API of OpenAI that answers with a picture and keeps the headers of what it is asked. */
async function startOpenAi() {
  const heard: IncomingHttpHeaders[] = [];
  const url = await listen(async (request, response) => {
    heard.push(request.headers);
    await text(request);
    const usage = { input_tokens: 11, output_tokens: 1120, total_tokens: 1131 };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ data: [{ b64_json: png.toString('base64') }], usage }));
  });
  const file = `upstreams: { pool: { kind: openai, base_url: "${url}/v1", keys: ["sk-key-of-the-upstream"] } }`;
  return { file, heard };
}

test('one trace has the client’s span, the submit, the wait, the call, the pictures and the webhook, and nothing private', async () => {
  vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'http, gen_ai_latest_experimental');
  const collector = await startCollector();
  const { file, heard } = await startOpenAi();
  const receiver = await startReceiver();
  const server = await startServer(
    { TRACES: 'true', ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}` },
    { file },
  );
  const image_urls = [`data:image/png;base64,${png.toString('base64')}`];
  const answer = await server.call<{ data: { task_id: string } }>(editPath, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent },
    body: JSON.stringify({ prompt, model: 'gpt-image-1', image_urls, callback_url: receiver.url, seed: 7 }),
  });
  const id = answer.body.data.task_id;
  const task = await server.final(id);
  expect(task.state).toBe('succeeded');
  const [webhook] = await receiver.until(1);
  await server.stop();

  const spans = collector.spans().filter((span) => span.traceId === traceId);
  const named = (start: string) => spans.filter(({ name }) => name.startsWith(start));
  const one = (start: string) => {
    const [span, ...more] = named(start);
    if (span === undefined || more.length > 0)
      throw new Error(`${start} of ${spans.map(({ name }) => name).join(', ')}`);
    return span;
  };
  const [request, submit, run] = [one(`POST ${editPath}`), one('submit'), one('run task')];
  expect(request.parentSpanId).toBe(clientSpan);
  expect(attributesOf(request)).toMatchObject({ 'http.route': editPath, 'http.response.status_code': 200 });
  expect(submit.parentSpanId).toBe(request.spanId);
  expect(one('store input').parentSpanId).toBe(submit.spanId);
  expect([one('wait in queue').parentSpanId, run.parentSpanId]).toEqual([submit.spanId, submit.spanId]);
  expect(attributesOf(run)).toMatchObject({ 'plantain.task': id, 'plantain.end': 'succeeded' });
  const call = one('generate_content ');
  expect(call.parentSpanId).toBe(run.spanId);
  expect(attributesOf(call)).toMatchObject({
    'plantain.upstream': 'pool',
    'plantain.attempt': 1,
    'gen_ai.provider.name': 'openai',
    'gen_ai.output.type': 'image',
    'gen_ai.usage.output_tokens': 1120,
  });
  expect(one('load inputs').parentSpanId).toBe(call.spanId);
  expect([one('check picture').parentSpanId, one('store picture').parentSpanId]).toEqual([
    run.spanId,
    run.spanId,
  ]);
  const delivery = one('webhook task.succeeded');
  expect(delivery.parentSpanId).toBe(submit.spanId);
  expect(heard[0]?.['traceparent']).toBe(`00-${traceId}-${call.spanId}-01`);
  expect(webhook?.headers['traceparent']).toBe(`00-${traceId}-${delivery.spanId}-01`);
  const sent = collector.bodies.join('');
  for (const secret of [prompt, adminKey, 'sk-key-of-the-upstream', png.toString('base64'), receiver.url])
    expect(sent.includes(secret), secret).toBe(false);
  expect(JSON.stringify(task)).not.toContain(traceId);
});

test('a task that another process ends stays in the trace of its submit, with a failed run', async () => {
  const collector = await startCollector();
  const directory = temporaryDirectory();
  const hangs = { name: 'hangs', start: () => new Promise<never>(() => {}) };
  const first = await startServer({ TRACES: 'true' }, { directory, upstream: hangs });
  const submitted = await first.call<{ data: { task_id: string } }>(statusPath, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: 'no trace at all' },
    body: JSON.stringify({ prompt }),
  });
  await first.until(submitted.body.data.task_id, ({ attempts }) => attempts.length === 1);
  await first.stop();
  const fails = { name: 'fails', start: () => Promise.reject(new Error('a fault')) };
  const second = await startServer({ TRACES: 'true', MAX_TRIES: '1' }, { directory, upstream: fails });
  expect((await second.final(submitted.body.data.task_id)).error?.type).toBe('internal');
  await second.stop();

  const spans = collector.spans();
  const submit = spans.find(({ name }) => name === 'submit');
  const runs = spans.filter(({ name }) => name === 'run task');
  expect(runs.map((run) => [run.traceId, run.parentSpanId])).toEqual([
    [submit?.traceId, submit?.spanId],
    [submit?.traceId, submit?.spanId],
  ]);
  expect(runs.map((run) => attributesOf(run)['plantain.end'])).toEqual(['put_back', 'error']);
  const calls = spans.filter(({ name }) => name.startsWith('call '));
  expect(calls.map((call) => attributesOf(call)['error.type'])).toEqual([undefined, 'internal']);
  expect(calls.at(-1)?.status.code).toBe(2);
});

test('without the setting no trace is kept, stored or sent on, and one that can’t be sent is told of', async () => {
  const collector = await startCollector();
  const { file, heard } = await startOpenAi();
  const silent = await startServer({}, { file });
  const body = JSON.stringify({ prompt, model: 'gpt-image-1' });
  const asked = { method: 'POST', headers: { 'content-type': 'application/json', traceparent }, body };
  const { data } = (await silent.call<{ data: { task_id: string } }>(statusPath, asked)).body;
  await silent.final(data.task_id);
  await silent.stop();
  expect(heard.map((headers) => headers['traceparent'])).toEqual([undefined]);
  expect(collector.bodies).toEqual([]);

  const refusing = await listen(async (request, response) => {
    await text(request);
    response.writeHead(400).end();
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', refusing);
  const unheard = await startServer({ TRACES: 'true' });
  await unheard.submit({ prompt });
  await unheard.stop();
  const lost = unheard.log.filter(({ event }) => event === 'traces_lost');
  expect(lost.map(({ fields }) => fields)).toEqual([
    { spans: expect.any(Number), error: 'OTLPExporterError' },
  ]);
});
