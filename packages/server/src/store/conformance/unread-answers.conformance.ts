// Answers of upstreams that could not be used: a bounded number of them, and each as long as its task is there.

import { describe, expect } from 'vitest';
import type { UnreadAnswerRecord } from '../../core/upstreams/unread-answer.ts';
import { failed, newTask, type OpenStore, start, storeTest } from './store.fixture.ts';
import type { Store } from '../store.ts';

const at = start;
const answer: UnreadAnswerRecord = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  length: 5,
  sha256: 'abc',
  shape: { data: 'string(3)' },
  text: '“<p>”',
};

async function keep(
  store: Store,
  { taskId = '', attempt = 1, storedAt = at, most = 100 } = {},
): Promise<string> {
  const task = newTask();
  if (taskId === '') await store.insert([task]);
  await store.storeUnreadAnswer({ taskId: taskId || task.id, attempt, at: storedAt, answer, most });
  return taskId || task.id;
}

export function testUnreadAnswers(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`unread answers on ${name}`, () => {
    test('an answer is kept for its attempt, and the latest of an attempt counts', async ({ store }) => {
      const taskId = await keep(store);
      expect(await store.findUnreadAnswer(taskId, 1)).toEqual({ at, answer });
      await keep(store, { taskId, storedAt: at + 5 });
      await keep(store, { taskId, attempt: 2 });
      expect(await store.findUnreadAnswer(taskId, 1)).toEqual({ at: at + 5, answer });
      expect(await store.findUnreadAnswer(taskId, 2)).toEqual({ at, answer });
      expect(await store.findUnreadAnswer(taskId, 3)).toBeNull();
      expect(await store.findUnreadAnswer('\0', 1)).toBeNull();
    });

    test('only so many are kept, and the oldest go first', async ({ store }) => {
      const ids = [];
      for (const age of [3, 1, 2]) ids.push(await keep(store, { storedAt: at - age, most: 2 }));
      const found = await Promise.all(ids.map((id) => store.findUnreadAnswer(id, 1)));
      expect(found.map((kept) => kept !== null)).toEqual([false, true, true]);
    });

    test('an answer goes when it is old, and with its task', async ({ store }) => {
      const old = await keep(store, { storedAt: at - 1 });
      const young = await keep(store);
      expect(await store.deleteUnreadAnswers(at - 1)).toBe(1);
      expect(await store.findUnreadAnswer(old, 1)).toBeNull();
      await store.finishIfPending(young, failed(at));
      expect(await store.deleteIfFinal(young, 'key_a', at)).not.toBeNull();
      expect(await store.findUnreadAnswer(young, 1)).toBeNull();
    });

    test('nothing is kept for a task that is gone', async ({ store }) => {
      const taskId = await keep(store, { taskId: newTask().id });
      expect(await store.findUnreadAnswer(taskId, 1)).toBeNull();
    });
  });
}
