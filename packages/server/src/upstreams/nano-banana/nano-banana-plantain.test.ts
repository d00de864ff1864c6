// The official client of this wire is this server itself: the adapter against a whole one, with the sandbox behind it.

import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type {
  OperationFailure,
  OperationProgress,
  StartedOperation,
  Upstream,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { adminKey, startServer } from '../../http/server.fixture.ts';
import type { TestServer } from '../../http/server.fixture.ts';
import { createAddressPolicy } from '../../lib/addresses.ts';
import { newTaskId } from '../../lib/ids.ts';
import { createGuardedHop } from '../../outside/guarded-hop.ts';
import { startS3Server, testBucket, testCredentials } from '../../pictures/stores/s3-server.fixture.ts';
import { contextOf, failureOf, pollOf } from '../faults.fixture.ts';
import { createNanoBanana } from './nano-banana.ts';

const request: UpstreamRequest = {
  action: 'generate',
  model: 'nano-banana-pro',
  prompt: 'a plantain on a table [[text A plantain.]]',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '2K',
};
const context = contextOf();

let plantain: TestServer;
beforeAll(async () => {
  plantain = await startServer({ MAX_TRIES: '1' });
});

function upstreamOf(apiKey = adminKey, baseUrl = plantain.url) {
  const fetchPublic = () => Promise.reject(new Error('its links are its own'));
  return createNanoBanana({ apiKey, baseUrl, fetchPublic });
}

async function start(more: Partial<UpstreamRequest> = {}, url = plantain.url): Promise<StartedOperation> {
  const started = await upstreamOf(adminKey, url).start({ ...request, ...more }, context);
  if (!('operation' in started)) throw new Error('no task was named');
  return started;
}

/** Every answer on the way to the end, the end last. */
async function follow({ operation }: StartedOperation, url = plantain.url) {
  const answers: (UpstreamResult | OperationFailure | OperationProgress)[] = [];
  for (;;) {
    const answer = await upstreamOf(adminKey, url).poll?.(operation, context);
    if (answer === undefined) throw new Error('nothing can be asked');
    answers.push(answer);
    if ('pictures' in answer || 'failure' in answer) return { answers, end: answer };
    await delay(10);
  }
}

async function pictureFrom(started: StartedOperation) {
  const { end } = await follow(started);
  if (!('pictures' in end)) throw new Error(end.failure.message);
  const metadata = await Promise.all(end.pictures.map((bytes) => sharp(bytes).metadata()));
  return { ...end, metadata };
}

describe('a real Plantain', () => {
  test('takes every member that it is sent, and gives the picture', async () => {
    const started = await start({ seed: 7 });
    expect(started.warnings).toEqual([]);
    const { description, warnings, metadata } = await pictureFrom(started);
    expect({ description, warnings }).toEqual({ description: 'A plantain.', warnings: [] });
    expect(metadata).toMatchObject([{ format: 'png' }]);
    const { width = 0, height = 1 } = metadata[0] ?? {};
    expect(width / height).toBeCloseTo(16 / 9, 1);
    expect(Math.max(width, height)).toBeGreaterThan(2_000);
  });

  test('takes pictures of every type that this server takes, though its model has one size only', async () => {
    const drawing = sharp({ create: { width: 40, height: 60, channels: 3, background: 'teal' } });
    const formats = ['png', 'jpeg', 'webp', 'gif', 'avif'] as const;
    const inputs = await Promise.all(
      formats.map(async (format) => ({
        bytes: await drawing.clone().toFormat(format).toBuffer(),
        contentType: `image/${format}`,
        width: 40,
        height: 60,
      })),
    );
    const started = await start({
      action: 'edit',
      model: 'nano-banana',
      inputs,
      aspectRatio: 'auto',
      imageSize: '1K',
    });
    expect(started.warnings).toEqual([]);
    const { pictures } = await pictureFrom(started);
    expect(pictures).toHaveLength(1);
    const { action } = await plantain.task(started.operation['taskId'] ?? '');
    expect(action).toBe('edit');
  });

  test('gives several pictures in their order, and its warnings', async () => {
    const { pictures, warnings } = await pictureFrom(
      await start({ prompt: '[[images 3]] [[banana]]', imageSize: '1K' }),
    );
    expect(pictures).toHaveLength(3);
    expect(warnings).toEqual([
      expect.stringContaining('Directive 2 of the prompt did nothing'),
      '1 picture was asked for, and the upstream made 3.',
    ]);
  });

  test('is followed while it works', async () => {
    const { answers } = await follow(await start({ prompt: '[[delay 400ms]]', imageSize: '1K' }));
    const progress = answers.flatMap((answer) => ('progress' in answer ? [answer.progress] : []));
    expect(progress.length).toBeGreaterThan(0);
    expect(progress).toEqual(progress.toSorted((a = 0, b = 0) => a - b));
  });

  // Each at a server of its own: a fault of the account would keep the tasks that follow from being tried.
  test.each([
    ['content_rejected', 'content_rejected', false],
    ['no_image', 'no_image', true],
    ['upstream_auth', 'upstream_unavailable', true],
    ['upstream_rate_limited', 'upstream_unavailable', true],
  ])('that fails with %s is understood', async (theirs, type, retryable) => {
    const { url } = await startServer({ MAX_TRIES: '1' });
    const { end } = await follow(await start({ prompt: `[[fail ${theirs}]]` }, url), url);
    expect(end).toMatchObject({
      failure: { type, retryable, upstreamReason: `${theirs} sandbox directive: fail ${theirs}` },
    });
  });

  test('refuses another key, and a model that it does not know', async () => {
    const refused = upstreamOf('plantain_test_key_of_nobody').start(request, context);
    expect(await failureOf(refused)).toMatchObject({
      type: 'upstream_auth',
      upstreamReason: '401 unauthenticated',
    });
    expect(await failureOf(start({ model: 'of-tomorrow' }))).toMatchObject({
      type: 'upstream_bad_request',
      modelUnknown: true,
    });
  });

  test('is asked whether it takes the key', async () => {
    const { signal } = context;
    expect(await upstreamOf().check(signal)).toMatch(/takes the key/);
    expect(await failureOf(upstreamOf('plantain_test_key_of_nobody').check(signal))).toMatchObject({
      type: 'upstream_auth',
    });
  });

  test('is not found by the check below a base URL that ends too late', async () => {
    for (const more of ['/v1', '/api/gemini/nano-banana']) {
      const misled = upstreamOf(adminKey, plantain.url + more).check(context.signal);
      expect((await failureOf(misled)).message).toContain('check the base URL');
    }
  });

  test('says so when it does not know a task, and takes a cancel for what it is', async () => {
    const operation = { taskId: newTaskId() };
    expect(await upstreamOf().poll?.(operation, context)).toMatchObject({
      failure: { upstreamReason: '404 task unknown' },
    });
    await expect(upstreamOf().cancel?.(operation, context.signal)).resolves.toBeUndefined();
  });
});

test('a Plantain in front of another hands on its pictures byte by byte, and the reasons of its failures', async () => {
  const behind = upstreamOf();
  const taken: string[] = [];
  const prompts = new Set<string>();
  const upstream: Upstream = {
    ...behind,
    async start(...asked) {
      const started = await behind.start(...asked);
      if ('operation' in started) taken.push(started.operation['taskId'] ?? '');
      return started;
    },
    poll(operation, asked) {
      prompts.add(asked.prompt);
      return pollOf(behind, operation, asked);
    },
  };
  const front = await startServer({ MAX_TRIES: '1' }, { upstream });
  const made = await front.final(await front.submit({ prompt: 'a plantain [[text Of the other.]]' }));
  expect(made).toMatchObject({ state: 'succeeded', data: { description: 'Of the other.' } });
  const [its] = (await plantain.task(taken[0] ?? '')).image_details ?? [];
  const [details] = made.image_details ?? [];
  expect(details?.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect({ ...details, receipt: null }).toEqual({ ...its, receipt: null });
  expect([details?.receipt?.upstream, its?.receipt?.upstream]).toEqual([
    made.attempts[0]?.upstream,
    'sandbox',
  ]);
  const failed = await front.final(await front.submit({ prompt: '[[fail content_rejected]]' }));
  expect(failed).toMatchObject({ state: 'error', error: { type: 'content_rejected' } });
  expect([...prompts]).toEqual(['a plantain [[text Of the other.]]', '[[fail content_rejected]]']);
});

describe('a Plantain whose links lead to its bucket', () => {
  test('gives its picture where the operator lists the bucket, and says so where it is inside and not listed', async () => {
    const s3 = await startS3Server();
    onTestFinished(() => s3.close());
    const server = await startServer({
      PICTURE_STORE: 's3',
      S3_LINKS: 'redirect',
      S3_BUCKET: testBucket,
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY_ID: testCredentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    });
    onTestFinished(() => server.stop());
    const { host } = new URL(s3.endpoint);
    const upstreamWith = (allowed: string[]) =>
      createNanoBanana({
        apiKey: adminKey,
        baseUrl: server.url,
        fetchPublic: createGuardedHop({
          policy: createAddressPolicy(allowed),
          limits: { maxBytes: 1e8, totalMs: 60_000 },
        }),
      });
    const { operation } = await start({ imageSize: '1K' }, server.url);
    await server.final(operation['taskId'] ?? '');
    const end = await pollOf(upstreamWith([host]), operation);
    if (!('pictures' in end)) throw new Error('There is no picture.');
    expect(await sharp(end.pictures[0]).metadata()).toMatchObject({ format: 'png' });

    expect(await failureOf(pollOf(upstreamWith([]), operation))).toMatchObject({
      retryable: false,
      answered: true,
      message: expect.stringContaining(
        `${new URL(s3.endpoint).hostname} was not fetched: it leads to an address that is not allowed`,
      ) as string,
    });
  });
});
