import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystemClock } from './clock.ts';

function setUp() {
  const machine = { wall: 1_000_000, elapsed: 0 };
  const pass = (milliseconds: number) => {
    machine.wall += milliseconds;
    machine.elapsed += milliseconds;
  };
  const reported: { behindMs: number; isKept: boolean }[] = [];
  return {
    machine,
    pass,
    reported,
    clock: createSystemClock(
      () => machine.wall,
      () => machine.elapsed,
      (behindMs, isKept) => reported.push({ behindMs, isKept }),
    ),
  };
}

const hour = 3_600_000;
const tenYears = 10 * 365 * 24 * hour;

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

test('a jump of ten years ends with the machine’s, which is told once', () => {
  const { clock, machine, pass, reported } = setUp();
  machine.wall += tenYears;
  expect(clock.now()).toBe(1_000_000 + tenYears);
  machine.wall -= tenYears;
  expect(clock.now()).toBe(1_000_000);
  pass(10);
  expect(clock.now()).toBe(1_000_010);
  expect(reported).toEqual([{ behindMs: tenYears, isKept: false }]);
});

test('a time on record that is years ahead is not believed, which is told once', () => {
  const { clock, pass, reported } = setUp();
  clock.advanceTo(1_000_000 + tenYears);
  expect(clock.now()).toBe(1_000_000);
  pass(10);
  expect(clock.now()).toBe(1_000_010);
  expect(reported).toEqual([{ behindMs: tenYears, isKept: false }]);
});

test('a machine that was set back by less is waited for, and then caught up with', () => {
  const { clock, machine, pass, reported } = setUp();
  machine.wall -= hour / 2;
  for (let minute = 0; minute < 60; minute += 1) {
    pass(60_000);
    clock.now();
  }
  expect(clock.now() - machine.wall).toBe(hour / 2);
  pass(hour / 2);
  expect(clock.now() - machine.wall).toBe(hour / 4);
  pass(hour / 2);
  expect(clock.now()).toBe(machine.wall);
  pass(5);
  expect(clock.now()).toBe(machine.wall);
  expect(reported).toEqual([{ behindMs: hour / 2, isKept: true }]);
});

const step = fc.oneof(
  fc.record({ pass: fc.double({ min: 0, max: 3 * hour, noNaN: true }) }),
  fc.record({ set: fc.integer({ min: -2 * hour, max: 2 * hour }) }),
  fc.record({ set: fc.integer({ min: -tenYears, max: tenYears }) }),
  fc.record({ record: fc.integer({ min: -2 * hour, max: tenYears }) }),
);

test('whatever is done to the machine’s clock, time is never behind it nor an hour ahead, and runs back only then', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { clock, machine, pass } = setUp();
      machine.wall = tenYears * 5;
      let before = clock.now();
      for (const each of steps) {
        if ('pass' in each) {
          machine.wall += Math.floor(each.pass);
          machine.elapsed += each.pass;
        }
        if ('set' in each) machine.wall += each.set;
        if ('record' in each) clock.advanceTo(machine.wall + each.record);
        const now = clock.now();
        expect(Number.isInteger(now)).toBe(true);
        expect(now).toBeGreaterThanOrEqual(machine.wall);
        expect(now).toBeLessThanOrEqual(machine.wall + hour);
        if (before <= machine.wall + hour) expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
      for (let quarter = 0; quarter < 16; quarter += 1) {
        pass(hour / 4);
        clock.now();
      }
      expect(clock.now()).toBe(machine.wall);
    }),
  );
});
