import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { fetchPictures, maxPictureBytes } from './linked-pictures.ts';

const { signal } = new AbortController();
const links = ['a', 'b', 'c'];

test('pictures that fill the memory together are not fetched any further', async () => {
  const large = new Uint8Array(maxPictureBytes / 2 + 1);
  const asked: string[] = [];
  const download = (link: string) => {
    asked.push(link);
    return Promise.resolve(large);
  };
  const { pictures, warnings } = await fetchPictures(links, { download, signal });
  expect(pictures).toHaveLength(2);
  expect(asked).toEqual(['a', 'b']);
  expect(warnings).toEqual(['Of 3 pictures, 1 could not be taken.']);
});

const gone = (retryable: boolean) =>
  new TaskError({ type: 'upstream_unavailable', message: 'gone', retryable });

test('one that can not be fetched costs only itself, and is tried again while that may help', async () => {
  const asked: string[] = [];
  const download = (link: string) => {
    asked.push(link);
    return link === 'a' ? Promise.resolve(new Uint8Array(1)) : Promise.reject(gone(link === 'b'));
  };
  const fetched = await fetchPictures(links, { download, signal, waitsMs: [0, 0] });
  expect(fetched).toEqual({
    pictures: [new Uint8Array(1)],
    warnings: ['Of 3 pictures, 2 could not be taken.'],
  });
  expect(asked).toEqual(['a', 'b', 'c', 'b', 'b']);
});

test('none that can be fetched is a failure, without another try, and the one that may pass is told', async () => {
  const volatile = gone(true);
  const download = (link: string) => Promise.reject(link === 'b' ? volatile : gone(false));
  await expect(fetchPictures(links, { download, signal, waitsMs: [60_000] })).rejects.toBe(volatile);
});
