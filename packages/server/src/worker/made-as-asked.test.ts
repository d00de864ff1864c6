import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import type { Task } from '../core/tasks/task.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { pngChunk } from '../pictures/hostile.fixture.ts';
import {
  type Answer,
  failWith,
  makeUpstream,
  obedientHang,
  png,
  result,
  type TestCredential,
} from './test-upstream.fixture.ts';
import { openStore, type WorkerOptions } from './worker.fixture.ts';

/** A picture of stripes, which is as asked from 560 pixels on. */
const striped = (width: number, height = width) =>
  sharp(png).resize(width, height, { fit: 'fill', kernel: 'nearest' }).png().toBuffer();
const flat = (background: string) =>
  sharp({ create: { width: 600, height: 600, channels: 4, background } })
    .png()
    .toBuffer();
const [tiny, small, black, clear, gold] = await Promise.all([
  striped(40),
  striped(400),
  flat('#000'),
  flat('#0000'),
  flat('gold'),
]);

const warned = (side: number) =>
  `1K was asked for, and the upstream made a picture of ${side}x${side} pixels.`;
const isBlack = 'The picture is blank: every pixel has the colour #000000.';
const unused = () => result;

/** Upstreams in the order of the route, each with its answer, and how often each was called. */
function route(answers: Record<string, Answer>, more: Partial<Upstream> = {}) {
  const calls: string[] = [];
  const credentials = Object.entries(answers).map(([upstreamName, answer]): TestCredential => {
    const called: Answer = (call) => {
      calls.push(upstreamName);
      return answer(call);
    };
    return { upstreamName, label: 'key', upstream: makeUpstream(called, more) };
  });
  return { calls, credentials };
}
const gives =
  (...pictures: Uint8Array[]): Answer =>
  () => ({ ...result, pictures });

/** Runs a task through these upstreams to its end. */
async function run(
  answers: Record<string, Answer>,
  settings: WorkerOptions & { count?: number } = {},
): Promise<{ task: Task; calls: string[]; widths: (number | undefined)[] }> {
  const { worker, add, final } = openStore();
  const { calls, credentials } = route(answers);
  worker(unused, { credentials, notAsAsked: 'next_upstream', ...settings }).start();
  const task = await final(await add(settings.count === undefined ? {} : { count: settings.count }));
  return { task, calls, widths: task.result?.pictures.map(({ width }) => width) ?? [] };
}

test('of each picture it is kept whether a C2PA manifest is in its file', async () => {
  const signed = Buffer.concat([
    png.subarray(0, 33),
    pngChunk('caBX', Buffer.from('jumb')),
    png.subarray(33),
  ]);
  const { task } = await run({ first: gives(signed, png) });
  expect(task.result?.pictures.map(({ c2pa }) => c2pa)).toEqual([true, undefined]);
});

describe('a picture that is not as it was asked for', () => {
  test('comes with a warning', async () => {
    const { task, calls } = await run({ first: gives(small), second: gives(png) }, { notAsAsked: 'warn' });
    expect(task).toMatchObject({ state: 'succeeded', result: { warnings: [warned(400)] } });
    expect(calls).toEqual(['first']);
  });

  test('has the warning of each way in which it differs, and pictures too many have one', async () => {
    const { task } = await run({ first: gives(small, black, small) }, { notAsAsked: 'warn' });
    expect(task.result?.warnings).toEqual([
      '1 picture was asked for, and the upstream made 3.',
      warned(400),
      isBlack,
    ]);
  });

  test('is not missed twice where the model at this upstream can not make it', async () => {
    const { worker, add, final } = openStore();
    const { credentials } = route(
      { first: gives(await striped(512)) },
      {
        capabilities: () => ({ ratios: 'any', sizes: ['512'], maxInputs: 0, seed: true }),
      },
    );
    worker(unused, { credentials }).start();
    const { result: made } = await final(await add());
    expect(made?.warnings).toEqual(['first-1 does not make pictures of the size 1K; 512 was asked for.']);
  });
});

