// Traces as a receiver of OTLP gets them, from whole servers.

import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { adminKey, editPath, startServer, statusPath, temporaryDirectory } from './http/server.fixture.ts';
import {
  attributesOf,
  listen,
  oneOf,
  png,
  startCollector,
  startOpenAi,
} from './tracing/collector.fixture.ts';
import { startReceiver } from './webhooks/receiver.fixture.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const clientSpan = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${clientSpan}-01`;
/** Words of the client's own tracer. */
const tracestate = 'shop=a1,b2@shop=c3';
const prompt = 'a very private prompt';

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
    headers: { 'content-type': 'application/json', traceparent, tracestate },
    body: JSON.stringify({ prompt, model: 'gpt-image-1', image_urls, callback_url: receiver.url, seed: 7 }),
  });
  const id = answer.body.data.task_id;
  const task = await server.final(id);
  expect(task.state).toBe('succeeded');
  const [webhook] = await receiver.until(1);
  const told = (event: string) => server.log.find((line) => line.event === event)?.fields;
  await expect.poll(() => told('webhook_attempt')).toBeDefined();
  await server.stop();

  const spans = collector.spans().filter((span) => span.traceId === traceId);
  const one = (start: string) => oneOf(spans, start);
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
  expect([heard[0], webhook?.headers].map((headers) => headers?.['tracestate'])).toEqual([
    tracestate,
    tracestate,
  ]);
  expect(told('task_run')).toMatchObject({ task: id, trace_id: traceId, span_id: run.spanId });
  expect(told('webhook_attempt')).toMatchObject({ trace_id: traceId, span_id: delivery.spanId });
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

test('a tool of /mcp submits in the trace that its caller names, by a header or by `_meta`', async () => {
  const collector = await startCollector();
  const server = await startServer({ TRACES: 'true' });
  const use = (headers: Record<string, string>, _meta: object = {}) => {
    const given = { prompt, wait_seconds: 0 };
    const params = { name: 'generate_image', arguments: given, _meta };
    return server.call('/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
  };
  await use({ traceparent, tracestate });
  const other = '4bf92f3577b34da6a3ce929d0e0e4736';
  await use({}, { traceparent: `00-${other}-${clientSpan}-01`, tracestate: 'host=1' });
  const odd = await use({}, { traceparent: 'none\r\nAuthorization: x', tracestate: ['x'] });
  expect(odd.text).toContain('task_id');
  await server.stop();

  const spans = collector.spans();
  const of = (id: string) => spans.filter((span) => span.traceId === id);
  const named = of(traceId);
  const message = oneOf(named, 'POST /mcp');
  expect(message.parentSpanId).toBe(clientSpan);
  const request = oneOf(named, `POST ${statusPath}`);
  expect(request.parentSpanId).toBe(message.spanId);
  expect(oneOf(named, 'submit')).toMatchObject({ parentSpanId: request.spanId, traceState: tracestate });
  expect(oneOf(of(other), `POST ${statusPath}`)).toMatchObject({
    parentSpanId: clientSpan,
    traceState: 'host=1',
  });
  expect(spans.filter(({ name }) => name === 'submit')).toHaveLength(3);
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
  expect(silent.log.map(({ event }) => event)).toContain('task_run');
  expect(JSON.stringify(silent.log)).not.toContain('trace_id');

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
    { spans: expect.any(Number), error: 'answered with 400' },
  ]);
});
