import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fitRequest } from '../../core/models/capabilities.ts';
import { TaskError } from '../../core/errors.ts';
import type {
  ArrivedPartialImage,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { contextOf } from '../faults.fixture.ts';
import { sleep } from './pace.ts';
import { createSandbox } from './sandbox.ts';

const request: UpstreamRequest = {
  action: 'generate',
  model: 'nano-banana-2',
  prompt: 'a cat in a hat',
  inputs: [],
  aspectRatio: '1:1',
  imageSize: '512',
};

/** One run with a clock that passes at once; `waitedMs` adds up what was slept. */
function run(prompt: string, { attempt = 1, durationMs = 8000, imageSize = request.imageSize } = {}) {
  const seen = { waitedMs: 0, progress: [] as number[] };
  const sandbox = createSandbox({
    durationMs,
    sleep: (ms) => {
      seen.waitedMs += ms;
      return Promise.resolve();
    },
  });
  const context: UpstreamContext = {
    attempt,
    prompt,
    signal: new AbortController().signal,
    onProgress: (progress) => seen.progress.push(progress),
  };
  const result = sandbox.start({ ...request, prompt, imageSize }, context) as Promise<UpstreamResult>;
  return { seen, result };
}

async function failureOf(result: Promise<unknown>) {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskError);
  return (error as TaskError).failure;
}

test('partial images come between equal parts of the time, ever finer and as large as the picture', async () => {
  const waits: number[] = [];
  const came: { index: number; bytes: Uint8Array; waitedMs: number }[] = [];
  const sandbox = createSandbox({ durationMs: 900, sleep: async (ms) => void waits.push(ms) });
  const waitedMs = () => Math.round(waits.reduce((sum, ms) => sum + ms, 0));
  const onPartialImage = (image: ArrivedPartialImage) => came.push({ ...image, waitedMs: waitedMs() });
  const context = { ...contextOf({ prompt: request.prompt }), onPartialImage };
  await sandbox.start({ ...request, imageSize: '1K', partialImages: 2 }, context);
  expect(came.map(({ index, waitedMs: at }) => [index, at])).toEqual([
    [0, 300],
    [1, 600],
  ]);
  const pixels = came.map(({ bytes }) => sharp(bytes).raw().toBuffer({ resolveWithObject: true }));
  for (const { info } of await Promise.all(pixels)) expect(info).toMatchObject({ width: 1024, height: 1024 });
  expect(new Set(came.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).size).toBe(2);
});

describe('a prompt without directives', () => {
  test('gives one picture, a description and no warnings', async () => {
    const { pictures, description, warnings } = await run('a cat').result;
    expect(pictures).toHaveLength(1);
    expect((await sharp(pictures[0]).metadata()).format).toBe('png');
    expect(description).toContain('sandbox');
    expect(warnings).toEqual([]);
  });

  test('takes the set time, longer at 4K, and reports progress that rises by a tenth at most', async () => {
    const { seen, result } = run('a cat', { imageSize: '1K' });
    await result;
    expect(seen.waitedMs).toBeCloseTo(8000);
    for (const [index, progress] of seen.progress.entries()) {
      const before = seen.progress[index - 1] ?? 0;
      expect(progress).toBeGreaterThan(before);
      expect(progress - before).toBeLessThan(0.101);
    }
    expect(seen.progress.at(-1)).toBe(1);

    const large = run('a cat', { imageSize: '4K' });
    await large.result;
    expect(large.seen.waitedMs).toBeCloseTo(12_000);
  });

  test('with a duration of 0 does not wait', async () => {
    const { seen, result } = run('a cat', { durationMs: 0 });
    await result;
    expect(seen).toEqual({ waitedMs: 0, progress: [1] });
  });
});