describe('with next_upstream', () => {
  test.each<[string, Uint8Array, string]>([
    ['of another size', small, warned(400)],
    ['that is black', black, isBlack],
    ['that is transparent', clear, 'The picture is blank: it is transparent all over.'],
  ])('a picture %s is a failed attempt, and the next upstream makes another', async (_, picture, warning) => {
    const { task, widths } = await run(
      { first: gives(picture), second: gives(png) },
      { costOf: ({ upstream }) => (upstream === 'first' ? 7 : 9) },
    );
    expect(task).toMatchObject({ state: 'succeeded', triesUsed: 1, result: { warnings: [] } });
    expect(widths).toEqual([640]);
    expect(task.attempts).toMatchObject([
      {
        upstream: 'first',
        outcome: 'failed',
        costMicroUsd: 7,
        maybeBilled: true,
        failure: { type: 'no_image', upstreamReason: 'not as asked' },
      },
      { upstream: 'second', outcome: 'succeeded', costMicroUsd: 9 },
    ]);
    expect(task.attempts[0]?.failure?.message).toContain(warning);
  });

  test('a plain colour, and an answer with one picture as asked, are delivered as they are', async () => {
    for (const pictures of [[gold], [small, png]]) {
      const { calls, task } = await run({ first: gives(...pictures), second: gives(png) });
      expect(calls).toEqual(['first']);
      expect(task.result?.pictures).toHaveLength(pictures.length);
    }
  });

  test('without another upstream the picture is delivered with its warning, and never asked for again', async () => {
    const { task, calls } = await run({ only: gives(small) });
    expect(task).toMatchObject({ state: 'succeeded', result: { warnings: [warned(400)] } });
    expect(task.attempts).toMatchObject([{ outcome: 'succeeded', failure: null }]);
    expect(calls).toEqual(['only']);
  });

  test.each<[string, Record<string, Answer>, number]>([
    ['the second, where that is nearer', { a: gives(tiny), b: gives(small) }, 400],
    ['the first, where that is nearer', { a: gives(small), b: gives(tiny) }, 400],
    ['the first of equals', { a: gives(black), b: gives(black) }, 600],
    ['any before one that is blank', { a: gives(black), b: gives(small) }, 400],
    ['that which is there, where the next fails', { a: gives(small), b: () => failWith({}) }, 400],
    [
      'that which is there, where the next refuses',
      { a: gives(small), b: () => failWith({ type: 'content_rejected', retryable: false }) },
      400,
    ],
  ])('where no upstream gives one as asked, the one that is shown is %s', async (_, answers, width) => {
    const { task, calls, widths } = await run(answers);
    expect(task).toMatchObject({ state: 'succeeded', failure: null });
    expect(widths).toEqual([width]);
    expect(task.result?.warnings).toEqual([width === 600 ? isBlack : warned(width)]);
    expect(calls).toEqual(['a', 'b']);
  });

  test('an upstream without room at this moment is not waited for', async () => {
    const { worker, add, final, until } = openStore();
    const { calls, credentials } = route({ first: gives(small), second: obedientHang });
    const routes = { 'nano-banana': ['first', 'second'], busy: ['second'] };
    const made = worker(unused, {
      credentials: credentials.map((each) => Object.assign(each, { limits: { concurrency: 1 } })),
      notAsAsked: 'next_upstream',
      routes,
    });
    made.start();
    const busy = await add({ model: 'busy' });
    await until(busy, ({ attempts }) => attempts.length === 1);
    expect((await final(await add())).result?.warnings).toEqual([warned(400)]);
    expect(calls).toEqual(['second', 'first']);
  });

  test('three upstreams are asked at the most', async () => {
    const { calls, widths } = await run({
      a: gives(tiny),
      b: gives(small),
      c: gives(tiny),
      d: gives(png),
    });
    expect(calls).toEqual(['a', 'b', 'c']);
    expect(widths).toEqual([400]);
  });
});

