import { expect, test } from 'vitest';
import { fetchPictures, mostPictureBytes } from './linked-pictures.ts';

const { signal } = new AbortController();
const links = ['a', 'b', 'c'];

test('pictures that fill the memory together are not fetched any further', async () => {
  const large = new Uint8Array(mostPictureBytes / 2 + 1);
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

test('the first that can not be fetched ends it', async () => {
  const gone = new Error('gone');
  const download = (link: string) =>
    link === 'b' ? Promise.reject(gone) : Promise.resolve(new Uint8Array(1));
  await expect(fetchPictures(links, { download, signal })).rejects.toBe(gone);
});
