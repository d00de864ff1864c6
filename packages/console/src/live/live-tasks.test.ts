import type { TaskState } from '@plantain/client';
import { expect, test } from 'vitest';
import { mergeTasks } from './live-tasks.ts';
import { fixtureTask } from '../task.fixture.ts';

const task = (state: TaskState, update_time: string, task_id = 't1') =>
  fixtureTask(1, { task_id, state, update_time });
const known = new Map([['t1', task('running', '105')]]);

test('what is newer, or as new, takes the place of what is known', () => {
  expect(mergeTasks(known, [task('succeeded', '106')]).get('t1')?.state).toBe('succeeded');
  expect(mergeTasks(known, [task('pending', '105')]).get('t1')?.state).toBe('pending');
  expect(mergeTasks(known, [task('pending', '90', 't2')]).size).toBe(2);
});

test('an answer that an event overtook changes nothing', () => {
  expect(mergeTasks(known, [task('pending', '104')])).toBe(known);
  const ended = new Map([['t1', task('succeeded', '105')]]);
  expect(mergeTasks(ended, [task('running', '105')])).toBe(ended);
});
