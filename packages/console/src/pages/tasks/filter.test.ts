import { expect, test } from 'vitest';
import { isTaskId, readFilter, readMetadata, writeMetadata } from './filter.ts';
import { fixtureId } from '../../task.fixture.ts';

const read = (query: string) => readFilter(new URLSearchParams(query));

test('the address is read into filters, and what is none is passed over', () => {
  expect(
    read(
      'state=error&error_type=no_image&model=nano-banana&action=edit&created_after=10&created_before=20&metadata=user%3D42&search=+x+',
    ),
  ).toEqual({
    state: 'error',
    error_type: 'no_image',
    model: 'nano-banana',
    action: 'edit',
    created_after: 10,
    created_before: 20,
    metadata: { user: '42' },
    search: 'x',
  });
  expect(
    read('state=done&error_type=bad&action=&model=&created_after=soon&metadata=user&search=+&page=2'),
  ).toEqual({});
});

test('metadata is read as it is written', () => {
  const metadata = { user: '42', 'job.name': 'a=b c' };
  expect(readMetadata(writeMetadata(metadata))).toEqual(metadata);
  for (const bad of ['', 'user', '=x', 'a b=c', 'a=b,c']) expect(readMetadata(bad)).toBeUndefined();
});

test('only a whole id leads to a task', () => {
  expect(isTaskId(` ${fixtureId(1).toUpperCase()} `)).toBe(true);
  expect(isTaskId(fixtureId(1).slice(0, -1))).toBe(false);
});
