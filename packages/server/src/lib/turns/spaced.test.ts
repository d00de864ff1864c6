import { expect, test } from 'vitest';
import { createTestTime } from '../timers.fixture.ts';
import { createSpaced } from './spaced.ts';

function setUp() {
  const time = createTestTime();
  let begun = 0;
  const spaced = createSpaced(() => (begun += 1), 60_000, time.startTimer);
  return { time, spaced, begun: () => begun };
}

test('work is begun at once, and what is asked for soon after it once, when its time has come', () => {
  const { time, spaced, begun } = setUp();
  spaced.ask();
  expect(begun()).toBe(1);
  for (let asked = 0; asked < 100; asked += 1) spaced.ask();
  expect(begun()).toBe(1);
  time.pass(60_000);
  expect(begun()).toBe(2);
  time.pass(60_000);
  expect(begun()).toBe(2);
  spaced.ask();
  expect(begun()).toBe(3);
  time.end();
});

test('a stop says whether work was still to be begun, and it is not', () => {
  const { time, spaced, begun } = setUp();
  spaced.ask();
  expect(spaced.stop()).toBe(false);
  spaced.ask();
  expect(spaced.stop()).toBe(true);
  time.pass(120_000);
  expect(begun()).toBe(1);
  time.end();
});
