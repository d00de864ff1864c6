import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gptModels } from '../core/models/gpt-models.ts';
import { shippedModels } from '../core/models/models.ts';
import { parseConfig } from './parse-config.ts';
import { labelOf } from './upstream-settings.ts';

type Environment = Record<string, string>;

const resolve = (environment: Environment, yaml = '') =>
  parseConfig(environment, { name: 'plantain.yaml', text: yaml }).config.resolved;

const routeOf = (environment: Environment, yaml: string, model: string) =>
  resolve(environment, yaml)
    .routes.get(model)
    ?.map(({ upstreamName, upstreamModel }) => `${upstreamName}: ${upstreamModel}`);

const everyVariable = {
  GEMINI_API_KEY: 'gemini-key',
  OPENAI_API_KEY: 'openai-key',
  NANO_BANANA_API_KEY: 'nano-banana-key',
  NANO_BANANA_BASE_URL: 'https://bananas.example/',
  FAL_KEY: 'fal-key',
  REPLICATE_API_TOKEN: 'replicate-token',
};

describe('upstreams of the environment', () => {
  test('are one for each kind whose variable is set, named as the kind', () => {
    const { upstreams, routes } = resolve(everyVariable);
    expect(upstreams.map(({ name, kind, credentials }) => [name, kind, credentials[0]?.key])).toEqual([
      ['gemini', 'gemini', 'gemini-key'],
      ['nano-banana', 'nano-banana', 'nano-banana-key'],
      ['openai', 'openai', 'openai-key'],
      ['fal', 'fal', 'fal-key'],
      ['replicate', 'replicate', 'replicate-token'],
    ]);
    expect(upstreams[1]).toMatchObject({ baseUrl: 'https://bananas.example', limits: {}, keyLimits: {} });
    expect([...routes.keys()]).toEqual([...shippedModels, ...gptModels].map(({ name }) => name));
    for (const { name } of shippedModels)
      expect(routes.get(name)?.map(({ upstreamName }) => upstreamName)).toEqual(
        upstreams.map((upstream) => upstream.name),
      );
  });

  test.each(Object.entries({ GEMINI: 'gemini', FAL: 'fal', REPLICATE: 'replicate', OPENAI: 'openai' }))(
    '%s alone serve every model with what the shipped table names',
    (start, kind) => {
      const variable = Object.keys(everyVariable).find((name) => name.startsWith(start)) ?? '';
      const { upstreams, routes } = resolve({ [variable]: 'the-key' });
      expect(upstreams).toHaveLength(1);
      for (const { name, servedBy } of shippedModels)
        expect(routes.get(name)).toEqual([
          { upstreamName: kind, upstreamModel: servedBy[kind as keyof typeof servedBy] },
        ]);
    },
  );

  test('have a pool of keys where the variable holds several, each with a label that does not give it away', () => {
    const [gemini] = resolve({ GEMINI_API_KEY: 'first-key, second-key' }).upstreams;
    expect(gemini?.credentials).toEqual([
      { label: labelOf('first-key'), key: 'first-key', limits: {} },
      { label: labelOf('second-key'), key: 'second-key', limits: {} },
    ]);
    expect(labelOf('first-key')).toMatch(/^key_[0-9a-f]{8}$/);
    expect(labelOf('first-key')).not.toBe(labelOf('second-key'));
  });

  test('may be a server without keys where it speaks OpenAI’s API at an address of its own', () => {
    const [openai] = resolve({ OPENAI_BASE_URL: 'http://localai:8080/v1' }).upstreams;
    expect(openai).toMatchObject({
      kind: 'openai',
      baseUrl: 'http://localai:8080/v1',
      credentials: [{ label: 'no_key', limits: {} }],
    });
  });

  test('are the sandbox alone where nothing is configured, and never the sandbox beside others', () => {
    const { upstreams, routes } = resolve({ GEMINI_BASE_URL: 'https://proxy.example' });
    expect(upstreams.map(({ kind }) => kind)).toEqual(['sandbox']);
    for (const { name } of shippedModels)
      expect(routes.get(name)).toEqual([{ upstreamName: 'sandbox', upstreamModel: name }]);
    expect(resolve(everyVariable).upstreams.map(({ kind }) => kind)).not.toContain('sandbox');
  });
});

