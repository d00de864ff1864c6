import { expect, test } from 'vitest';
import { createTestTime } from './timers.fixture.ts';
import { pause, startInterval, startSystemTimer } from './timers.ts';

test('an interval fires again and again until it is ended', () => {
  const time = createTestTime();
  const firedAt: number[] = [];
  const startedAt = time.now();
  const end = startInterval(time.startTimer, () => firedAt.push(time.now() - startedAt), 60_000);
  time.pass(200_000);
  expect(firedAt.map((at) => Math.round(at / 60_000))).toEqual([1, 2, 3]);
  end();
  time.pass(200_000);
  expect(firedAt).toHaveLength(3);
});

test('an interval may be ended by its own call', () => {
  const time = createTestTime();
  let fired = 0;
  const end = startInterval(
    time.startTimer,
    () => {
      fired += 1;
      end();
    },
    60_000,
  );
  time.pass(200_000);
  expect(fired).toBe(1);
});

test('a pause ends with its time, or with the reason of its signal', async () => {
  const time = createTestTime();
  const aborter = new AbortController();
  const whole = pause(time.startTimer, 60_000, aborter.signal);
  time.pass(60_000);
  expect(await whole).toBe(undefined);
  const broken = pause(time.startTimer, 60_000, aborter.signal);
  aborter.abort(new Error('enough'));
  await expect(broken).rejects.toThrow('enough');
  await expect(pause(time.startTimer, 60_000, aborter.signal)).rejects.toThrow('enough');
});

test('a timer of the machine fires unless it is stopped', async () => {
  const fired = Promise.withResolvers<string>();
  const stop = startSystemTimer(() => fired.resolve('first'), 1);
  stop();
  startSystemTimer(() => fired.resolve('second'), 20);
  expect(await fired.promise).toBe('second');
});
