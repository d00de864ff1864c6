import { expect, test } from 'vitest';
import { createWaitForNews } from './wait-for-news.ts';

/** A wait on a watch that the test wakes, and how many watch. */
function setUp() {
  const wakes = new Set<() => void>();
  const waitForNews = createWaitForNews({
    task(_id, told) {
      wakes.add(told);
      return () => wakes.delete(told);
    },
  });
  const wakeAll = () => {
    for (const wake of wakes) wake();
  };
  return { waitForNews, wakeAll, wakes };
}
const minute = { timeoutMs: 60_000, signal: new AbortController().signal };

test('news ends a wait, also what came before anybody listened', async () => {
  const { waitForNews, wakeAll, wakes } = setUp();
  await waitForNews('task', { ...minute, isNews: async () => true });
  let looks = 0;
  const over = waitForNews('task', { ...minute, isNews: async () => (looks += 1) > 1 });
  wakeAll();
  await over;
  expect(looks).toBe(2);
  expect(wakes.size).toBe(0);
});

test('one look is under way at a time, and one more follows for whatever happened meanwhile', async () => {
  const { waitForNews, wakeAll } = setUp();
  const answers: ((isNews: boolean) => void)[] = [];
  const over = waitForNews('task', {
    ...minute,
    isNews: () => new Promise((resolve) => answers.push(resolve)),
  });
  for (let change = 0; change < 3; change += 1) wakeAll();
  expect(answers).toHaveLength(1);
  answers[0]?.(false);
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.(true);
  await over;
  expect(answers).toHaveLength(2);
});

test('the end of the time and of the signal end a wait, and nobody watches any more', async () => {
  const { waitForNews, wakes } = setUp();
  const isNews = async () => false;
  await waitForNews('task', { ...minute, timeoutMs: 1, isNews });
  const stop = new AbortController();
  const over = waitForNews('task', { ...minute, signal: stop.signal, isNews });
  stop.abort();
  await over;
  await waitForNews('task', { ...minute, signal: stop.signal, isNews });
  expect(wakes.size).toBe(0);
});

test('a look that fails ends the wait with its error', async () => {
  const { waitForNews, wakes } = setUp();
  const isNews = () => Promise.reject(new Error('disk I/O error'));
  await expect(waitForNews('task', { ...minute, isNews })).rejects.toThrow('disk I/O error');
  expect(wakes.size).toBe(0);
});
