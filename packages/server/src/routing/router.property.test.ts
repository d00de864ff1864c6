// Invariants of the router, whatever the settings, and in whatever order calls begin and end.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Limits, Route } from '../core/upstreams/routes.ts';
import type { CallEnd, Need, Slot } from '../core/upstreams/router.ts';
import { lastReset } from './daily-reset.ts';
import { failure, rateLimited, refusedKey, routed, routeTo, setUp } from './routing.fixture.ts';
import { minuteMs, timedOut, unavailable, type Bench } from './routing.fixture.ts';
import type { RoutedUpstream } from './settings.ts';

const limits = fc.record(
  {
    concurrency: fc.integer({ min: 1, max: 4 }),
    requestsPerMinute: fc.integer({ min: 1, max: 6 }),
    picturesPerMinute: fc.integer({ min: 1, max: 8 }),
    dailyRequests: fc.integer({ min: 5, max: 30 }),
  },
  { requiredKeys: [] },
);
const upstreams = fc
  .array(fc.record({ limits, keyLimits: limits, a: limits, b: fc.option(limits) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((each) =>
    each.map(({ a, b, ...shared }, index) =>
      routed(`upstream-${index}`, { ...shared, keys: b === null ? { a } : { a, b } }),
    ),
  );

type Act = 'take' | 'end' | 'resume' | 'pass' | 'wait out' | 'unpause';
interface Step {
  act: Act;
  which: number;
  need: Need;
  end: CallEnd;
  passMs: number;
}

const failed = (cause: typeof unavailable): CallEnd => ({ kind: 'failed', failure: cause });
const ends: CallEnd[] = [
  { kind: 'succeeded', pictures: 1 },
  { kind: 'succeeded', pictures: 3 },
  { kind: 'unused' },
  { kind: 'stopped' },
  failed(unavailable),
  failed(timedOut),
  failed(rateLimited),
  failed({ ...rateLimited, retryAfterMs: 4_500 }),
  failed({ ...unavailable, retryAfterMs: 20_000 }),
  failed(failure('upstream_quota')),
  failed(failure('upstream_bad_request', { modelUnknown: true })),
  failed(refusedKey),
  failed(failure('content_rejected')),
];
const acts: Act[] = ['take', 'take', 'take', 'end', 'end', 'resume', 'pass', 'wait out', 'unpause'];
// No pass is shorter than an availability is kept, so that each is compared with the moment that it is of.
const passes = [50, 1_000, 15_000, 30_000, minuteMs, 5 * minuteMs, 200 * minuteMs];
const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom(...acts),
    which: fc.nat(50),
    need: fc.record({ model: fc.constantFrom('banana', 'plantain'), inputs: fc.constantFrom(0, 1, 4) }),
    end: fc.constantFrom(...ends),
    passMs: fc.constantFrom(...passes),
  }),
  { maxLength: 150, size: 'max' },
);

/** Both models at every upstream: the one in the order of the upstreams, the other by weights, the first of them for texts only. */
function routesOf(all: readonly RoutedUpstream[]): Record<string, Route[]> {
  return {
    banana: all.map(({ name }) => routeTo(name)),
    plantain: all.map(({ name }, index) => routeTo(name, index + 1, index === 0 ? 'p-text' : 'p')),
  };
}

interface Begun {
  at: number;
  slot: Slot;
  resumed: boolean;
  end: CallEnd | undefined;
}

/** Does the steps one after another; `check` sees each begin, with all that began so far. */
function run(
  bench: Bench,
  all: readonly Step[],
  check: (begun: Begun, before: readonly Begun[]) => void,
): Begun[] {
  const begun: Begun[] = [];
  const { router, clock } = bench;
  const underWay = () => begun.filter((one) => one.end === undefined);

  function begin(slot: Slot | null, resumed: boolean): void {
    if (slot === null) return;
    const one = { at: clock.time, slot, resumed, end: undefined };
    check(one, begun);
    slot.called();
    begun.push(one);
  }
  function end(one: Begun | undefined, how: CallEnd): void {
    if (one === undefined) return;
    one.slot.release(how);
    one.end = how;
  }
  function take(need: Need): void {
    const { kind } = router.availability(need);
    const slot = router.acquire(need);
    expect(kind === 'open').toBe(slot !== null);
    begin(slot, false);
  }
  /** Nothing before the availability's time; then a slot, unless one of those under way is still to be waited for. */
  function waitOut(need: Need): void {
    const availability = router.availability(need);
    if (availability.kind !== 'waiting') return;
    if (availability.until === null) {
      expect(underWay().length).toBeGreaterThan(0);
      return;
    }
    expect(availability.until).toBeGreaterThan(clock.time);
    clock.time = availability.until - 1;
    expect(router.acquire(need)).toBeNull();
    clock.time += 1;
    if (router.availability(need).kind !== 'open') {
      expect(router.availability(need)).toMatchObject({ reason: 'busy', until: null });
      for (const one of underWay()) end(one, { kind: 'stopped' });
    }
    const slot = router.acquire(need);
    expect(slot).not.toBeNull();
    begin(slot, false);
  }

  const does: Record<Act, (step: Step) => void> = {
    take: (step) => take(step.need),
    end: (step) => end(underWay()[step.which % (underWay().length || 1)], step.end),
    resume({ which }) {
      const { slot } = begun[which % (begun.length || 1)] ?? {};
      if (slot !== undefined) begin(router.resume(slot), true);
    },
    pass({ passMs }) {
      clock.time += passMs;
    },
    'wait out': (step) => waitOut(step.need),
    unpause: ({ which }) =>
      expect(router.unpause(`upstream-${which}`)).toBe(which < router.snapshot().length),
  };
  for (const step of all) does[step.act](step);
  return begun;
}