const worked = `
upstreams:
  eu:
    kind: gemini
    base_url: https://gateway.example/eu/
    keys:
      - text-key
      - { name: team-b, env: TEAM_B, requests_per_minute: 5 }
    timeout_seconds: 120
    concurrency: 20
    requests_per_minute: 100
    pictures_per_minute: "60"
    requests_per_day: 1000
    quota_reset: { at: "06:30", time_zone: Europe/Berlin }
    per_key: { concurrency: 4, pictures_per_minute: 30 }
  fal:
  test: { kind: sandbox, concurrency: 1 }
routes:
  nano-banana-pro:
    - { upstream: eu, weight: 3 }
    - { upstream: fal, weight: 0.5 }
    - { upstream: test }
  sdxl:
    - { upstream: fal, model: fal-ai/fast-sdxl }
`;
const workedEnvironment = { TEAM_B: 'team-b-key', FAL_KEY: 'fal-key', REPLICATE_API_TOKEN: 'token' };

describe('upstreams of the file', () => {
  test('have all that the file says, in the units of the server', () => {
    const [eu, fal, sandbox] = resolve(workedEnvironment, worked).upstreams;
    expect(eu).toEqual({
      name: 'eu',
      kind: 'gemini',
      baseUrl: 'https://gateway.example/eu',
      timeoutMs: 120_000,
      limits: { concurrency: 20, requestsPerMinute: 100, picturesPerMinute: 60, dailyRequests: 1000 },
      keyLimits: { concurrency: 4, picturesPerMinute: 30 },
      quotaReset: { hour: 6, minute: 30, timeZone: 'Europe/Berlin' },
      credentials: [
        { label: labelOf('text-key'), key: 'text-key', limits: {} },
        { label: 'team-b', key: 'team-b-key', limits: { requestsPerMinute: 5 } },
      ],
    });
    expect(fal?.credentials.map(({ key }) => key)).toEqual(['fal-key']);
    expect(sandbox).toMatchObject({ kind: 'sandbox', limits: { concurrency: 1 } });
  });

  test('come before those of the environment, in the order of the file', () => {
    const { upstreams } = resolve(
      everyVariable,
      'upstreams: { replicate: , b: { kind: openai, key: k }, a: { kind: openai, key: k } }',
    );
    expect(upstreams.map(({ name }) => name)).toEqual([
      'replicate',
      'b',
      'a',
      'gemini',
      'nano-banana',
      'openai',
      'fal',
    ]);
  });

  test('take keys and address of their kind’s variables where they have its name and none of their own', () => {
    const environment = { ...everyVariable, GEMINI_BASE_URL: 'https://proxy.example' };
    const yaml = `upstreams: { gemini: { key: own-key }, nano-banana: { base_url: "http://b" }, eu: { kind: gemini, key: k } }`;
    const [gemini, bananas, eu] = resolve(environment, yaml).upstreams;
    expect(gemini).toMatchObject({ baseUrl: 'https://proxy.example', credentials: [{ key: 'own-key' }] });
    expect(bananas).toMatchObject({ baseUrl: 'http://b', credentials: [{ key: 'nano-banana-key' }] });
    expect(eu).not.toHaveProperty('baseUrl');
  });

  test('have their day end where their kind has it end, at midnight', () => {
    const { upstreams } = resolve(
      everyVariable,
      'upstreams: { eu: { kind: gemini, key: k, quota_reset: { at: "01:05" } } }',
    );
    const resets = new Map(upstreams.map(({ name, quotaReset }) => [name, quotaReset]));
    expect(resets.get('eu')).toEqual({ hour: 1, minute: 5, timeZone: 'America/Los_Angeles' });
    expect(resets.get('gemini')).toEqual({ hour: 0, minute: 0, timeZone: 'America/Los_Angeles' });
    expect(resets.get('fal')).toEqual({ hour: 0, minute: 0, timeZone: 'UTC' });
  });

  test('may be given a pool by the variable that a key names, with limits for each', () => {
    const yaml = 'upstreams: { eu: { kind: fal, keys: [{ env: POOL, requests_per_day: 7 }, third] } }';
    const [eu] = resolve({ POOL: 'first,second' }, yaml).upstreams;
    expect(eu?.credentials.map(({ key, limits }) => [key, limits.dailyRequests])).toEqual([
      ['first', 7],
      ['second', 7],
      ['third', undefined],
    ]);
  });
});

