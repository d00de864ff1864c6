import { describe, expect, test } from 'vitest';
import { RequestError } from '../errors.ts';
import { createRates, type RateKind, type Rates } from './rates.ts';
import type { LimitedSubject } from './subjects.ts';

const key = (id: string, queriesPerMinute: number): LimitedSubject => ({
  kind: 'key',
  id,
  limits: { queriesPerMinute },
});
const owner = (id: string, queriesPerMinute: number): LimitedSubject => ({
  ...key(id, queriesPerMinute),
  kind: 'owner',
});

function setUp() {
  const time = { at: 1_000 };
  const rates = createRates({ elapsed: () => time.at, now: () => 1_700_000_000_000 + time.at });
  return { rates, time };
}

/** Calls until one is refused, and gives how many were made. */
function callsMade(rates: Rates, subjects: LimitedSubject[], kind: RateKind = 'query'): number {
  let made = 0;
  while (rates.tryCount(subjects, kind, 1) !== null) made += 1;
  return made;
}

describe('a rate', () => {
  test('permits as many calls in a minute as the limit says, and as many again a minute later', () => {
    const { rates, time } = setUp();
    expect(callsMade(rates, [key('a', 5)])).toBe(5);
    time.at += 60_000;
    expect(callsMade(rates, [key('a', 5)])).toBe(0);
    time.at += 250;
    expect(callsMade(rates, [key('a', 5)])).toBe(5);
  });

  test('of 0 permits no call', () => {
    expect(callsMade(setUp().rates, [key('a', 0)])).toBe(0);
  });

  test('counts submits and queries apart, and a kind without a limit not at all', () => {
    const { rates } = setUp();
    const subjects: LimitedSubject[] = [
      { kind: 'key', id: 'a', limits: { submitsPerMinute: 2, queriesPerMinute: 3, running: 1 } },
    ];
    expect([callsMade(rates, subjects, 'submit'), callsMade(rates, subjects)]).toEqual([2, 3]);
    const unlimited: LimitedSubject[] = [{ kind: 'key', id: 'b', limits: { running: 1 } }];
    for (let call = 0; call < 100; call += 1) expect(rates.tryCount(unlimited, 'query', 1)).toEqual([]);
    expect(rates.counted().map(({ subjectId }) => subjectId)).toEqual(['a', 'a']);
  });

  test('says what is left, and in how many seconds there is more', () => {
    const { rates, time } = setUp();
    expect(rates.look([key('a', 5)], 'query')).toEqual([{ name: 'query', max: 5, left: 5, seconds: 0 }]);
    rates.tryCount([key('a', 5)], 'query', 2);
    time.at += 40_000;
    expect(rates.tryCount([key('a', 5)], 'query', 1)).toEqual([
      { name: 'query', max: 5, left: 2, seconds: 21 },
    ]);
  });

  test('holds at once where it was changed', () => {
    const { rates } = setUp();
    expect(callsMade(rates, [key('a', 5)])).toBe(5);
    expect(callsMade(rates, [key('a', 8)])).toBe(3);
    expect(callsMade(rates, [key('a', 2)])).toBe(0);
    expect(rates.look([key('a', 2)], 'query')).toMatchObject([{ left: 0 }]);
  });
});

