import { expect, test } from 'vitest';
import { createSystemClock } from './clock.ts';

function setUp() {
  const machine = { wall: 1_000_000, elapsed: 0 };
  const pass = (milliseconds: number) => {
    machine.wall += milliseconds;
    machine.elapsed += milliseconds;
  };
  return {
    machine,
    pass,
    clock: createSystemClock(
      () => machine.wall,
      () => machine.elapsed,
    ),
  };
}

test('the clock says what the machine says, also after it was set forward', () => {
  const { clock, machine, pass } = setUp();
  expect(clock.now()).toBe(1_000_000);
  pass(5);
  expect(clock.now()).toBe(1_000_005);
  machine.wall += 3_600_000;
  expect(clock.now()).toBe(4_600_005);
});

test('when the machine is set back, time goes on at its pace until the machine has caught up', () => {
  const { clock, machine, pass } = setUp();
  machine.wall -= 3_600_000;
  expect(clock.now()).toBe(1_000_000);
  pass(1_500);
  expect(clock.now()).toBe(1_001_500);
  pass(3_598_500);
  expect(clock.now()).toBe(4_600_000);
  machine.wall += 3_600_005;
  expect(clock.now()).toBe(4_600_005);
});

test('steps of less than a millisecond add up', () => {
  const { clock, machine } = setUp();
  machine.wall -= 1_000;
  for (let step = 0; step < 100; step += 1) {
    machine.elapsed += 0.25;
    clock.now();
  }
  expect(clock.now()).toBe(1_000_025);
});

test('the clock can be told not to begin before what is already on record', () => {
  const { clock, pass } = setUp();
  clock.advanceTo(2_000_000);
  expect(clock.now()).toBe(2_000_000);
  pass(10);
  expect(clock.now()).toBe(2_000_010);
  clock.advanceTo(5);
  expect(clock.now()).toBe(2_000_010);
});
