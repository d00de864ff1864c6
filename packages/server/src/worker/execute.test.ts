import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { plain } from '../pictures/formats/heic.fixture.ts';
import { deafHang, failWith, obedientHang, png, result, type UpstreamCall } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

describe('a task', () => {
  test('that succeeds has its pictures stored, measured and named, and the attempt recorded', async () => {
    const { worker, add, final } = openStore();
    const calls: UpstreamCall[] = [];
    worker((call) => {
      calls.push(call);
      return { ...result, pictures: [png, png], usage: { total: 7 }, warnings: ['w'] };
    }).start();
    const task = await final(await add());
    expect(task).toMatchObject({
      state: 'succeeded',
      progress: 1,
      attempts: [
        { number: 1, upstream: 'test', upstreamModel: 'test-1', outcome: 'succeeded', maybeBilled: false },
      ],
      result: {
        description: 'done',
        usage: { total: 7 },
        warnings: ['w', '1 picture was asked for, and the upstream made 2.'],
      },
    });
    expect(
      task.result?.pictures.map(({ fileName, width, height, bytes }) => [fileName, width, height, bytes]),
    ).toEqual([
      ['output.png', 640, 480, png.length],
      ['output-2.png', 640, 480, png.length],
    ]);
    expect(calls[0]?.request).toEqual({
      action: 'generate',
      model: 'test-1',
      prompt: 'a banana',
      inputs: [],
      aspectRatio: 'auto',
      imageSize: '1K',
    });
  });

  test('that fails twice and then works has three attempts, each with its own outcome', async () => {
    const { worker, add, final } = openStore();
    worker(({ context: { attempt } }) =>
      attempt < 3 ? failWith({ upstreamReason: `${attempt}` }) : result,
    ).start();
    const { state, attempts } = await final(await add());
    expect(state).toBe('succeeded');
    expect(
      attempts.map(({ number, outcome, failure }) => [number, outcome, failure?.upstreamReason]),
    ).toEqual([
      [1, 'failed', '1'],
      [2, 'failed', '2'],
      [3, 'succeeded', undefined],
    ]);
  });

  test('whose tries are used up ends with the last reason', async () => {
    const { worker, add, final } = openStore();
    worker(({ context: { attempt } }) => failWith({ message: `Out of order ${attempt}.` })).start();
    const task = await final(await add());
    expect(task.failure).toMatchObject({ type: 'upstream_unavailable', message: 'Out of order 3.' });
    expect(task.attempts).toHaveLength(3);
  });

  test('whose failure can’t be helped by another try ends at once', async () => {
    const { worker, add, final } = openStore();
    worker(() => failWith({ type: 'content_rejected', retryable: false, maybeBilled: true })).start();
    const task = await final(await add());
    expect(task.attempts).toMatchObject([{ outcome: 'failed', maybeBilled: true }]);
    expect(task.failure?.type).toBe('content_rejected');
  });

  test('waits as long as the upstream asked for, and that takes no try from it', async () => {
    const { worker, add, final } = openStore();
    const calledAt: number[] = [];
    worker(() => (calledAt.push(performance.now()) < 5 ? failWith({ retryAfterMs: 40 }) : result), {
      maxTries: 1,
    }).start();
    const task = await final(await add());
    expect(task).toMatchObject({ state: 'succeeded', triesUsed: 1 });
    expect(task.attempts).toHaveLength(5);
    for (const [index, at] of calledAt.slice(1).entries())
      expect(at - (calledAt[index] ?? at)).toBeGreaterThan(38);
  });

  test('that no upstream serves any more ends with that reason and without an attempt', async () => {
    const { worker, add, final } = openStore();
    worker(() => result, { routes: {} }).start();
    const task = await final(await add());
    expect(task.failure).toMatchObject({
      type: 'upstream_bad_request',
      message: expect.stringContaining('nano-banana'),
    });
    expect(task.attempts).toEqual([]);
  });

  test.each([
    ['obeys its signal', obedientHang],
    ['ignores its signal', deafHang],
  ])('ends at its deadline when the upstream hangs and %s', async (_, hang) => {
    const { worker, add, final, time } = openStore();
    const called = Promise.withResolvers<void>();
    let stoppedAt = 0;
    const made = worker((call) => {
      call.context.signal.addEventListener('abort', () => (stoppedAt = time.now()));
      called.resolve();
      return hang(call);
    });
    made.start();
    const id = await add();
    await called.promise;
    time.pass(60_000);
    const task = await final(id);
    expect(task.failure).toMatchObject({ type: 'deadline_exceeded', retryable: false });
    expect(task.attempts).toMatchObject([{ outcome: 'failed', maybeBilled: true }]);
    expect(stoppedAt - task.deadlineAt).toBeLessThan(2_000);
    expect(task.finishedAt).toBeGreaterThanOrEqual(task.deadlineAt);
    await expect.poll(() => made.runningCount()).toBe(0);
  });

  test('ends at its deadline while it waits for its turn, and never ran', async () => {
    const { worker, add, final, until, time } = openStore();
    worker(obedientHang, { concurrency: 1 }).start();
    await until(await add(), ({ attempts }) => attempts.length === 1);
    const id = await add({ deadlineMs: 30_000 });
    time.pass(30_000);
    const task = await final(id);
    expect(task).toMatchObject({ failure: { type: 'deadline_exceeded' }, attempts: [], triesUsed: 0 });
  });

  test('is not put back for a try that its deadline would not let it have', async () => {
    const { worker, add, final } = openStore();
    worker(() => failWith({ retryAfterMs: 7_200_000 })).start();
    const task = await final(await add({ deadlineMs: 3_600_000 }));
    expect(task).toMatchObject({ failure: { type: 'upstream_unavailable' }, attempts: { length: 1 } });
    expect(task.finishedAt ?? Infinity).toBeLessThan(task.deadlineAt);
  });

  test('keeps the good pictures of an answer and warns of the others', async () => {
    const { worker, add, final } = openStore();
    worker(() => ({ ...result, pictures: [Buffer.from('<svg/>'), png, png.subarray(0, 40)] })).start();
    const task = await final(await add());
    expect(task.result?.pictures.map(({ fileName }) => fileName)).toEqual(['output.png']);
    expect(task.result?.warnings).toEqual([expect.stringContaining('2 more that could not be used')]);
    expect(task.attempts).toHaveLength(1);
  });

  test('keeps a HEIC and a TIFF as they came', async () => {
    const { worker, add, final } = openStore();
    const tiff = await sharp(png).tiff().toBuffer();
    worker(() => ({ ...result, pictures: [plain, tiff] })).start();
    const task = await final(await add());
    expect(
      task.result?.pictures.map(({ fileName, content_type, bytes }) => [fileName, content_type, bytes]),
    ).toEqual([
      ['output.heic', 'image/heic', plain.length],
      ['output-2.tiff', 'image/tiff', tiff.length],
    ]);
    expect(task.attempts).toHaveLength(1);
  });

  test('whose upstream answers without a picture does not succeed', async () => {
    const { worker, add, final } = openStore();
    worker(() => ({ ...result, pictures: [] })).start();
    const { state, failure, attempts } = await final(await add());
    expect([state, failure?.type]).toEqual(['error', 'no_image']);
    expect(attempts.every(({ maybeBilled }) => maybeBilled)).toBe(true);
  });

  test.each([
    ['<svg/>', 'an SVG drawing'],
    ['<!doctype html><p>Log in</p>', 'a web page (HTML)'],
    ['{"error":"no"}', 'JSON'],
    ['\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1', 'a HEIC that is damaged or cut off'],
  ])(
    'whose upstream answers no picture but %j says what came, and pays for no second call',
    async (sent, came) => {
      const { worker, add, final } = openStore();
      worker(() => ({ ...result, pictures: [Buffer.from(sent, 'latin1')] })).start();
      const task = await final(await add());
      expect(task.failure).toMatchObject({ type: 'no_image', answered: true, maybeBilled: true });
      expect(task.failure?.message).toContain(came);
      expect(task.attempts).toMatchObject([{ outcome: 'failed', maybeBilled: true }]);
    },
  );

  test('whose upstream answers no picture is tried again as often as the operator allows', async () => {
    const { worker, add, final } = openStore();
    worker(() => ({ ...result, pictures: [Buffer.from('<svg/>')] }), { maxAnsweredRetries: 1 }).start();
    const task = await final(await add());
    expect(task.attempts).toHaveLength(2);
  });

  test('that meets a fault of our own shows its owner `internal` and nothing else, and the log has the rest', async () => {
    const { worker, add, final, log } = openStore();
    worker(
      () => {
        throw new TypeError('inner detail');
      },
      { maxTries: 1 },
    ).start();
    const id = await add();
    const task = await final(id);
    expect(task.failure).toMatchObject({ type: 'internal', message: expect.stringContaining('log') });
    expect(JSON.stringify(task)).not.toContain('inner detail');
    expect(log).toContainEqual({
      event: 'task_fault',
      fields: { task: id, error: 'TypeError: inner detail' },
    });
  });

  test('shows how far it is while it runs, and an upstream that talks nonsense about it does no harm', async () => {
    const { worker, add, until, find } = openStore();
    worker((call) => {
      for (const progress of [0.5, Number.NaN, 0.2, -1]) call.context.onProgress(progress);
      return obedientHang(call);
    }).start();
    const id = await add();
    await until(id, ({ progress }) => progress > 0);
    expect(await find(id)).toMatchObject({ state: 'running', progress: 0.5 });
  });
});

