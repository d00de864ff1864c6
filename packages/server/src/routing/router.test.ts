import { expect, test } from 'vitest';
import { StartRefusedError } from '../core/errors.ts';
import { neededInputs } from '../core/upstreams/needs.ts';
import type { Slot } from '../core/upstreams/router.ts';
import { minuteMs, need, routed, routeTo, setUp, startOfTest, unavailable } from './routing.fixture.ts';

const from = (slot: Slot | null) => (slot === null ? null : `${slot.upstreamName}/${slot.credential}`);
const one = { concurrency: 1 };

test('a slot names the upstream, the key, the upstream’s model and the adapter with that key', () => {
  const upstream = routed('gemini');
  const { take } = setUp([upstream], { routes: { banana: [routeTo('gemini', undefined, 'gemini-x')] } });
  const slot = take();
  expect(slot).toMatchObject({ upstreamName: 'gemini', credential: 'main', upstreamModel: 'gemini-x' });
  expect(slot.upstream).toBe(upstream.credentials[0]?.upstream);
});

test('the first route is used as long as it has room, then the next', () => {
  const { router, take } = setUp([routed('first', { limits: one }), routed('second', { limits: one })]);
  const slot = take();
  expect([from(slot), from(router.acquire(need)), router.acquire(need)]).toEqual([
    'first/main',
    'second/main',
    null,
  ]);
  slot.release({ kind: 'succeeded', pictures: 1 });
  expect(from(router.acquire(need))).toBe('first/main');
});

