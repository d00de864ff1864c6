import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { UnreadAnswerRecord } from '../../core/upstreams/unread-answer.ts';
import { newTask } from '../task-store.conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

const at = 1_800_000_000_000;
const answer: UnreadAnswerRecord = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  length: 5,
  sha256: 'abc',
  shape: { data: 'string(3)' },
  text: '“<p>”',
};

let directory: string;
let store: ReturnType<typeof openSqliteStore>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-unread-'));
  store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function keep({ taskId = '', attempt = 1, storedAt = at, most = 100 } = {}): Promise<string> {
  const task = newTask();
  if (taskId === '') await store.insert([task]);
  await store.storeUnreadAnswer({ taskId: taskId || task.id, attempt, at: storedAt, answer, most });
  return taskId || task.id;
}

test('an answer is kept for its attempt, and the latest of an attempt counts', async () => {
  const taskId = await keep();
  expect(store.findUnreadAnswer(taskId, 1)).toEqual({ at, answer });
  await keep({ taskId, storedAt: at + 5 });
  await keep({ taskId, attempt: 2 });
  expect(store.findUnreadAnswer(taskId, 1)).toEqual({ at: at + 5, answer });
  expect(store.findUnreadAnswer(taskId, 2)).toEqual({ at, answer });
  expect(store.findUnreadAnswer(taskId, 3)).toBeNull();
});

test('only so many are kept, and the oldest go first', async () => {
  const ids = [];
  for (const age of [3, 1, 2]) ids.push(await keep({ storedAt: at - age, most: 2 }));
  expect(ids.map((id) => store.findUnreadAnswer(id, 1) !== null)).toEqual([false, true, true]);
});

test('an answer goes when it is old, and with its task', async () => {
  const old = await keep({ storedAt: at - 1 });
  const young = await keep();
  expect(await store.deleteUnreadAnswers(at - 1)).toBe(1);
  expect(store.findUnreadAnswer(old, 1)).toBeNull();
  const failure = { type: 'no_image', message: '', retryable: false } as const;
  const end = { at, outcome: { state: 'error' as const, failure }, view: { key: 'k', text: '{}' } };
  await store.finishIfPending(young, end);
  expect(await store.deleteIfFinal(young, 'key_a', at)).not.toBeNull();
  expect(store.findUnreadAnswer(young, 1)).toBeNull();
});

test('nothing is kept for a task that is gone', async () => {
  const taskId = await keep({ taskId: newTask().id });
  expect(store.findUnreadAnswer(taskId, 1)).toBeNull();
});