test('the file that docs/upstreams/README.md works out is taken, and means what is said there', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/upstreams/README.md'), 'utf8');
  const yaml = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  const environment = { GEMINI_API_KEY: 'g', GEMINI_KEY_A: 'a', GEMINI_KEY_B: 'b', FAL_KEY: 'f' };
  const { upstreams, models, routes } = resolve(environment, yaml);
  expect(upstreams.map(({ name }) => name)).toEqual(['gemini', 'gemini-eu', 'fal', 'sandbox']);
  expect(models.slice(shippedModels.length + gptModels.length).map(({ name }) => name)).toEqual([
    'nano-banana-classic',
    'test',
  ]);
  expect(routes.get('nano-banana')?.map(({ upstreamName }) => upstreamName)).toEqual([
    'gemini',
    'gemini-eu',
    'fal',
  ]);
});

describe('routes', () => {
  test('serve a model in their order, with their weights, by the shipped table where they name no model', () => {
    const { routes } = resolve(workedEnvironment, worked);
    expect(routes.get('nano-banana-pro')).toEqual([
      { upstreamName: 'eu', upstreamModel: 'gemini-3-pro-image', weight: 3 },
      { upstreamName: 'fal', upstreamModel: 'fal-ai/nano-banana-pro', weight: 0.5 },
      { upstreamName: 'test', upstreamModel: 'nano-banana-pro' },
    ]);
  });

  test('make a new model of a new name', () => {
    const { routes, models } = resolve(workedEnvironment, worked);
    expect(routes.get('sdxl')).toEqual([{ upstreamName: 'fal', upstreamModel: 'fal-ai/fast-sdxl' }]);
    expect(models.map(({ name }) => name)).toEqual([
      ...[...shippedModels, ...gptModels].map(({ name }) => name),
      'sdxl',
    ]);
    expect(models.at(-1)).toEqual({ name: 'sdxl', custom: true });
    expect(
      parseConfig(
        { PLANTAIN_DEFAULT_MODEL: 'SDXL' },
        { name: 'f', text: 'routes: { sdxl: [{ upstream: sandbox }] }' },
      ).config.resolved.routes.get('sdxl'),
    ).toEqual([{ upstreamName: 'sandbox', upstreamModel: 'sdxl' }]);
  });

  test('leave a model that they do not name to every upstream that is real', () => {
    expect(routeOf(workedEnvironment, worked, 'nano-banana')).toEqual([
      'eu: gemini-3.1-flash-lite-image',
      'fal: google/nano-banana-2-lite',
      'replicate: google/nano-banana-2-lite',
    ]);
    expect(routeOf({}, 'upstreams: { a: { kind: sandbox }, sandbox: }', 'nano-banana')).toEqual([
      'a: nano-banana',
      'sandbox: nano-banana',
    ]);
  });
});

describe('prices', () => {
  test('are those for the upstream, else for its kind, else the shipped ones, each as a whole', () => {
    const { priceOf } = resolve(
      {},
      `prices:
  gemini/gemini-3-pro-image: { picture: { 1K: 0.1, 512: 0.05 } }
  eu/gemini-3-pro-image: { input: 1, output_image: "100" }
  eu/a/b: { picture: 0 }
upstreams: { eu: { kind: gemini, key: k } }`,
    );
    expect(priceOf('eu', 'gemini', 'gemini-3-pro-image')).toEqual({ input: 1, output_image: 100 });
    expect(priceOf('us', 'gemini', 'gemini-3-pro-image')).toEqual({ picture: { '1K': 0.1, '512': 0.05 } });
    expect(priceOf('eu', 'gemini', 'a/b')).toEqual({ picture: 0 });
    expect(priceOf('eu', 'gemini', 'gemini-nano-banana-2.1')).toMatchObject({ input: 1.5, output_image: 30 });
    expect(priceOf('eu', 'gemini', 'unheard-of')).toBeUndefined();
  });

  test('of the sandbox are nothing, unless something else is wanted to test with', () => {
    const { priceOf } = resolve({}, 'prices: { sandbox/nano-banana: { picture: 0.04 } }');
    expect(priceOf('sandbox', 'sandbox', 'nano-banana-pro')).toEqual({ picture: 0 });
    expect(priceOf('sandbox', 'sandbox', 'nano-banana')).toEqual({ picture: 0.04 });
  });
});