/** Every set of calls that has limits of its own: of an upstream, and of each of its keys. */
function limited(all: readonly RoutedUpstream[]): { limits: Limits; holds: (slot: Slot) => boolean }[] {
  return all.flatMap(({ name, limits: ofAll, keyLimits, credentials }) => [
    { limits: ofAll, holds: (slot: Slot) => slot.upstreamName === name },
    ...credentials.map(({ label, limits: own }) => ({
      limits: { ...keyLimits, ...own },
      holds: (slot: Slot) => slot.upstreamName === name && slot.credential === label,
    })),
  ]);
}

test('no limit is ever passed, and availabilities tell the truth', () => {
  let begins = 0;
  fc.assert(
    fc.property(upstreams, steps, (all, each) => {
      const bench = setUp(all, { routes: routesOf(all), random: () => 0.4 });
      const reset = all[0]!.quotaReset;
      const begun = run(bench, each, (one, before) => {
        if (one.resumed) return;
        for (const { limits: limit, holds } of limited(all).filter((set) => set.holds(one.slot))) {
          const underWay = before.filter(({ slot, end }) => end === undefined && holds(slot)).length;
          expect(underWay).toBeLessThan(limit.concurrency ?? Infinity);
        }
      });
      begins += begun.length;
      const counted = begun.filter(({ resumed, end }) => !resumed && end?.kind !== 'unused');
      for (const { limits: limit, holds } of limited(all)) {
        const times = counted.filter(({ slot }) => holds(slot)).map(({ at }) => at);
        for (const from of times) {
          const inMinute = times.filter((at) => at >= from && at < from + minuteMs).length;
          expect(inMinute).toBeLessThanOrEqual(limit.requestsPerMinute ?? Infinity);
          expect(inMinute).toBeLessThanOrEqual(limit.picturesPerMinute ?? Infinity);
          const inDay = times.filter((at) => lastReset(at, reset) === lastReset(from, reset)).length;
          expect(inDay).toBeLessThanOrEqual(limit.dailyRequests ?? Infinity);
        }
      }
    }),
    { numRuns: 150 },
  );
  expect(begins).toBeGreaterThan(1_000);
});

test('slots that were not used leave no trace, then or later', () => {
  fc.assert(
    fc.property(upstreams, steps, fc.array(fc.nat(3), { minLength: 10 }), (all, each, extra) => {
      const options = { routes: routesOf(all), random: () => 0.4 };
      const [plain, disturbed] = [setUp(all, options), setUp(all, options)];
      const disturb = (count: number) => {
        const before = disturbed.router.snapshot();
        const slots = Array.from({ length: count }, () =>
          disturbed.router.acquire({ model: 'banana', inputs: 0 }),
        );
        for (const slot of slots) slot?.release({ kind: 'unused' });
        expect(disturbed.router.snapshot()).toEqual(before);
      };
      const tell = ({ at, slot }: Begun) =>
        `${at} ${slot.upstreamName} ${slot.credential} ${slot.upstreamModel}`;
      const reported: string[] = [];
      run(plain, each, (one) => reported.push(tell(one)));
      let turn = 0;
      run(disturbed, each, (one) => {
        expect(tell(one)).toBe(reported.shift());
        disturb(extra[turn++ % extra.length] ?? 0);
      });
      expect(reported).toEqual([]);
      expect(disturbed.router.snapshot()).toEqual(plain.router.snapshot());
    }),
    { numRuns: 75 },
  );
});
