import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { UpstreamResult } from '../../core/upstream.ts';
import { base64Entry, createOn, imagesReply, startOpenAiLoopback } from './openai.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { contextOf } from '../faults.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';
import type { OpenAiOptions } from './openai.ts';

let loopback: OpenAiLoopback;
beforeEach(async () => {
  loopback = await startOpenAiLoopback();
});
afterEach(() => loopback.close());

function make(options: Partial<OpenAiOptions> = {}, signal = new AbortController().signal) {
  return createOn(loopback, options).start(
    {
      action: 'generate',
      model: 'sdxl',
      prompt: 'a plantain',
      inputs: [],
      aspectRatio: '1:1',
      imageSize: '1K',
    },
    contextOf({ signal }),
  ) as Promise<UpstreamResult>;
}

test('a link to the same server is called directly and without the credential', async () => {
  expect((await make()).pictures).toEqual([smallPng]);
  const [download] = loopback.seenAt('download');
  expect(download?.path).toBe('/generated-images/b64.png');
  expect(download?.headers).not.toHaveProperty('authorization');
});

test('a link elsewhere goes through the guarded fetch only', async () => {
  const asked: string[] = [];
  loopback.answer('start', imagesReply({ url: 'http://cdn.example/1.png' }));
  const fetchPublic = async (url: string) => {
    asked.push(url);
    return { bytes: smallPng };
  };
  expect((await make({ fetchPublic })).pictures).toEqual([smallPng]);
  expect(asked).toEqual(['http://cdn.example/1.png']);
});

test('a link that fails twice is fetched at the third try', async () => {
  let tries = 0;
  loopback.answer('start', imagesReply({ url: 'http://cdn.example/1.png' }));
  const fetchPublic = async () => {
    tries += 1;
    if (tries < 3) throw new Error('not yet');
    return { bytes: smallPng };
  };
  expect((await make({ fetchPublic })).pictures).toEqual([smallPng]);
});

test('a link that can not be fetched is tried three times and may have been billed, with what was counted', async () => {
  loopback.answer('download', { status: 404, body: 'gone' });
  const error: unknown = await make().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TaskError);
  expect(error).toMatchObject({
    usage: { output_image_tokens: 1056 },
    failure: {
      type: 'upstream_unavailable',
      retryable: true,
      upstreamReason: 'picture not fetched',
      maybeBilled: true,
      unknownOutcome: true,
      message: expect.stringMatching(/[^.]\. The call may have been billed\.$/),
    },
  });
  expect(loopback.seenAt('download')).toHaveLength(3);
  expect(loopback.seenAt('start')).toHaveLength(1);
});

test('one lost link among whole pictures costs only itself', async () => {
  loopback.answer('start', imagesReply(base64Entry, { url: `${loopback.url}/generated-images/2.png` }));
  loopback.answer('download', { status: 500, body: 'no' });
  expect(await make()).toMatchObject({
    pictures: [smallPng],
    warnings: ['Of 2 pictures, 1 could not be taken.'],
  });
});

test("an abort during a wait between two tries rejects at once with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error('the lease was lost');
  loopback.answer('start', imagesReply({ url: 'http://cdn.example/1.png' }));
  let tries = 0;
  const fetchPublic = async (): Promise<never> => {
    tries += 1;
    setImmediate(() => controller.abort(reason));
    throw new Error('refused');
  };
  await expect(make({ fetchPublic, linkWaitsMs: [60_000] }, controller.signal)).rejects.toBe(reason);
  expect(tries).toBe(1);
});

test("an abort during a download rejects with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error('the server stops');
  loopback.answer('start', imagesReply({ url: 'http://cdn.example/1.png' }));
  const fetchPublic = (_url: string, signal: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason));
    controller.abort(reason);
    return promise;
  };
  await expect(make({ fetchPublic }, controller.signal)).rejects.toBe(reason);
});
