import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { processorMs } from '../../lib/processor-time.fixture.ts';
import { splitLinks } from './split-links.ts';

test.each([
  ['https://a.example/1.png', ['https://a.example/1.png']],
  ['https://a.example/1,2.png', ['https://a.example/1,2.png']],
  ['https://a.example/w=1,h=2/https://b.example', ['https://a.example/w=1,h=2/https://b.example']],
  ['https://a.example/1.png,https://b.example/2', ['https://a.example/1.png', 'https://b.example/2']],
  ['HTTPS://a.example , \n http://b.example,', ['HTTPS://a.example', 'http://b.example']],
  ['https://a.example\r\nhttps://b.example', ['https://a.example', 'https://b.example']],
  ['data:image/png;base64,QQ==,data:,x', ['data:image/png;base64,QQ==', 'data:,x']],
  ['data:image/png;base64,QUJD,https://a.example', ['data:image/png;base64,QUJD', 'https://a.example']],
  ['https://a.example?q=see https://b.example', ['https://a.example?q=see https://b.example']],
  ['a,b', ['a,b']],
  ['', ['']],
])('%j is %j', (text, links) => {
  expect(splitLinks(text, 100)).toEqual(links);
});

test('links that were joined with commas come out again', () => {
  const link = fc.oneof(
    fc.webUrl({ withQueryParameters: true }).map((url) => url.replace(/,+$/, '')),
    fc.base64String({ minLength: 4 }).map((text) => `data:image/png;base64,${text}`),
  );
  fc.assert(
    fc.property(
      fc.array(link, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(',', ', ', ' ,\n'),
      (links, comma) => {
        expect(splitLinks(links.join(comma), 100)).toEqual(links);
      },
    ),
  );
});

test('a text of many links is cut into one more than are taken, and its time grows with its size', async () => {
  expect(splitLinks('data:,'.repeat(50_000), 100)).toHaveLength(101);
  const padded = `https://a.example${' '.repeat(5_000_000)}data:data:${'\n'.repeat(5_000_000)}x`;
  expect(await processorMs(() => splitLinks(padded, 100))).toBeLessThan(1_000);
});