describe('directives', () => {
  test('a delay replaces the time, at any size', async () => {
    const { seen, result } = run('a cat [[delay 2s]]', { imageSize: '2K' });
    await result;
    expect(seen.waitedMs).toBeCloseTo(2000);
  });

  test('images and text shape the result', async () => {
    const { pictures, description } = await run('[[images 3]] a cat [[text Hello, Ada]]').result;
    expect(pictures).toHaveLength(3);
    expect(description).toBe('Hello, Ada');
  });

  test('an unknown one is a warning', async () => {
    const { warnings } = await run('[[dance]] a cat').result;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('[[delay 2s]]');
  });

  test.each([
    ['content_rejected', false],
    ['no_image', true],
    ['upstream_rate_limited', true],
    ['upstream_quota', false],
    ['upstream_billing', false],
    ['upstream_auth', false],
    ['upstream_unavailable', true],
    ['upstream_bad_request', false],
    ['input_unreachable', false],
    ['deadline_exceeded', false],
    ['cancelled', false],
    ['internal', false],
  ])('fail %s fails after the wait, retryable: %s', async (type, retryable) => {
    const { seen, result } = run(`a cat [[fail ${type}]]`, { imageSize: '1K' });
    const { message, ...failure } = await failureOf(result);
    expect(failure).toEqual({ type, retryable, upstreamReason: `sandbox directive: fail ${type}` });
    expect(message).not.toContain('cat');
    expect(seen.waitedMs).toBeCloseTo(8000);
    expect(seen.progress.at(-1)).toBeLessThan(1);
  });

  test('a failure with a count fails that many attempts and then works', async () => {
    const prompt = '[[fail upstream_rate_limited x2 retry_after 3s]]';
    for (const attempt of [1, 2])
      expect(await failureOf(run(prompt, { attempt }).result)).toMatchObject({
        type: 'upstream_rate_limited',
        retryAfterMs: 3000,
      });
    expect((await run(prompt, { attempt: 3 }).result).pictures).toHaveLength(1);
  });

  test('a failure that leaves the outcome open may have been billed', async () => {
    expect(await failureOf(run('[[fail upstream_unavailable unknown]]').result)).toMatchObject({
      type: 'upstream_unavailable',
      maybeBilled: true,
      unknownOutcome: true,
    });
  });

  test('an unknown one beside a failure is told in its message', async () => {
    expect((await failureOf(run('[[fail internal]] [[dance]]').result)).message).toContain(
      'Directive 2 of the prompt',
    );
  });

  test('hang answers nothing until the signal aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('the deadline');
    let ended = false;
    let waited = (): void => {};
    const whenWaited = new Promise<void>((resolve) => {
      waited = resolve;
    });
    const result = createSandbox({ durationMs: 20 }).start(
      { ...request, prompt: '[[hang]]' },
      {
        attempt: 1,
        prompt: '[[hang]]',
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress === 0.9) waited();
        },
      },
    );
    const settled = result.catch(() => {}).finally(() => (ended = true));
    await whenWaited;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(ended).toBe(false);
    controller.abort(reason);
    await expect(result).rejects.toBe(reason);
    await settled;
  });
});

describe('the signal', () => {
  test('ends the wait at once with its reason and leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const controller = new AbortController();
    const reason = new Error('the lease is lost');
    let whileWaiting = 0;
    const sandbox = createSandbox({
      durationMs: 3_600_000,
      sleep: async (ms, signal) => {
        const sleeping = sleep(ms, signal);
        whileWaiting = timers();
        controller.abort(reason);
        await sleeping;
      },
    });
    const { signal } = controller;
    await expect(sandbox.start(request, contextOf({ signal }))).rejects.toBe(reason);
    expect(whileWaiting).toBe(before + 1);
    expect(timers()).toBe(before);
  });

  test('that is aborted already lets nothing begin', async () => {
    const reason = new Error('too late');
    const seen: number[] = [];
    const start = createSandbox({ durationMs: 0 }).start(request, {
      ...contextOf({ signal: AbortSignal.abort(reason) }),
      onProgress: (progress) => seen.push(progress),
    });
    await expect(start).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });
});

test('whatever is asked of it, it can be had, and it has nothing to check', async () => {
  const sandbox = createSandbox({ durationMs: 0 });
  for (const aspectRatio of ['auto', '16:9', '1:8'])
    for (const imageSize of ['512', '1K', '2K', '4K'] as const)
      expect(
        fitRequest({ ...request, aspectRatio, imageSize, seed: 1 }, sandbox.capabilities('any')).warnings,
      ).toEqual([]);
  expect(await sandbox.check(new AbortController().signal)).toBe('needs no account');
});

test.each([-1, Number.NaN, 3_600_001])('a duration of %s is refused', (durationMs) => {
  expect(() => createSandbox({ durationMs })).toThrow(RangeError);
});
