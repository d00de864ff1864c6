import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { afterThisTest } from '../../lib/ends.fixture.ts';
import { listen, startCollector } from '../../tracing/collector.fixture.ts';
import { checkTraces } from './check-traces.ts';

const on = { traces: true };

test('a receiver is sent no spans, and said to take them, or why not', async () => {
  expect(await checkTraces({ traces: false })).toEqual([]);
  const collector = await startCollector();
  expect(await checkTraces(on)).toMatchObject([{ state: 'ok' }]);
  expect(collector.bodies).toHaveLength(1);
  expect(collector.spans()).toEqual([]);
  const refuses = await listen(async (request, response) => {
    await text(request);
    response.writeHead(401).end('a secret');
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', refuses);
  afterThisTest(() => void vi.unstubAllEnvs());
  const { host } = new URL(refuses);
  expect(await checkTraces(on)).toMatchObject([
    { state: 'mend', says: `the receiver at ${host} takes none: answered with 401` },
  ]);
});

test.each([
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    'mend',
    'OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL, so traces don’t go where it says',
  ],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x' }, 'mend', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no http'],
  [{ OTEL_SDK_DISABLED: 'TRUE' }, 'advice', 'OTEL_SDK_DISABLED'],
])('with %j traces are not sent as they are meant to be', async (environment, state, words) => {
  expect(await checkTraces(on, environment)).toMatchObject([
    { state, says: expect.stringContaining(words) as string },
  ]);
});

test('a protocol that is not spoken is named beside what the receiver says', async () => {
  await startCollector();
  const environment = { ...process.env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(await checkTraces(on, environment)).toMatchObject([
    { state: 'advice', says: 'they are sent as http/json, whatever OTEL_EXPORTER_OTLP_PROTOCOL says' },
    { state: 'ok' },
  ]);
});
