import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import { taskErrorOf } from '../faults.fixture.ts';
import { finishedPictures, pollFinished } from './finished-pictures.ts';

const { signal } = new AbortController();
const asked = new URL('https://api.example/v1/images');
const upstream = 'Tester';
const usage = { output_tokens: 7 };
const beside = { description: 'A plantain.', warnings: ['It is green.'], usage, costMicroUsd: 39_000 };

/** As the store gives it back. */
const storedOf = (operation: Operation) => JSON.parse(JSON.stringify(operation)) as Operation;

test('what the answer said comes back with the pictures, the warnings with the operation', async () => {
  const links = ['/a.png', '//cdn.example/b.png', 'https://cdn.example/c.png?token=d'];
  const { operation, warnings, pollAfterMs } = finishedPictures(links, beside, { upstream, asked });
  expect({ warnings, pollAfterMs }).toEqual({ warnings: ['It is green.'], pollAfterMs: 0 });
  const download = (link: string) => Promise.resolve(Buffer.from(link));
  const result = await pollFinished(storedOf(operation), { download, signal });
  expect(result.pictures.map(String)).toEqual([
    'https://api.example/a.png',
    'https://cdn.example/b.png',
    'https://cdn.example/c.png?token=d',
  ]);
  expect(result).toMatchObject({ description: 'A plantain.', warnings: [], usage, costMicroUsd: 39_000 });
});

test('of a thousand links sixteen are kept, those that are none left out, and the result says so', async () => {
  const links = Array.from({ length: 1000 }, (_, index) => (index === 3 ? 'data:,' : `/${index}.png`));
  const { operation } = finishedPictures(links, beside, { upstream, asked });
  expect(Object.values(operation).join().length).toBeLessThan(1000);
  const fetched: string[] = [];
  const download = (link: string) => {
    fetched.push(link);
    return Promise.resolve(new Uint8Array(1));
  };
  const { warnings } = await pollFinished(operation, { download, signal });
  expect(fetched).toHaveLength(16);
  expect(fetched).not.toContain('https://api.example/3.png');
  expect(warnings).toEqual(['Of 1000 pictures, 984 could not be taken.']);
});

test('links that are none are a failure that is final, with what was counted', async () => {
  const error = await taskErrorOf(
    (async () => finishedPictures(['ftp://cdn.example/a.png', ''], beside, { upstream, asked }))(),
  );
  expect(error.usage).toEqual(usage);
  expect(error.failure).toEqual({
    type: 'upstream_unavailable',
    message:
      'Tester made the picture, but it could not be fetched from its link: not a link to a picture. The call may have been billed.',
    retryable: false,
    upstreamReason: 'picture not fetched',
    answered: true,
    maybeBilled: true,
  });
});

test('a link that can not be fetched is told with what was counted', async () => {
  const { operation } = finishedPictures(['/a.png'], beside, { upstream, asked });
  const failure = { type: 'upstream_unavailable', message: 'Gone.', retryable: true } as const;
  const download = () => Promise.reject(new TaskError(failure));
  expect(await taskErrorOf(pollFinished(operation, { download, signal }))).toMatchObject({
    usage,
    failure,
    answer: { status: null, json: { links: ['https://api.example/a.png'] } },
  });
});
