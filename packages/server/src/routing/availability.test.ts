import { expect, test } from 'vitest';
import {
  failure,
  need,
  rateLimited,
  refusedKey,
  routed,
  routeTo,
  setUp,
  unavailable,
} from './routing.fixture.ts';

const billing = failure('upstream_billing', { retryable: false });
const one = { concurrency: 1 };
const askedFor = (retryAfterMs: number) => ({ ...rateLimited, retryAfterMs });

test('it is open when there is a slot', () => {
  const { availability } = setUp([routed('gemini')]);
  expect(availability()).toEqual({ kind: 'open' });
});

test('where all calls at once are under way, a slot may come free at any time', () => {
  const { availability, take } = setUp([routed('gemini', { limits: one })]);
  take();
  expect(availability()).toEqual({
    kind: 'waiting',
    reason: 'busy',
    until: null,
    message: 'Tasks of banana wait for gemini: as many calls as it may have at once are under way.',
  });
});

test('a probe under way is waited for like any call', () => {
  const { availability, take, fail, clock } = setUp([routed('gemini')]);
  fail(unavailable, 5);
  clock.time += 30_000;
  expect(availability()).toEqual({ kind: 'open' });
  take();
  expect(availability()).toMatchObject({ reason: 'busy', until: null });
});

test('of several routes the one that is usable first gives the reason and the time', () => {
  const { availability, take, clock } = setUp([routed('slow'), routed('fast'), routed('last')]);
  const ends = [9_000, 3_000, 5_000];
  for (const end of ends) take().release({ kind: 'failed', failure: askedFor(end) });
  expect(availability()).toMatchObject({ reason: 'rate_limited', until: clock.time + 3_000 });
  expect(availability()).toHaveProperty('message', expect.stringContaining('fast'));
});

test('a route that is merely busy wins over one that has a time', () => {
  const { availability, take } = setUp([routed('limited'), routed('busy', { limits: one })]);
  take().release({ kind: 'failed', failure: askedFor(1_000) });
  take();
  expect(availability()).toMatchObject({ reason: 'busy', until: null });
});

test('of several reasons that block one key the one that lasts longest counts', () => {
  const { availability, take, clock } = setUp([
    routed('gemini', { limits: { concurrency: 2, requestsPerMinute: 2 }, keyLimits: { dailyRequests: 9 } }),
  ]);
  const slot = take();
  take();
  expect(availability()).toMatchObject({ reason: 'rate_limited', until: clock.time + 60_000 });
  slot.release({ kind: 'failed', failure: askedFor(70_000) });
  expect(availability()).toMatchObject({ until: clock.time + 70_000 });
});

test('a day’s requests that are used up are waited for as a quota', () => {
  const { availability, take } = setUp([routed('gemini', { keyLimits: { dailyRequests: 1 } })]);
  take().release({ kind: 'succeeded', pictures: 1 });
  expect(availability()).toMatchObject({ reason: 'quota', until: Date.parse('2026-11-24T08:00:00Z') });
});

test('it is blocked when every key of every route waits for the operator, and says so for each upstream', () => {
  const { availability, take, fail, router } = setUp([
    routed('gemini', { keys: { 'team-key': {}, 'spare-key': {} } }),
    routed('fal'),
  ]);
  fail(billing);
  fail(refusedKey);
  expect(availability()).toEqual({ kind: 'open' });
  fail(billing);
  expect(availability()).toEqual({
    kind: 'blocked',
    failure: {
      type: 'upstream_billing',
      message:
        'No upstream can serve the model banana until the operator has seen to it (gemini: its credit is used up, or the API key was refused; fal: its credit is used up).',
      retryable: false,
    },
  });
  router.unpause('fal');
  expect(take().upstreamName).toBe('fal');
});

test('a key that only waits keeps the others’ want of the operator from blocking', () => {
  const { availability, fail, clock } = setUp([routed('gemini', { keys: { a: {}, b: {} } })]);
  fail(refusedKey);
  fail(askedFor(4_000));
  expect(availability()).toMatchObject({ kind: 'waiting', until: clock.time + 4_000 });
});

test('it is blocked when no route serves the model, or none takes so many inputs', () => {
  const { availability } = setUp([routed('gemini')]);
  const unknown = availability({ model: 'plantain', inputs: 0 });
  const tooMany = availability({ model: 'banana', inputs: 9 });
  for (const found of [unknown, tooMany])
    expect(found).toMatchObject({
      kind: 'blocked',
      failure: { type: 'upstream_bad_request', retryable: false },
    });
  expect(unknown).toHaveProperty('failure.message', expect.stringContaining('serves the model plantain any'));
  expect(tooMany).toHaveProperty('failure.message', expect.stringContaining('banana with 9 input pictures'));
});

test('it is found once in 50 ms, but anew after each begin, end and unpause, and when its time is over', () => {
  const upstream = routed('gemini', { limits: one });
  let asked = 0;
  const [credential] = upstream.credentials;
  const capabilities = credential!.upstream.capabilities;
  credential!.upstream.capabilities = (model) => {
    asked += 1;
    return capabilities(model);
  };
  const { availability, take, clock, router } = setUp([upstream]);
  const asksOf = (act: () => void) => {
    const before = asked;
    act();
    return asked - before;
  };
  expect(
    asksOf(() => [availability(), availability(), availability({ ...need, inputs: 1 }), availability()]),
  ).toBe(2);
  clock.time += 49;
  expect(asksOf(availability)).toBe(0);
  clock.time += 1;
  expect(asksOf(availability)).toBe(1);
  const slot = take();
  expect(availability().kind).toBe('waiting');
  expect(asksOf(availability)).toBe(0);
  slot.release({ kind: 'unused' });
  expect(availability().kind).toBe('open');
  take().release({ kind: 'failed', failure: askedFor(20) });
  expect(availability().kind).toBe('waiting');
  clock.time += 20;
  expect(availability().kind).toBe('open');
  router.unpause('gemini');
  expect(asksOf(availability)).toBe(1);
});

test('a route to the same upstream under another name of the model is waited for on its own', () => {
  const { take } = setUp([routed('gemini')], {
    routes: { banana: [routeTo('gemini', undefined, 'new'), routeTo('gemini', undefined, 'old')] },
  });
  take().release({ kind: 'failed', failure: failure('upstream_bad_request', { modelUnknown: true }) });
  expect(take().upstreamModel).toBe('old');
});
