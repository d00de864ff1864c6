import { expect, test } from 'vitest';
import { fixtureTask } from '../task.fixture.ts';
import { matches } from './filter.ts';

test('events are held against every filter as the server would', () => {
  const task = fixtureTask(5, { state: 'running', metadata: { user: '42' } });
  const at = Number(task.create_time);
  for (const filter of [
    {},
    { state: 'running' },
    { model: 'nano-banana' },
    { action: 'generate' },
    { created_after: at, created_before: at + 1 },
    { metadata: { user: '42' } },
  ] as const)
    expect(matches(filter, task)).toBe(true);
  for (const filter of [
    { state: 'pending' },
    { model: 'other' },
    { action: 'edit' },
    { created_after: at + 1 },
    { created_before: at },
    { metadata: { user: '4' } },
    { metadata: { job: '42' } },
  ] as const)
    expect(matches(filter, task)).toBe(false);
});

test('a reason is that of the failure', () => {
  const failed = fixtureTask(6, {
    state: 'error',
    error: { type: 'no_image', message: '', retryable: true },
  });
  expect(matches({ error_type: 'no_image' }, failed)).toBe(true);
  expect(matches({ error_type: 'internal' }, failed)).toBe(false);
  expect(matches({ error_type: 'no_image' }, fixtureTask(5))).toBe(false);
});

test('a search finds the start of an id and anything in the prompt and the metadata, and keeps what the server found', () => {
  const task = fixtureTask(7, { metadata: { user: 'Ada' }, prompt: 'A Banana' });
  for (const search of ['01990007', 'ada', 'USER=ada', 'banana'])
    expect(matches({ search }, task), search).toBe(true);
  for (const search of ['0007', 'kiwi', 'user ada']) expect(matches({ search }, task), search).toBe(false);
  expect(matches({ search: 'far down in the prompt' }, task, true)).toBe(true);
});
