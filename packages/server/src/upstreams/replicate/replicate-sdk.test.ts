// Holds the loopback server and the adapter against Replicate's own client, which knows the wire better than we do.

import Replicate from 'replicate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { operationFor, pollOf, secretPrompt as prompt } from '../faults.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { openReplicate, plain, replicateHarness, versioned } from './replicate.fixture.ts';
import type { OpenReplicate } from './replicate.fixture.ts';

let server: OpenReplicate;
beforeEach(async () => {
  server = await openReplicate();
});
afterEach(() => server.close());

const image = `data:image/png;base64,${smallPng.toString('base64')}`;
const wait = { mode: 'poll', interval: 5 } as const;

function client() {
  return new Replicate({ auth: server.key, baseUrl: server.url });
}

async function run(model: string): Promise<void> {
  const replicate = server.create();
  const request = { ...plain, model, inputs: [smallPicture], aspectRatio: '16:9', imageSize: '2K' as const };
  await pollOf(replicate, (await operationFor(replicate, request)).operation);
}

test.each(['google/nano-banana-2', versioned] as const)(
  "Replicate's client gets its picture of %s from the loopback server, and sends what the adapter sends",
  async (model) => {
    const output = await client().run(model, {
      input: { prompt, output_format: 'png', aspect_ratio: '16:9', resolution: '2K', image_input: [image] },
      wait,
    });
    // Only links with https are made into files by the client.
    const bytes = await (await fetch(output as unknown as string)).bytes();
    expect(Buffer.from(bytes)).toEqual(smallPng);

    await run(model);
    const [theirs, ours] = server.seen('start');
    expect(ours?.path).toBe(theirs?.path);
    expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)));
    expect(ours?.headers.authorization).toBe(theirs?.headers.authorization);
    expect(server.seen('poll').map(({ path }) => path)).toEqual([
      '/v1/predictions/prediction0',
      '/v1/predictions/prediction1',
    ]);
  },
);

test("Replicate's client uploads a picture, cancels and asks for the account as the adapter does", async () => {
  const replicate = client();
  await replicate.run('google/nano-banana', { input: { prompt, image_input: [smallPng] }, wait });
  await replicate.predictions.cancel('prediction0');
  await replicate.accounts.current();
  const [upload] = server.uploads;
  expect(upload?.body.toString('latin1')).toContain('name="content"; filename=');
  expect(JSON.parse(String(server.seen('start')[0]?.body))).toEqual({
    input: { prompt, image_input: ['https://api.replicate.com/v1/files/f1'] },
  });

  const ours = server.create();
  await ours.cancel?.({ id: 'prediction0' }, new AbortController().signal);
  await ours.check(new AbortController().signal);
  const calls = server.others.map(({ method, path }) => `${method} ${path}`);
  expect(calls.slice(2)).toEqual(calls.slice(0, 2));
});

test("Replicate's client takes the refusals of the loopback server for Replicate's", async () => {
  server.answer('poll', replicateHarness.refusals['content refused']);
  await expect(client().run('google/nano-banana', { input: { prompt }, wait })).rejects.toThrow(
    'Prediction failed: The input or output was flagged as sensitive.',
  );
  server.answer('start', replicateHarness.refusals['no credit']);
  await expect(client().run('google/nano-banana', { input: { prompt }, wait })).rejects.toMatchObject({
    name: 'ApiError',
    response: { status: 402 },
  });
});