test('neighbours with weights share the load in their proportion; who stands before or behind is not among them', () => {
  const draws = 400;
  let draw = 0;
  const { router } = setUp(
    ['before', 'a', 'b', 'c', 'behind'].map((name) => routed(name, { limits: {} })),
    {
      routes: { banana: [routeTo('a', 5), routeTo('b', 2), routeTo('c', 1), routeTo('behind')] },
      random: () => (draw++ + 0.5) / draws,
    },
  );
  const counts = new Map<string, number>();
  for (let call = 0; call < draws; call += 1) {
    const name = router.acquire(need)!.upstreamName;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(Object.fromEntries(counts)).toEqual({ a: 250, b: 100, c: 50 });
});

test('those of a group that have no slot leave their part to the others', () => {
  const { router, take } = setUp([routed('a', { limits: one }), routed('b', { limits: one }), routed('c')], {
    routes: { banana: [routeTo('a', 9), routeTo('b', 1), routeTo('c')] },
  });
  expect(['a', 'b', 'c', 'c']).toEqual([1, 2, 3, 4].map(() => take().upstreamName));
  expect(router.acquire(need)).not.toBeNull();
});

test('a route between two weighted ones parts them', () => {
  const { take } = setUp([routed('a', { limits: one }), routed('b', { limits: one }), routed('c')], {
    routes: { banana: [routeTo('a', 1), routeTo('b'), routeTo('c', 1_000)] },
    random: () => 0.999,
  });
  expect([1, 2, 3].map(() => take().upstreamName)).toEqual(['a', 'b', 'c']);
});

test('upstream models that take fewer inputs than the task has are passed over', () => {
  const { router } = setUp([routed('texts'), routed('edits')], {
    routes: { banana: [routeTo('texts', undefined, 'banana-text'), routeTo('edits')] },
  });
  expect(router.acquire({ model: 'banana', inputs: 0 })?.upstreamName).toBe('texts');
  expect(router.acquire({ model: 'banana', inputs: 3 })?.upstreamName).toBe('edits');
  expect(router.acquire({ model: 'banana', inputs: 4 })).toBeNull();
  expect(router.acquire({ model: 'plantain', inputs: 0 })).toBeNull();
});

test('upstream models that take no mask are passed over by a task that has one, at a failover too, and the failure says so', () => {
  const { router } = setUp([routed('plain'), routed('masks')], {
    routes: { banana: [routeTo('plain'), routeTo('masks', undefined, 'banana-mask')] },
  });
  const masked = { model: 'banana', inputs: neededInputs([{}, { role: 'mask' }]) };
  expect(router.acquire({ model: 'banana', inputs: 1 })?.upstreamName).toBe('plain');
  expect(router.acquire(masked)?.upstreamName).toBe('masks');
  const isTried = ({ upstreamName }: { upstreamName: string }) => upstreamName === 'masks';
  expect(router.acquire(masked, isTried)).toBeNull();
  expect(router.availability(masked, isTried)).toMatchObject({
    kind: 'blocked',
    failure: { message: expect.stringContaining('1 input pictures and a mask (plain takes no mask)') },
  });
  const four = { model: 'banana', inputs: neededInputs([{}, {}, {}, {}, { role: 'mask' }]) };
  expect(router.acquire(four)).toBeNull();
});

test('of the keys the one with the fewest calls under way is taken, then the one used least recently', () => {
  const { take } = setUp([routed('gemini', { keys: { a: {}, b: {}, c: {} } })]);
  const [a, b, c] = [take(), take(), take()];
  expect([a, b, c].map((slot) => slot.credential)).toEqual(['a', 'b', 'c']);
  b.release({ kind: 'stopped' });
  a.release({ kind: 'stopped' });
  expect([take().credential, take().credential, take().credential]).toEqual(['b', 'a', 'c']);
});

test('slots that are to be avoided are passed over, key by key', () => {
  const { router } = setUp([routed('first', { keys: { a: {}, b: {} } }), routed('second')]);
  const avoid = (...names: string[]) =>
    from(
      router.acquire(need, ({ upstreamName, credential }) => names.includes(`${upstreamName}/${credential}`)),
    );
  expect(avoid('first/a')).toBe('first/b');
  expect(avoid('first/a', 'first/b')).toBe('second/main');
  expect(avoid('first/a', 'first/b', 'second/main')).toBeNull();
});

test('a key’s own limits go before those of all keys, and the upstream’s hold for all together', () => {
  const { router } = setUp([
    routed('gemini', {
      limits: { concurrency: 4 },
      keyLimits: { concurrency: 1 },
      keys: { wide: { concurrency: 9 }, narrow: {} },
    }),
  ]);
  const credentials = [1, 2, 3, 4, 5].map(() => router.acquire(need)?.credential);
  expect(credentials).toEqual(['wide', 'narrow', 'wide', 'wide', undefined]);
});

test('requests of any 60 seconds are limited from the begin of each call', () => {
  const { router, clock, take } = setUp([routed('gemini', { limits: { requestsPerMinute: 2 } })]);
  take().release({ kind: 'succeeded', pictures: 1 });
  clock.time += 20_000;
  take();
  expect(router.acquire(need)).toBeNull();
  clock.time = startOfTest + minuteMs - 1;
  expect(router.acquire(need)).toBeNull();
  clock.time += 1;
  take();
  expect(router.acquire(need)).toBeNull();
});

test('pictures beyond the first are counted when they are there', () => {
  const { router, clock, take } = setUp([routed('gemini', { keyLimits: { picturesPerMinute: 4 } })]);
  const slot = take();
  clock.time += 30_000;
  slot.release({ kind: 'succeeded', pictures: 4 });
  expect(router.acquire(need)).toBeNull();
  clock.time = startOfTest + minuteMs;
  take();
  expect(router.acquire(need)).toBeNull();
});

test('requests of a day are limited until the hour of the reset, also over a restart', () => {
  const { router, clock, take } = setUp(
    [
      routed('gemini', {
        limits: { dailyRequests: 10 },
        keyLimits: { dailyRequests: 6 },
        keys: { a: {}, b: {} },
      }),
    ],
    {
      usedToday: [
        { upstream: 'gemini', credential: 'a', count: 5 },
        { upstream: 'gemini', credential: 'gone', count: 1 },
        { upstream: 'gemini', credential: null, count: 1 },
        { upstream: 'other', credential: 'a', count: 9 },
      ],
    },
  );
  const slots = [take(), take(), take()];
  expect(slots.map(({ credential }) => credential)).toEqual(['a', 'b', 'b']);
  expect(router.acquire(need)).toBeNull();
  clock.time = Date.parse('2026-11-24T08:00:00Z');
  for (const slot of slots) slot.release({ kind: 'unused' });
  for (let call = 0; call < 10; call += 1) take();
  expect(router.acquire(need)).toBeNull();
});

test('a slot is released once', () => {
  const { router, take } = setUp([routed('gemini', { limits: { concurrency: 2, picturesPerMinute: 4 } })]);
  const slot = take();
  take();
  slot.release({ kind: 'unused' });
  slot.release({ kind: 'unused' });
  slot.release({ kind: 'succeeded', pictures: 3 });
  expect(router.snapshot()).toMatchObject([
    { in_flight: 1, limits: { pictures_per_minute: { used: 1 } }, requests_today: 1 },
  ]);
});

test('an operation is taken up again on its own key, against all limits, and counts as in flight alone', () => {
  const limits = { concurrency: 1, requestsPerMinute: 1, picturesPerMinute: 1, dailyRequests: 1 };
  const { router, take } = setUp([routed('gemini', { limits, keys: { a: {}, b: {} } })]);
  take();
  const operation = { upstreamName: 'gemini', credential: 'b', upstreamModel: 'a-model-of-old' };
  const slot = router.resume(operation);
  expect(slot).toMatchObject(operation);
  expect(router.snapshot()).toMatchObject([
    { in_flight: 2, requests_today: 1, limits: { requests_per_minute: { used: 1 } } },
  ]);
  slot?.release({ kind: 'failed', failure: unavailable });
  expect(router.snapshot()[0]?.keys[1]?.recent_errors).toMatchObject([{ type: 'upstream_unavailable' }]);
  expect(router.resume({ ...operation, credential: 'gone' })).toBeNull();
  expect(router.resume({ ...operation, upstreamName: 'gone' })).toBeNull();
});

test('a route to an upstream that is not there keeps the server from starting', () => {
  const create = () => setUp([routed('gemini')], { routes: { banana: [routeTo('gemni')] } });
  expect(create).toThrow(StartRefusedError);
  expect(create).toThrow('gemni');
});
