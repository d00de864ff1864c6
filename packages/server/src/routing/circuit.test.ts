import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskErrorType } from '../core/errors.ts';
import type { CallEnd } from '../core/upstreams/router.ts';
import {
  failure,
  need,
  rateLimited,
  refusedKey,
  routed,
  setUp,
  unavailable,
  type Bench,
} from './routing.fixture.ts';

const failed: CallEnd = { kind: 'failed', failure: unavailable };
const succeeded: CallEnd = { kind: 'succeeded', pictures: 1 };

function setUpOpened(): Bench {
  const bench = setUp([routed('gemini')]);
  bench.fail(unavailable, 5);
  return bench;
}

const circuit = ({ router }: Bench) => router.snapshot()[0]?.keys[0]?.circuit.state;

test('five failures and nothing else open the circuit for 5 seconds', () => {
  const bench = setUp([routed('gemini')]);
  bench.fail(unavailable, 4);
  expect(circuit(bench)).toBe('closed');
  bench.fail(unavailable);
  expect(circuit(bench)).toBe('open');
  bench.clock.time += 4_999;
  expect(bench.router.acquire(need)).toBeNull();
  bench.clock.time += 1;
  expect(circuit(bench)).toBe('half_open');
  expect(bench.router.acquire(need)).not.toBeNull();
});

test('an upstream that fails two calls of three is found out; one that fails one of three is not', () => {
  const bad = setUp([routed('gemini')]);
  bad.succeed(20);
  for (let round = 0; round < 4 && circuit(bad) === 'closed'; round += 1) {
    bad.succeed();
    bad.fail(unavailable);
    if (circuit(bad) === 'closed') bad.fail(unavailable);
  }
  expect(circuit(bad)).toBe('open');
  const good = setUp([routed('gemini')]);
  for (let round = 0; round < 20; round += 1) {
    good.succeed(2);
    good.fail(unavailable);
  }
  expect(circuit(good)).toBe('closed');
});

test('a probe’s success closes the circuit, and it takes as many failures as ever to open it again', () => {
  const bench = setUpOpened();
  bench.clock.time += 5_000;
  bench.succeed();
  expect(circuit(bench)).toBe('closed');
  bench.fail(unavailable, 3);
  expect(circuit(bench)).toBe('closed');
  bench.fail(unavailable);
  expect(circuit(bench)).toBe('open');
});

test('with each failed probe it stays open twice as long, up to 5 minutes, and 5 seconds again after a success', () => {
  const bench = setUpOpened();
  const waits: number[] = [];
  for (let probe = 0; probe < 9; probe += 1) {
    const availability = bench.availability();
    const until = availability.kind === 'waiting' ? availability.until! : NaN;
    waits.push((until - bench.clock.time) / 1000);
    bench.clock.time = until;
    bench.fail(unavailable);
  }
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  bench.clock.time += 300_000;
  bench.succeed();
  bench.fail(unavailable, 4);
  expect(bench.availability()).toMatchObject({ reason: 'circuit_open', until: bench.clock.time + 5_000 });
});

test('the end of a probe that shows nothing frees it for the next', () => {
  const bench = setUpOpened();
  bench.clock.time += 5_000;
  const shown = (type: TaskErrorType): CallEnd => ({ kind: 'failed', failure: failure(type) });
  const nothing: CallEnd[] = [
    { kind: 'unused' },
    { kind: 'stopped' },
    shown('deadline_exceeded'),
    shown('input_unreachable'),
    shown('internal'),
  ];
  for (const end of nothing) {
    const probe = bench.take();
    expect(bench.router.acquire(need)).toBeNull();
    probe.release(end);
    expect(circuit(bench)).toBe('half_open');
  }
});

test.each(['content_rejected', 'no_image', 'upstream_bad_request'] as const)(
  'a probe that is answered with %s closes the circuit, since the upstream works',
  (type) => {
    const bench = setUpOpened();
    bench.clock.time += 5_000;
    bench.fail(failure(type, { retryable: false }));
    expect(circuit(bench)).toBe('closed');
  },
);

