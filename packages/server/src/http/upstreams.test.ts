import { Ajv2020 } from 'ajv/dist/2020.js';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { UpstreamRequest } from '../core/upstreams/upstream.ts';
import openapi from '../../../../docs/openapi.json' with { type: 'json' };
import { adminKey, editPath, startServer, statusPath } from './server.fixture.ts';

const upstreamsPath = '/api/admin/upstreams';
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(openapi, 'openapi.json');
const validate = ajv.compile({ $ref: 'openapi.json#/components/schemas/UpstreamsEnvelope' });

const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();

interface States {
  data: { upstreams: { name: string; keys: { state: string; pauses: { reason: string }[] }[] }[] };
}

/** An upstream that answers with what `failure` is at the moment, else with a picture. */
function switchable() {
  const state = { failure: null as TaskFailure | null, requests: [] as UpstreamRequest[] };
  const upstream = {
    name: 'test',
    async start(request: UpstreamRequest) {
      state.requests.push(request);
      if (state.failure !== null) throw new TaskError(state.failure);
      return { pictures: [png], description: '', warnings: [], usage: { output_tokens: 1120 } };
    },
  };
  return { state, upstream };
}
const gemini = { GEMINI_API_KEY: 'one-key-of-the-pool,another-key-of-the-pool' };

test('a refused key is paused and shown, and works again once the operator ends the pause', async () => {
  const { state, upstream } = switchable();
  const server = await startServer({}, { upstream, environment: gemini });
  state.failure = { type: 'upstream_auth', message: 'The key was refused.', retryable: false };
  const failed = await server.final(await server.submit({ prompt: 'a banana' }));
  expect(failed.error?.type).toBe('upstream_auth');
  expect(failed.attempts).toHaveLength(2);

  const paused = await server.call<States>(upstreamsPath);
  expect(paused.status).toBe(200);
  expect(validate(paused.body), JSON.stringify(validate.errors)).toBe(true);
  const [shown] = paused.body.data.upstreams;
  expect(shown?.keys.map(({ state: each, pauses }) => [each, pauses[0]?.reason])).toEqual([
    ['paused', 'auth'],
    ['paused', 'auth'],
  ]);
  expect(paused.text).not.toContain('of-the-pool');

  state.failure = null;
  const refused = await server.final(await server.submit({ prompt: 'a banana' }));
  expect(refused).toMatchObject({ attempts: [], error: { type: 'upstream_auth', retryable: false } });
  const resumed = await server.call<States>(`${upstreamsPath}/gemini/resume`, { method: 'POST' });
  expect(validate(resumed.body), JSON.stringify(validate.errors)).toBe(true);
  expect(resumed.body.data.upstreams[0]?.keys.map(({ state: each }) => each)).toEqual([
    'available',
    'available',
  ]);
  expect((await server.final(await server.submit({ prompt: 'a banana' }))).state).toBe('succeeded');
});

test('only an admin key sees the upstreams or ends a pause', async () => {
  const server = await startServer();
  const user = await server.newKey('a-user-of-this-server-and-nothing-more');
  for (const call of [{}, { method: 'POST' }]) {
    const path = call.method === undefined ? upstreamsPath : `${upstreamsPath}/sandbox/resume`;
    expect((await server.call(path, { ...call, key: user })).status).toBe(403);
    expect((await server.call(path, { ...call, key: null })).status).toBe(401);
    expect((await server.call(path, { ...call, key: adminKey })).status).toBe(200);
  }
  const unknown = await server.call(`${upstreamsPath}/${encodeURIComponent('no such/name')}/resume`, {
    method: 'POST',
  });
  expect(unknown.status).toBe(404);
});

test('a pending task says why it waits and until when, and what its attempts cost', async () => {
  const { state, upstream } = switchable();
  const server = await startServer({ RETRY_BASE_MS: '10' }, { upstream, environment: gemini });
  state.failure = {
    type: 'upstream_rate_limited',
    message: 'Too many.',
    retryable: true,
    retryAfterMs: 2_000,
  };
  const first = await server.submit({ prompt: 'a banana' });
  const waiting = await server.until(first, (task) => task.state === 'pending' && task.attempts.length === 2);
  expect(waiting.waiting).toMatchObject({ until: expect.stringMatching(/^\d+$/) });
  expect(waiting.waiting?.reason).toBeOneOf(['retry', 'rate_limited']);
  const second = await server.submit({ prompt: 'a banana' });
  expect(await server.task(second)).toMatchObject({
    state: 'pending',
    attempts: [],
    waiting: { reason: 'rate_limited', message: expect.stringContaining('gemini') },
  });
  state.failure = null;
  const done = await server.final(first);
  expect(done).toMatchObject({ state: 'succeeded', usage: { output_tokens: 1120 }, cost_micro_usd: 8_400 });
  expect(done).not.toHaveProperty('waiting');
  expect(done.attempts.map(({ cost_micro_usd }) => cost_micro_usd)).toEqual([0, 0, 8_400]);
});

test('what no upstream of a model can take is refused at the submit, and what it can’t do is a warning', async () => {
  const { state, upstream } = switchable();
  const capabilities = () => ({ ratios: ['1:1', '3:2'], sizes: ['1K'] as const, maxInputs: 1, seed: false });
  const server = await startServer({}, { upstream: { ...upstream, capabilities }, environment: gemini });
  const picture = `data:image/png;base64,${png.toString('base64')}`;
  const refused = await server.post({ prompt: 'a banana', image_urls: [picture, picture] }, editPath);
  expect(refused.status).toBe(400);
  expect(refused.body.error?.details?.[0]?.path).toBe('image_urls');
  const task = await server.final(
    await server.submit({ prompt: 'a banana', aspect_ratio: '16:9', image_size: '4K', seed: 7 }, statusPath),
  );
  expect(state.requests[0]).toMatchObject({ aspectRatio: '3:2', imageSize: '1K' });
  expect(state.requests[0]).not.toHaveProperty('seed');
  expect(task.warnings?.slice(0, 3)).toEqual([
    expect.stringContaining('16:9'),
    expect.stringContaining('4K'),
    expect.stringContaining('seed'),
  ]);
});