describe('a refused call', () => {
  test('is counted nowhere: neither for its key nor for the owner whom other keys share', () => {
    const { rates } = setUp();
    expect(callsMade(rates, [key('a', 3), owner('o', 10)])).toBe(3);
    for (let call = 0; call < 50; call += 1) rates.tryCount([key('a', 3), owner('o', 10)], 'query', 1);
    expect(callsMade(rates, [key('b', 100), owner('o', 10)])).toBe(7);
    expect(rates.counted()).toMatchObject([
      { subjectId: 'a', used: 3 },
      { subjectId: 'o', used: 10 },
      { subjectId: 'b', used: 7 },
    ]);
  });

  test.each([
    ['key', [key('a', 2), owner('o', 9)], 'This key may make 2 queries', 'a'],
    ['owner', [key('a', 9), owner('o', 2)], 'The owner of this key may make 2 queries', 'o'],
  ])('says whose limit it was: the %s’s', (of, subjects, sentence, id) => {
    const { rates } = setUp();
    callsMade(rates, subjects);
    const { error: refusal } = rates.refuse(subjects, 'query', 1);
    expect(refusal).toBeInstanceOf(RequestError);
    expect(refusal.type).toBe('rate_limited');
    expect(refusal.message).toContain(sentence);
    expect(refusal.details).toEqual([
      {
        path: '',
        message: refusal.message,
        of,
        id,
        limit: 'queries_per_minute',
        max: 2,
        resets_at: '1700000062',
      },
    ]);
  });

  test('is told to come again when there is room for it, and never before there is more', () => {
    const { rates, time } = setUp();
    const subjects = [key('a', 10)];
    rates.tryCount(subjects, 'query', 6);
    time.at += 30_000;
    rates.tryCount(subjects, 'query', 4);
    const [rate] = rates.look(subjects, 'query');
    expect(rates.refuse(subjects, 'query', 1).error.retryAfterSeconds).toBe(31);
    expect(rate).toMatchObject({ left: 0, seconds: 31 });
    expect(rates.refuse(subjects, 'query', 7).error.retryAfterSeconds).toBe(61);
    time.at += 31_000;
    expect(rates.tryCount(subjects, 'query', 6)).not.toBeNull();
  });

  test('for more calls than there may ever be says so', () => {
    const { rates } = setUp();
    expect(rates.tryCount([key('a', 10)], 'query', 11)).toBeNull();
    const { error } = rates.refuse([key('a', 10)], 'query', 11);
    expect(error.message).toContain('11 at once are never taken');
    expect(error.retryAfterSeconds).toBeUndefined();
    expect(error.details?.[0]).not.toHaveProperty('resets_at');
  });

  test('where none are taken is not told to wait', () => {
    const { rates } = setUp();
    expect(rates.refuse([key('a', 0)], 'query', 1).error.retryAfterSeconds).toBeUndefined();
  });

  test('of one call is said in words of one', () => {
    const { rates } = setUp();
    rates.tryCount([key('a', 1)], 'query', 1);
    expect(rates.refuse([key('a', 1)], 'query', 1).error.message).toMatch(
      /may make 1 query in a minute .*, and it is used up\. Try again in 61 s\.$/,
    );
  });
});

test('a call that two limits refuse is told to wait for the one that lasts longer', () => {
  const { rates, time } = setUp();
  rates.tryCount([key('a', 1)], 'query', 1);
  time.at += 30_000;
  rates.tryCount([owner('o', 1)], 'query', 1);
  const { error, rates: told } = rates.refuse([key('a', 1), owner('o', 1)], 'query', 1);
  expect(told.map(({ seconds }) => seconds)).toEqual([31, 61]);
  expect(error.retryAfterSeconds).toBe(61);
  expect(error.details).toMatchObject([{ of: 'owner', id: 'o' }]);
});

describe('what other servers counted', () => {
  test('is added, and in place of what they said before', () => {
    const { rates, time } = setUp();
    const learn = (used: number) =>
      rates.learn([
        { subjectId: 'a', kind: 'query', used, untilNextMs: 20_000 },
        { subjectId: 'a', kind: 'query', used: 1, untilNextMs: 10_000 },
        { subjectId: 'a', kind: 'submit', used: 9, untilNextMs: 10_000 },
      ]);
    learn(5);
    learn(6);
    expect(rates.look([key('a', 10)], 'query')).toEqual([{ name: 'query', max: 10, left: 3, seconds: 10 }]);
    expect(callsMade(rates, [key('a', 10)])).toBe(3);
    expect(rates.refuse([key('a', 10)], 'query', 1).error.retryAfterSeconds).toBeGreaterThanOrEqual(10);
    expect(rates.counted()).toEqual([{ subjectId: 'a', kind: 'query', used: 3, untilNextMs: 60_250 }]);
    time.at += 250;
    rates.learn([]);
    expect(callsMade(rates, [key('a', 10)])).toBe(7);
  });
});

test('subjects that call no more are forgotten', () => {
  const { rates, time } = setUp();
  for (let number = 0; number < 1_000; number += 1) rates.tryCount([key(`k${number}`, 5)], 'query', 1);
  expect(rates.counted()).toHaveLength(1_000);
  time.at += 61_000;
  rates.tryCount([key('another', 5)], 'query', 1);
  expect(rates.counted()).toHaveLength(1);
});
