import { expect, test } from 'vitest';
import { type Change, createLocalChanges } from './changes.ts';

const changeOf = (taskId: string): Change => ({ taskId, keyId: 'key', state: 'running' });

test('every cache has forgotten all that changed before anybody is notified, whoever came first', () => {
  const changes = createLocalChanges();
  const seen: string[] = [];
  changes.listen(({ taskId }) => seen.push(`listener ${taskId}`));
  changes.addCache({ forget: (taskId) => seen.push(`cache ${taskId}`), forgetAll: () => {} });
  changes.notify([changeOf('a'), changeOf('b')]);
  expect(seen).toEqual(['cache a', 'cache b', 'listener a', 'listener b']);
});

test('whoever leaves is not notified, and a cache that ends forgets no more', () => {
  const changes = createLocalChanges();
  const seen: string[] = [];
  const leave = changes.listen(
    () => seen.push('listener'),
    () => seen.push('listener'),
  );
  const end = changes.addCache({ forget: () => seen.push('cache'), forgetAll: () => seen.push('cache') });
  leave();
  end();
  changes.notify([changeOf('a')]);
  changes.missed();
  expect(seen).toEqual([]);
});

test('where changes may have been missed every cache is emptied, and then told is who wants to know', () => {
  const changes = createLocalChanges();
  const seen: string[] = [];
  changes.listen(
    () => seen.push('changed'),
    () => seen.push('missed'),
  );
  changes.listen(() => seen.push('changed'));
  changes.addCache({ forget: () => seen.push('forgot one'), forgetAll: () => seen.push('forgot all') });
  changes.missed();
  expect(seen).toEqual(['forgot all', 'missed']);
});
