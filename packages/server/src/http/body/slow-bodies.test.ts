import { expect, test } from 'vitest';
import { createSlowBodies, keyedPace, type Pace, strangersPace } from './slow-bodies.ts';

function start(pace: Partial<Pace> = {}) {
  let look: (() => void) | undefined;
  const slow = createSlowBodies((run) => {
    look = run;
    return () => (look = undefined);
  });
  const ended: string[] = [];
  let bytes = 0;
  const watch = (name = '') =>
    slow.watch(
      { silence: 3, whole: 10, window: { seconds: 4, bytes: 8 }, ...pace },
      () => bytes,
      (reason) => ended.push(name + reason.message),
    );
  return {
    watch,
    ended,
    isLooking: () => look !== undefined,
    /** A second, in which so many bytes come. */
    pass(more: number) {
      bytes += more;
      look?.();
    },
  };
}

test('silence ends a body, and what ended it is said once', () => {
  const { watch, pass, ended } = start();
  watch();
  for (const more of [100, 0, 0, 1, 0, 0]) pass(more);
  expect(ended).toEqual([]);
  for (const more of [0, 0, 0]) pass(more);
  expect(ended).toEqual(['Nothing of the body came for 3 seconds. Send it again, or a smaller one.']);
});

test('a body that comes by the byte is ended when it has come for a while', () => {
  const { watch, pass, ended } = start();
  watch();
  for (const more of [100, 2, 2, 2, 2, 2, 2]) pass(more);
  expect(ended).toEqual([]);
  pass(1);
  expect(ended).toEqual([
    'Fewer than 8 bytes of the body came in 4 seconds. Send it again, or a smaller one.',
  ]);
});

test('a body has so long for all of it', () => {
  const { watch, pass, ended } = start();
  watch();
  for (let second = 0; second < 10; second += 1) pass(1_000);
  expect(ended).toEqual(['The body did not arrive within 10 seconds. Send it again, or a smaller one.']);
});

test('whoever has a key may send as slowly as a phone with a bad connection, and pause as it does', () => {
  const { watch, pass, ended } = start(keyedPace);
  watch();
  for (let second = 0; second < 140; second += 1) pass(3_000);
  for (let second = 0; second < 20; second += 1) pass(0);
  for (let second = 0; second < 139; second += 1) pass(3_000);
  expect(ended).toEqual([]);
});

test('a stranger may take his time only as long as enough comes', () => {
  const { watch, pass, ended } = start(strangersPace);
  watch();
  for (let second = 0; second < 90; second += 1) pass(3_000);
  expect(ended).toEqual([]);
  for (let second = 0; second < 10; second += 1) pass(1_000);
  expect(ended).toEqual([expect.stringContaining('Fewer than 20,480 bytes')]);
});

test('a body that was read is watched no more, and where there is none nobody looks', () => {
  const { watch, pass, ended, isLooking } = start();
  expect(isLooking()).toBe(false);
  const first = watch('first ');
  watch('second ');
  first();
  for (let second = 0; second < 4; second += 1) pass(0);
  expect(ended).toEqual([expect.stringContaining('second ')]);
  expect(isLooking()).toBe(false);
  watch();
  expect(isLooking()).toBe(true);
});
