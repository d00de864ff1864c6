import type { TaskAttempt } from '@plantain/client';
import { expect, test } from 'vitest';
import { fixtureTask } from '../../task.fixture.ts';
import { mayBeBilled, momentsOf } from './timeline.ts';

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
  expect(kinds(task)).toEqual(['submitted', 'attempt', 'attempt', 'ended']);
  expect(momentsOf(task)[1]).toMatchObject({ at: '100', seconds: 30 });
});

test('an attempt under way has no duration yet', () => {
  const { end_time: _, outcome: __, ...open } = attempt;
  const [, moment] = momentsOf(fixtureTask(1, { state: 'running', attempts: [open] }));
  expect(moment).not.toHaveProperty('seconds');
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
