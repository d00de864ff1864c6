import { describe, expect, test, vi } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { editPath } from '../../http/server.fixture.ts';
import { postgresUrl } from '../../store/postgres/database/store.fixture.ts';
import { oneOf, png, startCollector, startOpenAi } from '../../tracing/collector.fixture.ts';
import { startReceiver } from '../../webhooks/receiver.fixture.ts';
import { openForSeveral } from '../several-servers.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('several servers on a database', () => {
  test('tell of one task in one trace, with the client’s tracestate on all that they call', async () => {
    const collector = await startCollector();
    const { file, heard } = await startOpenAi();
    const receiver = await startReceiver();
    const { start } = await openForSeveral();
    const settings = { TRACES: 'true', ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}` };
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.instance.id=the api');
    const api = await start('api', settings, { file });
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.instance.id=the worker');
    const worker = await start('worker', settings, { file });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const answer = await api.call<{ data: { task_id: string } }>(editPath, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        tracestate: 'shop=a1',
      },
      body: JSON.stringify({
        prompt: 'a banana',
        model: 'gpt-image-1',
        image_urls: [`data:image/png;base64,${png.toString('base64')}`],
        callback_url: receiver.url,
      }),
    });
    const { task_id: id } = answer.body.data;
    await api.final(id);
    const [webhook] = await receiver.until(1);
    await Promise.all([api.stop(), worker.stop()]);

    const spans = collector.spans();
    expect(spans.map((span) => [span.traceId, span.traceState])).toEqual(
      spans.map(() => [traceId, 'shop=a1']),
    );
    const named = (beginning: string) => oneOf(spans, beginning);
    const submit = named('submit');
    const atWorker = ['wait in queue', 'run task', 'call pool', 'check picture', 'webhook '].map(named);
    expect(new Set(atWorker.map(({ instance }) => instance))).toEqual(new Set(['the worker']));
    expect(submit.instance).toBe('the api');
    expect([0, 1, 4].map((index) => atWorker[index]?.parentSpanId)).toEqual(Array(3).fill(submit.spanId));
    expect([heard[0], webhook?.headers].map((headers) => headers?.['tracestate'])).toEqual([
      'shop=a1',
      'shop=a1',
    ]);
    const run = worker.log.find(({ event }) => event === 'task_run');
    expect(run?.fields).toMatchObject({ task: id, trace_id: traceId, span_id: atWorker[1]?.spanId });
  });
});
