import { expect, test } from 'vitest';
import { isTaskId, matches, readFilter, readMetadata, writeMetadata } from './filter.ts';
import { fixtureId, fixtureTask } from '../../task.fixture.ts';

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

test('only a whole id leads to a task', () => {
  expect(isTaskId(` ${fixtureId(1).toUpperCase()} `)).toBe(true);
  expect(isTaskId(fixtureId(1).slice(0, -1))).toBe(false);
});
