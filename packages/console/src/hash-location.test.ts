import { expect, test } from 'vitest';
import { splitHash } from './hash-location.ts';

test('what stands behind the hash is a path and a query', () => {
  for (const [hash, path, query] of [
    ['', '/', ''],
    ['#', '/', ''],
    ['#/tasks', '/tasks', ''],
    ['#tasks', '/tasks', ''],
    ['#/tasks?state=error&q=a%3Db', '/tasks', 'state=error&q=a%3Db'],
    ['#/tasks?q=what?', '/tasks', 'q=what?'],
  ] as const)
    expect(splitHash(hash)).toEqual({ path, query });
});