describe('a picture that is made while the disk is full', () => {
  function fillDiskDuringTheCall() {
    const opened = openStore();
    const calls = { count: 0 };
    const made = opened.worker(() => {
      calls.count += 1;
      if (calls.count === 1) opened.disk.full = true;
      return result;
    });
    made.start();
    return { ...opened, ...made, calls };
  }
  const told = (log: { event: string }[]) => log.filter(({ event }) => event === 'task_fault').length;

  test('is kept and stored as soon as there is room, and not asked for again', async () => {
    const { add, final, calls, disk, log, time } = fillDiskDuringTheCall();
    const id = await add();
    await expect.poll(() => told(log)).toBe(1);
    disk.full = false;
    time.pass(1_000);
    const task = await final(id);
    expect(task).toMatchObject({
      state: 'succeeded',
      attempts: [{ outcome: 'succeeded', maybeBilled: false }],
    });
    expect(calls.count).toBe(1);
  });

  test('is given up at the deadline: the record says that it was made, and it is not bought twice', async () => {
    const { add, final, calls, log, time } = fillDiskDuringTheCall();
    const id = await add();
    await expect.poll(() => told(log)).toBe(1);
    time.pass(60_000);
    const task = await final(id);
    expect(task).toMatchObject({
      state: 'error',
      failure: { type: 'internal', maybeBilled: true },
      attempts: [{ outcome: 'succeeded', maybeBilled: true }],
    });
    expect([calls.count, told(log)]).toEqual([1, 1]);
  });

  test('is given up when the server stops, rather than bought again by the next one', async () => {
    const { add, find, calls, stop, log } = fillDiskDuringTheCall();
    const id = await add();
    await expect.poll(() => told(log)).toBe(1);
    await stop(0);
    expect(await find(id)).toMatchObject({ state: 'error', failure: { type: 'internal' } });
    expect(calls.count).toBe(1);
  });

  test('keeps other tasks waiting until there is room', async () => {
    const { add, find, final, calls, disk, log, time } = fillDiskDuringTheCall();
    const first = await add();
    await expect.poll(() => told(log)).toBe(1);
    const second = await add();
    expect([(await find(second)).state, calls.count]).toEqual(['pending', 1]);
    disk.full = false;
    time.pass(1_000);
    expect((await final(first)).state).toBe('succeeded');
    expect((await final(second)).state).toBe('succeeded');
  });
});
