import { expect, test } from 'vitest';
import { createLocalChanges } from './changes.ts';
import { createWatch } from './watch.ts';

function setUp() {
  const changes = createLocalChanges();
  const watch = createWatch(changes);
  /** Of a task whose name begins with that of its key. */
  const change = (taskId: string) =>
    changes.notify([{ taskId, keyId: taskId.slice(0, 1), state: 'running' }]);
  return { watch, change, changes };
}

test('who watches a task is told of that task until he leaves', () => {
  const { watch, change } = setUp();
  const reported: string[] = [];
  const leave = watch.task('a1', () => reported.push('first'));
  watch.task('a1', () => reported.push('second'));
  change('a1');
  change('a2');
  leave();
  leave();
  change('a1');
  expect(reported).toEqual(['first', 'second', 'second']);
});

test('who watches a key is told of each of its tasks, and of no other key’s', () => {
  const { watch, change } = setUp();
  let reported = 0;
  const leave = watch.key('a', () => (reported += 1));
  for (const task of ['a1', 'a2', 'b1', 'gone']) change(task);
  expect(reported).toBe(2);
  leave();
  change('a1');
  expect(reported).toBe(2);
});

test('who leaves while all are told is not told, and disturbs nobody', () => {
  const { watch, change } = setUp();
  const reported: string[] = [];
  const leave = watch.task('a1', () => {
    reported.push('once');
    leave();
    leaveToo();
  });
  const leaveToo = watch.task('a1', () => reported.push('never'));
  watch.task('a1', () => reported.push('always'));
  change('a1');
  change('a1');
  expect(reported).toEqual(['once', 'always', 'always']);
});

test('thousands are told in turns, so that others are served in between', async () => {
  const { watch, change } = setUp();
  let reported = 0;
  for (let watcher = 0; watcher < 2_500; watcher += 1) watch.task('a1', () => (reported += 1));
  change('a1');
  const seen = [reported];
  while (reported < 2_500) {
    await new Promise(setImmediate);
    seen.push(reported);
  }
  expect(seen[0]).toBe(50);
  expect(seen.length).toBeGreaterThan(10);
});

test('the thousand tasks that change in one commit are told of in turns, and a key once for many', async () => {
  const changes = createLocalChanges();
  const watch = createWatch(changes);
  const reported = new Set<string>();
  let times = 0;
  const ids = Array.from({ length: 1_000 }, (_, index) => String(index));
  for (const id of ids) watch.task(id, () => reported.add(id));
  watch.key('a', () => (times += 1));
  changes.notify(ids.map((taskId) => ({ taskId, keyId: 'a', state: 'error' })));
  expect(reported.size).toBeLessThan(60);
  while (reported.size < 1_000) await new Promise(setImmediate);
  expect(times).toBeLessThan(60);
});

test('where changes may have been missed all who watch are told, and else those of whom it is said', () => {
  const { watch, changes } = setUp();
  const reported: string[] = [];
  watch.task('a1', () => reported.push('a1'));
  watch.task('a2', () => reported.push('a2'));
  const leave = watch.key('a', () => reported.push('a'));
  expect(watch.watched()).toEqual({ taskIds: ['a1', 'a2'], keyIds: ['a'] });
  changes.missed();
  expect(reported.splice(0)).toEqual(['a1', 'a2', 'a']);
  watch.wake({ taskIds: ['a2', 'b1'], keyIds: ['a'] });
  expect(reported).toEqual(['a2', 'a']);
  leave();
  expect(watch.watched()).toEqual({ taskIds: ['a1', 'a2'], keyIds: [] });
});
