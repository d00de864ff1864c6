// Holds the loopback server and the adapter against fal's own client, which knows the wire better than we do.

import { ApiError, ValidationError, createFalClient } from '@fal-ai/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contextOf } from '../faults.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { falHarness, openFal, queued } from './fal.fixture.ts';
import type { OpenFal } from './fal.fixture.ts';

let fal: OpenFal;
beforeEach(async () => {
  fal = await openFal();
});
afterEach(() => fal.close());

/** fal's client has no setting for the host, but lets a middleware change the address of each request. */
function client() {
  return createFalClient({
    credentials: fal.key,
    requestMiddleware: (request) =>
      Promise.resolve({ ...request, url: request.url.replace('https://queue.fal.run', fal.url) }),
  });
}

const image = `data:image/png;base64,${smallPng.toString('base64')}`;

test("fal's client gets its picture from the loopback server, and submits the body that the adapter submits", async () => {
  fal.states.push(queued);
  const result = await client().subscribe('fal-ai/nano-banana-2/edit', {
    input: {
      prompt: 'a plantain on a table',
      num_images: 1,
      output_format: 'png',
      aspect_ratio: '16:9',
      resolution: '2K',
      seed: 5,
      image_urls: [image],
    },
    pollInterval: 5,
  });
  expect(result.data.description).toBe('A plantain.');
  const bytes = await (await fetch(result.data.images[0]?.url ?? '')).bytes();
  expect(Buffer.from(bytes)).toEqual(smallPng);

  const context = contextOf();
  const started = await fal.create().start(
    {
      action: 'edit',
      model: 'fal-ai/nano-banana-2',
      prompt: 'a plantain on a table',
      inputs: [smallPicture],
      aspectRatio: '16:9',
      imageSize: '2K',
      seed: 5,
    },
    context,
  );
  if (!('operation' in started)) throw new Error('no operation');
  await fal.create().poll?.(started.operation, context);

  const [theirs, ours] = fal.seen('start');
  expect(ours?.path).toBe(theirs?.path);
  expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)));
  expect(ours?.headers.authorization).toBe(theirs?.headers.authorization);
  const asked = fal
    .seen('poll')
    .map(({ path }) => new URL(path, fal.url).pathname.replace(/[\w-]{36}/, 'ID'));
  expect(asked).toEqual([
    '/fal-ai/nano-banana-2/requests/ID/status',
    '/fal-ai/nano-banana-2/requests/ID/status',
    '/fal-ai/nano-banana-2/requests/ID',
    '/fal-ai/nano-banana-2/requests/ID/status',
    '/fal-ai/nano-banana-2/requests/ID',
  ]);
});

test("fal's client takes the refusals of the loopback server for fal's", async () => {
  const ask = async (): Promise<unknown> =>
    await client()
      .subscribe('fal-ai/nano-banana', { input: { prompt: 'a plantain' } })
      .catch((error: unknown) => error);

  fal.answer('poll', falHarness.refusals['content refused']);
  const refused = await ask();
  expect(refused).toBeInstanceOf(ValidationError);
  expect((refused as ValidationError).getFieldErrors('prompt')).toMatchObject([
    { type: 'content_policy_violation' },
  ]);

  fal.answer('start', falHarness.refusals['no credit']);
  const locked = await ask();
  expect(locked).toBeInstanceOf(ApiError);
  expect((locked as ApiError<unknown>).status).toBe(403);
});

test("fal's client cancels an operation of the loopback server as the adapter does", async () => {
  const { request_id: requestId } = await client().queue.submit('fal-ai/nano-banana/edit', {
    input: { prompt: 'a plantain', image_urls: [image] },
  });
  await client().queue.cancel('fal-ai/nano-banana/edit', { requestId });
  await fal.create().cancel?.({ model: 'fal-ai/nano-banana', requestId }, new AbortController().signal);
  const [theirs, ours] = fal.cancels;
  expect([ours?.method, ours?.path]).toEqual([theirs?.method, theirs?.path]);
});
