import { expect, test } from 'vitest';
import { falTarget } from './fal-target.ts';

const through = (target: string | undefined) =>
  falTarget('/fal/proxy', target === undefined ? {} : { 'x-fal-target-url': target });

test.each([
  ['/fal/fal-ai/nano-banana', '/fal/fal-ai/nano-banana'],
  ['/fal/fal-ai/nano-banana/edit?fal_webhook=a/b', '/fal/fal-ai/nano-banana%2Fedit?fal_webhook=a/b'],
  ['/fal/fal-ai/flux//dev/image-to-image/', '/fal/fal-ai/flux%2Fdev%2Fimage-to-image'],
  ['/fal/sync/fal-ai/nano-banana/edit', '/fal/sync/fal-ai/nano-banana%2Fedit'],
  ['/fal/workflows/me/mine/part', '/fal/me/mine%2Fpart'],
  ['/fal/a/b/requests/1/status?logs=1', '/fal/a/b/requests/1/status?logs=1'],
  ['/fal/a/b/c/d/requests/1/status/stream', '/fal/a/b/requests/1/status/stream'],
  ['/fal/a/b/c/requests/1/response', '/fal/a/b/requests/1'],
  ['/fal/rest/storage/upload/initiate?storage_type=x', '/fal/rest/storage/upload/initiate?storage_type=x'],
  ['/fal/a', '/fal/a'],
  ['/fal', '/fal'],
  ['/falcon/a/b/c', '/falcon/a/b/c'],
  ['/openai/v1/models', '/openai/v1/models'],
])('%s is %s', (url, target) => {
  expect(falTarget(url, {})).toBe(target);
});

test.each([
  ['https://queue.fal.run/a/b/requests/1?x=y', '/fal/a/b/requests/1?x=y'],
  ['https://fal.run/a/b/c', '/fal/sync/a/b%2Fc'],
  ['https://rest.fal.ai/storage/upload/initiate', '/fal/rest/storage/upload/initiate'],
])('of a proxy call, %s is %s', (target, path) => {
  expect(through(target)).toBe(path);
});

test.each([
  undefined,
  '',
  'fal.run/a/b',
  'https://fal.run.example.com/a/b',
  'https://constructor/a/b',
  'https://fal.run@example.com/a/b',
  `https://fal.run/${'a'.repeat(9_000)}`,
])('a proxy call to %s stays what it is', (target) => {
  expect(through(target)).toBe('/fal/proxy');
});