describe('a picture that was set aside while the next upstream is asked', () => {
  /** A task whose first picture was set aside and whose second call hangs. */
  async function begin() {
    const opened = openStore();
    const { calls, credentials } = route({ first: gives(small), second: obedientHang });
    const settings = { credentials, notAsAsked: 'next_upstream' } as const;
    const made = opened.worker(unused, settings);
    made.start();
    const id = await opened.add({ deadlineMs: 60_000 });
    await opened.until(id, ({ attempts }) => attempts.length === 2);
    await expect.poll(() => calls).toEqual(['first', 'second']);
    return { ...opened, made, id, calls, settings };
  }
  const delivered = { state: 'succeeded', result: { warnings: [warned(400)] } };

  test('is delivered at a stop of the server', async () => {
    const { made, final, id, calls } = await begin();
    await made.stop(0);
    expect(await final(id)).toMatchObject(delivered);
    expect(calls).toEqual(['first', 'second']);
  });

  test('is delivered at the deadline', async () => {
    const { time, final, id } = await begin();
    time.pass(60_000);
    expect(await final(id)).toMatchObject(delivered);
  });

  test('is delivered by whoever takes the task after a crash, and nothing is bought again', async () => {
    const { worker, settings, final, id, calls } = await begin();
    expect(await worker(unused, settings).rescueAll()).toBe(1);
    const task = await final(id);
    expect(task).toMatchObject(delivered);
    expect(task.attempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'unknown', maybeBilled: true }]);
    expect(task.result?.pictures).toMatchObject([{ attempt: 1 }]);
    expect(calls).toEqual(['first', 'second']);
  });

  test('is not shown where the task is cancelled', async () => {
    const { store, made, final, id } = await begin();
    const cancel = createCancelTask({ ...made.dependencies, store });
    expect(await cancel(id, 'key')).toBe('requested');
    expect(await final(id)).toMatchObject({ state: 'error', failure: { type: 'cancelled' }, result: null });
  });
});

describe('of several pictures', () => {
  const odd =
    (good: Uint8Array, bad: Uint8Array): Answer =>
    ({ request: { index = 1 } }) => ({ ...result, pictures: [index % 2 === 1 ? bad : good] });

  test('those that are not as asked go to the next upstream, each by itself', async () => {
    const { task, calls, widths } = await run({ first: odd(png, small), second: gives(png) }, { count: 4 });
    expect(task).toMatchObject({ state: 'succeeded', result: { warnings: [] } });
    expect(widths).toEqual([640, 640, 640, 640]);
    expect(calls.toSorted()).toEqual(['first', 'first', 'first', 'first', 'second', 'second']);
    const failed = task.attempts.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ indices }) => indices)).toEqual([[1], [3]]);
  });

  test('each that no upstream makes as asked is the nearest that came, with its warning', async () => {
    const { task, calls, widths } = await run({ first: odd(png, small), second: gives(tiny) }, { count: 2 });
    expect(task).toMatchObject({
      state: 'succeeded',
      result: { warnings: [`Picture 1: ${warned(400)}`] },
    });
    expect(widths).toEqual([400, 640]);
    expect(calls).toHaveLength(3);
  });

  test('those of one call are taken apart', async () => {
    const { worker, add, final } = openStore();
    const capabilities: Upstream['capabilities'] = () => ({
      ratios: 'any',
      sizes: ['1K'],
      maxInputs: 0,
      seed: true,
      maxPictures: 4,
    });
    const { calls, credentials } = route(
      {
        first: gives(png, black, png),
        second: ({ request: { count = 1 } }) => ({
          ...result,
          pictures: Array.from({ length: count }, () => png),
        }),
      },
      { capabilities },
    );
    worker(unused, { credentials, notAsAsked: 'next_upstream' }).start();
    const task = await final(await add({ count: 3 }));
    expect(task.result?.warnings).toEqual([]);
    expect(task.attempts).toMatchObject([
      { indices: [1, 2, 3], outcome: 'succeeded' },
      { indices: [2], upstream: 'second', outcome: 'succeeded' },
    ]);
    expect(calls).toEqual(['first', 'second']);
    expect(task.result?.pictures.map(({ width }) => width)).toEqual([640, 640, 640]);
  });
});
