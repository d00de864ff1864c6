import type { TaskAttempt } from '@plantain/client';
import { expect, test } from 'vitest';
import { fixtureTask } from '../../task.fixture.ts';
import { mayBeBilled, momentsOf, secondsOf } from './timeline.ts';

const attempt: TaskAttempt = {
  number: 1,
  upstream: 'sandbox',
  upstream_model: 'nano-banana',
  start_time: '100',
  end_time: '130',
  outcome: 'failed',
};
const kinds = (task: Parameters<typeof momentsOf>[0]) => momentsOf(task).map(({ kind }) => kind);

test('a task is submitted, tried, and ends', () => {
  const task = fixtureTask(1, { state: 'succeeded', attempts: [attempt, { ...attempt, number: 2 }] });
  expect(kinds(task)).toEqual(['submitted', 'attempts', 'attempts', 'ended']);
});

test('attempts in a row that failed alike are one moment, and each other difference tells them apart', () => {
  const error = { type: 'upstream_unavailable', message: 'It failed.', upstream_reason: '503' } as const;
  const failed = { ...attempt, error };
  const attempts: TaskAttempt[] = [
    failed,
    { ...failed, number: 2, start_time: '200', end_time: '201' },
    { ...failed, number: 3, error: { ...error, upstream_reason: '429' } },
    { ...failed, number: 4, error: { ...error, upstream_reason: '429', type: 'upstream_rate_limited' } },
    { ...failed, number: 5, upstream: 'gemini' },
    { ...failed, number: 6, upstream: 'gemini', maybe_billed: true },
    { ...failed, number: 7, upstream: 'gemini', maybe_billed: true },
    { ...attempt, number: 8, upstream: 'gemini', outcome: 'succeeded' },
  ];
  const numbers = momentsOf(fixtureTask(1, { attempts })).map((moment) =>
    moment.kind === 'attempts' ? moment.attempts.map(({ number }) => number) : moment.kind,
  );
  expect(numbers).toEqual(['submitted', [1, 2], [3], [4], [5], [6, 7], [8]]);
});

test('an attempt under way has no duration yet', () => {
  const { end_time: _, outcome: __, ...open } = attempt;
  expect([secondsOf(attempt), secondsOf(open)]).toEqual([30, undefined]);
});

test('what a pending task waits for comes last, and not once it is to be cancelled', () => {
  const waiting = { reason: 'busy', message: 'Every place is taken.' } as const;
  expect(kinds(fixtureTask(1, { waiting }))).toEqual(['submitted', 'waiting']);
  expect(kinds(fixtureTask(1, { waiting, cancel_requested: true }))).toEqual(['submitted', 'cancelling']);
});

test('a cancelled task did not fail', () => {
  const error = { type: 'cancelled', message: '', retryable: false } as const;
  expect(momentsOf(fixtureTask(1, { state: 'error', error })).at(-1)).toMatchObject({ state: 'cancelled' });
});

test('one attempt that may be billed is enough to ask before another', () => {
  expect(mayBeBilled(fixtureTask(1, { attempts: [attempt] }))).toBe(false);
  expect(mayBeBilled(fixtureTask(1, { attempts: [attempt, { ...attempt, maybe_billed: true }] }))).toBe(true);
});
