import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './parse-config.ts';

type Environment = Record<string, string>;

function faultsOf(environment: Environment, yaml = ''): readonly string[] {
  try {
    parseConfig(environment, { name: 'plantain.yaml', text: yaml });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('faults of upstreams, routes and prices', () => {
  test.each<[Environment, string, RegExp]>([
    [
      { NANO_BANANA_API_KEY: 'k' },
      '',
      /^upstreams\.nano-banana has no base_url, and NANO_BANANA_BASE_URL is/,
    ],
    [
      { NANO_BANANA_BASE_URL: 'http://b' },
      '',
      /^upstreams\.nano-banana has no key, and NANO_BANANA_API_KEY is/,
    ],
    [{ FAL_KEY: 'k,k' }, '', /^fal_key\[1\] is the same key as fal_key\[0\]$/],
    [{ FAL_KEY: ',' }, '', /^fal_key \(FAL_KEY\) must be a key/],
    [{ FAL_KEY: 'k,a b' }, '', /^fal_key\[1\] \(FAL_KEY\) must be visible ASCII/],
    [{}, 'upstreams: [gemini]', /^upstreams \(plantain\.yaml\) must hold "name: value" lines$/],
    [
      {},
      'upstreams: { EU: { kind: fal, key: k } }',
      /^upstreams has an entry with a wrong name: .*at most 40/,
    ],
    [{}, `upstreams: { ${'x'.repeat(41)}: { kind: sandbox } }`, /^upstreams has an entry with a wrong name/],
    [{}, 'upstreams: { 12: { kind: sandbox } }', /^upstreams has an entry with a wrong name/],
    [{}, 'upstreams: { eu: { key: k } }', /^upstreams\.eu\.kind is missing/],
    [
      {},
      'upstreams: { eu: { kind: midjourney } }',
      /^upstreams\.eu\.kind \(plantain\.yaml\) must be one of gemini,/,
    ],
    [{}, 'upstreams: { fal: { kind: gemini, key: k } }', /^upstreams\.fal\.kind must be fal, or/],
    [{}, 'upstreams: { sandbox: { kind: gemini, key: k } }', /^upstreams\.sandbox\.kind must be sandbox, or/],
    [{}, 'upstreams: { eu: { kind: sandbox, key: k } }', /^upstreams\.eu\.key has no meaning for a sandbox$/],
    [{}, 'upstreams: { eu: 7 }', /^upstreams\.eu \(plantain\.yaml\) must hold "name: value" lines$/],
    [
      {},
      'upstreams: { eu: { kind: sandbox, concurency: 7 } }',
      /^upstreams\.eu .* has no member concurency; there are kind, /,
    ],
    [
      {},
      'upstreams: { eu: { kind: sandbox, concurrency: 0 } }',
      /^upstreams\.eu\.concurrency .* must be at least 1$/,
    ],
    [
      {},
      'upstreams: { eu: { kind: sandbox, per_key: { requests_per_day: x } } }',
      /^upstreams\.eu\.per_key\.requests_per_day /,
    ],
    [{ FAL_KEY: 'k' }, 'upstreams: { eu: { kind: fal } }', /^upstreams\.eu has no key$/],
    [{}, 'upstreams: { fal: }', /^upstreams\.fal has no key, and FAL_KEY is not set$/],
    [{}, 'upstreams: { openai: }', /^upstreams\.openai has no key, and OPENAI_API_KEY is not set$/],
    [{}, 'upstreams: { eu: { kind: fal, key: k, keys: [l] } }', /^upstreams\.eu .* has both key and keys/],
    [{}, 'upstreams: { eu: { kind: fal, keys: [] } }', /^upstreams\.eu\.keys .* must have at least one key$/],
    [{}, 'upstreams: { eu: { kind: fal, keys: k } }', /^upstreams\.eu\.keys .* must be a list of keys$/],
    [
      {},
      'upstreams: { eu: { kind: fal, keys: [k, k] } }',
      /^upstreams\.eu\.keys\[1\] is the same key as upstreams\.eu\.keys\[0\]$/,
    ],
    [
      {},
      'upstreams: { eu: { kind: fal, keys: [{ name: a, key: k }, { name: a, key: l }] } }',
      /^upstreams\.eu\.keys\[1\] has the same name as upstreams\.eu\.keys\[0\]$/,
    ],
    [{}, 'upstreams: { eu: { kind: fal, keys: [{ name: A, key: k }] } }', /^upstreams\.eu\.keys\[0\]\.name /],
    [
      {},
      'upstreams: { eu: { kind: fal, keys: [{ name: a }] } }',
      /^upstreams\.eu\.keys\[0\] .* must have either key, .*, or env/,
    ],
    [
      {},
      'upstreams: { eu: { kind: fal, keys: [{ key: k, env: E }] } }',
      /^upstreams\.eu\.keys\[0\] .* must have either key/,
    ],
    [
      { E: '' },
      'upstreams: { eu: { kind: fal, keys: [k, { env: E }] } }',
      /^upstreams\.eu\.keys\[1\]\.env names a variable that is not set$/,
    ],
    [
      { E: 'a b' },
      'upstreams: { eu: { kind: fal, key: { env: E } } }',
      /^upstreams\.eu\.key\.env names a variable that can't be used: it must be visible/,
    ],
    [
      { E: 'a,a' },
      'upstreams: { eu: { kind: fal, key: { env: E } } }',
      /^upstreams\.eu\.key\.env\[1\] is the same key as upstreams\.eu\.key\.env\[0\]$/,
    ],
    [
      {},
      'prices: { fal/x: { picture: free } }',
      /^prices\.fal\/x\.picture .* must be a price in US dollars, or one for each of the sizes/,
    ],
    [
      {},
      'model_names: { dall-e-3: nano }',
      /^model_names\.dall-e-3 leads to no model: there is none named nano$/,
    ],
    [{}, 'model_names: { nano-banana: nano-banana-pro }', /^model_names\.nano-banana is a model that/],
    [{}, 'selling_prices: { nano-banana: 1e9 }', /^selling_prices\.nano-banana .* must be at most 1000000$/],
    [
      { E: 'a,b' },
      'upstreams: { eu: { kind: fal, key: { name: n, env: E } } }',
      /^upstreams\.eu\.key\.name stands for one key/,
    ],
    [
      {},
      'upstreams: { eu: { kind: sandbox, quota_reset: { time_zone: Mars/Olympus } } }',
      /^upstreams\.eu\.quota_reset\.time_zone .* must be a time zone/,
    ],
    [
      {},
      'upstreams: { eu: { kind: sandbox, quota_reset: { at: "24:00" } } }',
      /^upstreams\.eu\.quota_reset\.at .* must be a time of day/,
    ],
    [
      {},
      'upstreams: { eu: { kind: fal, key: k, base_url: "http://u:p@h" } }',
      /^upstreams\.eu\.base_url .* must have no user name/,
    ],
    [
      {},
      'routes: { gemini-3-pro-image: [{ upstream: sandbox }] }',
      /^routes\.gemini-3-pro-image is another name of nano-banana-pro; use nano-banana-pro$/,
    ],
    [
      {},
      'routes: { Nano-Banana: [{ upstream: sandbox }] }',
      /^routes\.Nano-Banana is another name of nano-banana; use/,
    ],
    [
      {},
      'routes: { sdxl: [{ upstream: sandbox }], SDXL: [{ upstream: sandbox }] }',
      /^routes\.SDXL is there twice/,
    ],
    [{}, 'routes: { "a b": [{ upstream: sandbox }] }', /^routes\.a b must be named/],
    [{}, 'routes: { nano-banana: [] }', /^routes\.nano-banana .* must have at least one upstream$/],
    [
      {},
      'routes: { nano-banana: { upstream: sandbox } }',
      /^routes\.nano-banana .* must be a list of upstreams$/,
    ],
    [
      { FAL_KEY: 'k' },
      'routes: { nano-banana: [{ upstream: fal }, { upstream: sandbox }] }',
      /^routes\.nano-banana\[1\]\.upstream is no upstream; there are fal$/,
    ],
    [
      { FAL_KEY: 'k' },
      'routes: { sdxl: [{ upstream: fal }] }',
      /^routes\.sdxl\[0\]\.model is missing: nothing is known to serve sdxl at fal$/,
    ],
    [
      {},
      'routes: { nano-banana: [{ upstream: sandbox }, { upstream: sandbox }] }',
      /^routes\.nano-banana\[1\] is in the list already$/,
    ],
    [
      {},
      'routes: { nano-banana: [{ upstream: sandbox, weight: 0 }] }',
      /^routes\.nano-banana\[0\]\.weight .* must be above 0$/,
    ],
    [
      {},
      'routes: { nano-banana: [{ upstream: sandbox, weight: .inf }] }',
      /^routes\.nano-banana\[0\]\.weight .* must be a number$/,
    ],
    [
      {},
      'prices: { gpt-image-2: { input: 1 } }',
      /^prices\.gpt-image-2 must be named as upstream\/model or kind\/model/,
    ],
    [{}, 'prices: { eu/x: { input: 1 } }', /^prices\.eu\/x must be named/],
    [{}, 'prices: { fal/x: { input: -1 } }', /^prices\.fal\/x\.input .* must be at least 0$/],
    [
      {},
      'prices: { fal/x: { picture: { 8K: 1 } } }',
      /^prices\.fal\/x\.picture .* has a member that is no setting; there are 512, 1K, 2K, 4K$/,
    ],
    [{}, 'unknown_retries: 11', /^unknown_retries .* must be at most 10$/],
  ])('%j with %s', (environment, yaml, fault) => {
    expect(faultsOf(environment, yaml)).toEqual([expect.stringMatching(fault)]);
  });

  test('are all in one report, and what refers to a faulty upstream is none', () => {
    const yaml = `
upstreams: { eu: { kind: gemini, key: k, concurrency: 0 }, us: { kind: fal, key: { env: NOT_SET } }, ok: { kind: fal, key: k } }
routes:
  nano-banana: [{ upstream: eu }, { upstream: us }, { upstream: gemini }, { upstream: nowhere }, { upstream: ok }]
  nano-banana-2: []
prices: { eu/x: { input: 1 }, us/x: { input: 1 }, nowhere/x: { input: 1 } }
default_model: nano-banana-2`;
    expect(faultsOf({ GEMINI_API_KEY: 'a b' }, yaml)).toEqual([
      expect.stringMatching(/^gemini_api_key\[0\] \(GEMINI_API_KEY\) /),
      expect.stringMatching(/^upstreams\.eu\.concurrency /),
      expect.stringMatching(/^routes\.nano-banana-2 /),
      expect.stringMatching(/^upstreams\.us\.key\.env /),
      'routes.nano-banana[3].upstream is no upstream; there are ok',
      expect.stringMatching(/^prices\.nowhere\/x /),
    ]);
  });

  test('never show a key, in whatever place of an upstream it ended up', () => {
    const secret = fc
      .tuple(
        fc.stringMatching(/^(?:AIza|sk-|r8_|)[A-Z][A-Za-z0-9_-]{16,30}$/),
        fc.constantFrom('', ':x', ' x'),
      )
      .map((parts) => parts.join(''));
    const places = fc.constantFrom<((key: string) => unknown)[]>(
      (key) => ({ [key]: { kind: 'fal', key: 'k', concurrency: 0 } }),
      (key) => ({ [key]: key }),
      (key) => ({ eu: key }),
      (key) => ({ eu: { kind: key } }),
      (key) => ({ eu: { kind: 'fal', [key]: key } }),
      (key) => ({ eu: { kind: 'fal', key, keys: [key] } }),
      (key) => ({ eu: { kind: 'fal', keys: [key, key] } }),
      (key) => ({ eu: { kind: 'fal', keys: { [key]: key } } }),
      (key) => ({ eu: { kind: 'fal', keys: [{ env: key }] } }),
      (key) => ({ eu: { kind: 'fal', keys: [{ name: key, key }] } }),
      (key) => ({ eu: { kind: 'fal', key: `${key} ${key}` } }),
      (key) => ({ eu: { kind: 'fal', key: 'k', base_url: `https://${key}@host` } }),
      (key) => ({ eu: { kind: 'fal', key: 'k', quota_reset: { at: key, time_zone: key } } }),
    );
    fc.assert(
      fc.property(secret, places, (hidden, place) => {
        const faults = faultsOf({}, JSON.stringify({ upstreams: place(hidden) }));
        expect(faults).not.toEqual([]);
        expect(faults.join('\n').toLowerCase()).not.toContain(hidden.toLowerCase());
      }),
    );
  });
});
