import { expect, test } from 'vitest';
import { type Change, createLocalChanges } from './changes.ts';

const changeOf = (taskId: string): Change => ({ taskId, keyId: 'key', state: 'running' });

test('every cache has forgotten all that changed before anybody is notified, whoever came first', () => {
  const changes = createLocalChanges();
  const seen: string[] = [];
  changes.listen(({ taskId }) => seen.push(`listener ${taskId}`));
  changes.addCache((taskId) => seen.push(`cache ${taskId}`));
  changes.notify([changeOf('a'), changeOf('b')]);
  expect(seen).toEqual(['cache a', 'cache b', 'listener a', 'listener b']);
});

test('whoever leaves is not notified, and a cache that ends forgets no more', () => {
  const changes = createLocalChanges();
  const seen: string[] = [];
  const leave = changes.listen(() => seen.push('listener'));
  const end = changes.addCache(() => seen.push('cache'));
  leave();
  end();
  changes.notify([changeOf('a')]);
  expect(seen).toEqual([]);
});
