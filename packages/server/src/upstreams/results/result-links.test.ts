import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallPng } from '../png.fixture.ts';
import { findPictures, holdsNone } from './result-links.ts';

const one = 'https://files.example/one';
const two = 'https://files.example/two?token=a,b';
const base64 = smallPng.toString('base64');
const uri = `data:image/png;base64,${base64}`;

test.each<[unknown, unknown[]]>([
  [one, [one]],
  [
    [one, two],
    [one, two],
  ],
  [{ url: one }, [one]],
  [[{ url: one }], [one]],
  [{ image: one }, [one]],
  [{ image: { url: one } }, [one]],
  [{ images: [one, two] }, [one, two]],
  [{ images: [{ url: one }, { url: two }] }, [one, two]],
  [{ images: { 0: one, 1: { url: two } } }, [one, two]],
  [{ images: one }, [one]],
  [{ images: `${one},${two}` }, [one, two]],
  [{ images: JSON.stringify([one, two]) }, [one, two]],
  [{ images: [[one], [{ image: { href: two } }]] }, [one, two]],
  [{ image_urls: [one] }, [one]],
  [{ imageUrl: one }, [one]],
  [{ urls: [one] }, [one]],
  [{ output: one }, [one]],
  [{ output: { image: one, text: 'https://files.example/words' } }, [one]],
  [{ output: { images: [one] } }, [one]],
  [{ data: { output: [{ file: { url: one } }] } }, [one]],
  [{ payload: { images: [{ url: one }] }, request_id: 'a' }, [one]],
  [{ result: { resultUrl: one } }, [one]],
  [{ results: [{ image_url: one, thumbnail_url: two }] }, [one]],
  [{ resultJson: JSON.stringify({ resultUrls: [one, two] }) }, [one, two]],
  [{ drawing: { 'picture file': 'https://files.example/a.webp?x' } }, ['https://files.example/a.webp?x']],
  [
    { images: ['/pic/ok.png', 'pic/ok.png', '//files.example/a'] },
    ['/pic/ok.png', 'pic/ok.png', '//files.example/a'],
  ],
  [{ images: [{ url: 'ok' }] }, ['ok']],
  [{ images: [uri] }, [uri]],
  [{ images: [base64] }, [`data:;base64,${base64}`]],
  [{ images: [{ url: '', b64_json: base64 }] }, [`data:;base64,${base64}`]],
  [{ images: [{ url: smallPng }] }, [smallPng]],
  [{ output: `Here it is: ![a plantain](${one})` }, [one]],
  [{ data: { content: `<img src="${one}">` } }, [one]],
  [{ choices: [{ message: { content: `Here: ![a plantain](${one})` } }] }, [one]],
])('%j has its pictures', (result, links) => {
  expect(findPictures(result)).toEqual({ links, promised: links.length, withheld: 0, unknown: false });
});

test.each<unknown>([
  null,
  'a plantain',
  'Our rules are at https://files.example/rules.',
  7,
  [],
  {},
  { images: [] },
  { images: null, description: one },
  { images: [{ content_type: 'image/png', file_name: 'a', width: 8 }] },
  { urls: { get: one, stream: two, cancel: one } },
  { input: { image_urls: [one] }, logs: one, status_url: one, callback_url: one, thumbnail: one },
  { author: { url: one } },
  { result: 'success', seed: 7, timings: {}, has_nsfw_concepts: [false] },
])('%j has none', (result) => {
  expect(holdsNone(findPictures(result))).toBe(true);
});

test('a picture without a link counts as one, and what can not be read in its place is told', () => {
  expect(findPictures({ images: [{ file_name: 'a.png' }, { url: one }] })).toMatchObject({
    promised: 2,
    links: [one],
  });
  for (const entry of ['file-7Rq', { id: 'file-7Rq' }])
    expect(findPictures({ images: [entry] })).toMatchObject({ links: [], promised: 1, unknown: true });
});

test.each<[unknown, unknown[], number]>([
  [{ images: [{ url: one }], has_nsfw_concepts: [true] }, [], 1],
  [{ images: [{ url: one }, { url: two }], has_nsfw_concepts: [true, false] }, [two], 1],
  [{ images: [one, two], has_nsfw_concepts: [false, true] }, [one], 1],
  [{ images: [], has_nsfw_concepts: [true] }, [], 1],
  [
    {
      images: [
        { url: one, nsfw: true },
        { url: two, nsfw: false },
      ],
    },
    [two],
    1,
  ],
  [{ image: one, has_nsfw_concept: true }, [], 1],
  [{ output: [one], nsfw_content_detected: [true] }, [], 1],
  [{ images: [{ url: one, NSFW: 'true' }, two] }, [two], 1],
])('of %j the unsafe pictures are withheld', (result, links, withheld) => {
  expect(findPictures(result)).toMatchObject({ links, withheld });
});

test('whatever the result is, what is found is text that was in it, and no more than it promises', () => {
  const names = fc.constantFrom(
    'images',
    'image',
    'url',
    'output',
    'data',
    'nsfw',
    'has_nsfw_concepts',
    'foo',
    '0',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>(one, 'a.png', '', null, true, 7, '[', '{"url":"/a"}'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, (result) => {
      const { links, promised, withheld } = findPictures(result);
      expect(links.length + withheld).toBeLessThanOrEqual(promised);
      for (const link of links) expect([one, 'a.png', '', '[', '/a', '{"url":"/a"}']).toContain(link);
    }),
  );
});

test('of a text of links without end the first are taken', () => {
  expect(findPictures({ images: 'https://a.example/c '.repeat(100_000) }).links).toHaveLength(100);
});

test('a result that is nothing but depth, breadth or signs is read to an end', () => {
  const deep = Array.from({ length: 5_000 }).reduce<unknown>((inner) => ({ output: [inner] }), one);
  const wide = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, at) => [`nsfw${'_'.repeat(at % 30)}${at}`, true]),
  );
  const long = Array.from({ length: 190_000 }, () => ({}));
  for (const result of [
    deep,
    wide,
    { images: long, ...wide },
    { images: ','.repeat(1_000_000) },
    'a '.repeat(500_000),
  ])
    expect(findPictures(result).links).toEqual([]);
});