test('calls that began before the circuit opened neither act as the probe nor open it again later', () => {
  const bench = setUp([routed('gemini')]);
  const late = Array.from({ length: 20 }, () => bench.take());
  bench.fail(unavailable, 5);
  late[0]?.release(succeeded);
  expect(circuit(bench)).toBe('open');
  bench.clock.time += 5_000;
  late[1]?.release(succeeded);
  expect(circuit(bench)).toBe('half_open');
  const probe = bench.take();
  late[2]?.release(failed);
  expect(bench.router.acquire(need)).toBeNull();
  late[3]?.release(succeeded);
  expect(circuit(bench)).toBe('half_open');
  probe.release(succeeded);
  expect(circuit(bench)).toBe('closed');
  for (const slot of late.slice(4)) slot.release(failed);
  expect(circuit(bench)).toBe('closed');
});

test('an operation that was taken up again is no probe, but its failure counts while the circuit is closed', () => {
  const bench = setUp([routed('gemini')]);
  const operation = { upstreamName: 'gemini', credential: 'main', upstreamModel: 'banana' };
  for (let time = 0; time < 5; time += 1) bench.router.resume(operation)?.release(failed);
  expect(circuit(bench)).toBe('open');
  bench.clock.time += 5_000;
  const resumed = bench.router.resume(operation);
  const probe = bench.take();
  resumed?.release(succeeded);
  expect(circuit(bench)).toBe('half_open');
  probe.release(succeeded);
  expect(circuit(bench)).toBe('closed');
});

test('who listens is told when a probe closes the circuit, and finds a slot at once', () => {
  const bench = setUpOpened();
  const found: boolean[] = [];
  const stopListening = bench.router.onOpened(() => found.push(bench.availability().kind === 'open'));
  bench.clock.time += 5_000;
  bench.take().release({ kind: 'unused' });
  expect(found).toEqual([]);
  bench.fail(unavailable);
  expect(found.splice(0)).toEqual([false]);
  bench.clock.time += 10_000;
  bench.succeed();
  expect(found).toEqual([true]);
  stopListening();
  bench.router.unpause('gemini');
  expect(found).toEqual([true]);
});

test('whatever the calls, while the circuit is not closed at most one that began since is under way', () => {
  const step = fc.record({
    act: fc.constantFrom('take', 'take', 'end', 'end'),
    which: fc.nat(20),
    end: fc.constantFrom<CallEnd>(failed, failed, failed, succeeded, { kind: 'unused' }, { kind: 'stopped' }),
    passMs: fc.constantFrom(0, 0, 10_000, 40_000, 300_000),
  });
  let probes = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const bench = setUp([routed('gemini')]);
      const slots: { probe: boolean; release(end: CallEnd): void }[] = [];
      for (const { act, which, end, passMs } of steps) {
        bench.clock.time += passMs;
        const before = circuit(bench);
        if (act === 'take') {
          const slot = bench.router.acquire(need);
          if (before === 'open') expect(slot).toBeNull();
          if (slot !== null) slots.push({ probe: before !== 'closed', release: slot.release });
        } else if (slots.length > 0) {
          const [ended] = slots.splice(which % slots.length, 1);
          ended?.release(end);
          const after = circuit(bench);
          if (before !== 'closed' && after === 'closed') expect(ended?.probe && end === succeeded).toBe(true);
          if (before === 'half_open' && after === 'open') expect(ended?.probe && end === failed).toBe(true);
        }
        const underWay = slots.filter(({ probe }) => probe).length;
        probes += underWay;
        expect(underWay).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
  expect(probes).toBeGreaterThan(100);
});

test('failures that a prompt made up, and answers too large to be read, open no circuit and pause nothing', () => {
  const sandbox = setUp([{ ...routed('sandbox'), simulated: true }]);
  for (const made of [unavailable, refusedKey, rateLimited]) sandbox.fail(made, 20);
  expect(sandbox.availability()).toEqual({ kind: 'open' });
  expect(sandbox.router.snapshot()[0]?.keys[0]).toMatchObject({ state: 'available', pauses: [] });
  const real = setUp([routed('gemini')]);
  real.fail({ ...unavailable, retryable: false, upstreamReason: 'answer too large' }, 20);
  expect(real.availability()).toEqual({ kind: 'open' });
});
