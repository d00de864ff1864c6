import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StartedOperation, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { base64Entry, createOn, imagesReply, startOpenAiLoopback } from './openai.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { contextOf, operationFor, pollOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';
import type { OpenAiOptions } from './openai.ts';

let loopback: OpenAiLoopback;
beforeEach(async () => {
  loopback = await startOpenAiLoopback();
});
afterEach(() => loopback.close());

const request = requestFor('sdxl');

/** The picture of an answer that holds only links, as the first question brings it. */
async function fetchWith(options: Partial<OpenAiOptions> = {}, signal = new AbortController().signal) {
  const upstream = createOn(loopback, options);
  const { operation } = await operationFor(upstream, request);
  return (await pollOf(upstream, operation, contextOf({ signal }))) as UpstreamResult;
}

async function start(options: Partial<OpenAiOptions> = {}, signal = new AbortController().signal) {
  return await createOn(loopback, options).start(request, contextOf({ signal }));
}

test('a link to the same server is called directly and without the credential', async () => {
  expect((await fetchWith()).pictures).toEqual([smallPng]);
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
  expect((await fetchWith({ fetchPublic })).pictures).toEqual([smallPng]);
  expect(asked).toEqual(['http://cdn.example/1.png']);
});

test('an answer with nothing but links is an operation that is asked at once, and its name holds no secret', async () => {
  const started = (await start()) as StartedOperation;
  expect(started).toMatchObject({ pollAfterMs: 0, warnings: [] });
  const stored = JSON.stringify(started.operation);
  expect(stored).toContain(`${loopback.url}/generated-images/b64.png`);
  expect(stored).not.toContain(request.prompt);
  expect(loopback.seenAt('download')).toEqual([]);
});

test('a link that can not be fetched is asked for by every question, and no picture is made anew', async () => {
  const upstream = createOn(loopback);
  const { operation } = await operationFor(upstream, request);
  loopback.answer('download', { status: 404, body: 'not yet' });
  for (const times of [1, 2]) {
    const error = await taskErrorOf(pollOf(upstream, operation));
    expect(error).toMatchObject({
      usage: { output_image_tokens: 1056 },
      failure: {
        type: 'upstream_unavailable',
        retryable: true,
        upstreamReason: 'picture not fetched',
        answered: true,
      },
    });
    expect(loopback.seenAt('download')).toHaveLength(times);
  }
  loopback.answer('download', null);
  expect(await pollOf(upstream, operation)).toMatchObject({
    pictures: [smallPng],
    description: '',
    warnings: [],
    usage: { output_image_tokens: 1056 },
  });
  expect(loopback.seenAt('start')).toHaveLength(1);
});

test.each(['file:///etc/passwd', 'Sorry, there is no link.', `http://cdn.example/${'a'.repeat(9_000)}`])(
  'an answer whose only link is %.40s ends at once, and may have been billed',
  async (url) => {
    loopback.answer('start', imagesReply({ url }));
    const { failure, usage } = await taskErrorOf(start());
    expect(usage).toMatchObject({ output_image_tokens: 1056 });
    expect(failure).toMatchObject({
      type: 'upstream_unavailable',
      retryable: false,
      answered: true,
      maybeBilled: true,
      message: expect.stringMatching(/[^.]\. The call may have been billed\.$/) as string,
    });
  },
);

test('a damaged picture beside a link costs only itself', async () => {
  loopback.answer('start', imagesReply({ b64_json: '@' }, { url: `${loopback.url}/generated-images/2.png` }));
  expect(await fetchWith()).toMatchObject({
    pictures: [smallPng],
    warnings: ['Of 2 pictures, 1 could not be taken.'],
  });
});

test('a link beside a whole picture is tried three times', async () => {
  let tries = 0;
  loopback.answer('start', imagesReply({ url: 'http://cdn.example/1.png' }, base64Entry));
  const fetchPublic = async () => {
    tries += 1;
    if (tries < 3) throw new Error('not yet');
    return { bytes: Buffer.from('first') };
  };
  expect(await start({ fetchPublic })).toMatchObject({
    pictures: [Buffer.from('first'), smallPng],
    warnings: [],
  });
});

test('one lost link among whole pictures costs only itself', async () => {
  loopback.answer('start', imagesReply(base64Entry, { url: `${loopback.url}/generated-images/2.png` }));
  loopback.answer('download', { status: 500, body: 'no' });
  expect(await start()).toMatchObject({
    pictures: [smallPng],
    warnings: ['Of 2 pictures, 1 could not be taken.'],
  });
});

test("an abort during a wait between two tries rejects at once with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error('the lease was lost');
  loopback.answer('start', imagesReply(base64Entry, { url: 'http://cdn.example/1.png' }));
  let tries = 0;
  const fetchPublic = async (): Promise<never> => {
    tries += 1;
    setImmediate(() => controller.abort(reason));
    throw new Error('refused');
  };
  await expect(start({ fetchPublic, linkWaitsMs: [60_000] }, controller.signal)).rejects.toBe(reason);
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
  await expect(fetchWith({ fetchPublic }, controller.signal)).rejects.toBe(reason);
});
