import { expect, test } from 'vitest';
import { refusalOf, startServer, statusPath } from '../server.fixture.ts';
import { linkMembers } from '../submit/submit-names.ts';

test('of wrong pictures under every name that there is some are named, and no more are looked for', async () => {
  const server = await startServer();
  const wrong = Array.from({ length: 100 }, (_, index) => index);
  const body = { prompt: 'x', ...Object.fromEntries(linkMembers.map((name) => [name, wrong])) };
  const { message, details = [] } = refusalOf(await server.post(body, statusPath), 400).error;
  expect(message).toMatch(/^The request is not valid: image_urls\[0\] must be .*; and 198 more\.$/);
  expect(details).toHaveLength(200);
});

test('a link that is too long is told from what is no link', async () => {
  const server = await startServer();
  const long = 'a'.repeat(9_000);
  const image_urls = [
    `http://127.0.0.1/${long}`,
    long,
    `HTTPS://[${long}`,
    'http://[',
    'ftp://a.example/a.png',
  ];
  const { details = [] } = refusalOf(await server.post({ prompt: 'x', image_urls }, statusPath), 400).error;
  const [tooLong, none] = ['is longer than 8192 characters', 'must be an http or https link, or a data: URI'];
  expect(details.map(({ message }) => message)).toEqual([tooLong, none, tooLong, none, none]);
});

test('sides that are no numbers are sides of nothing', async () => {
  const server = await startServer();
  for (const side of [{ toString: 1 }, { toString: null, valueOf: null }, [], [7], {}, true]) {
    const { status, text } = await server.post({ prompt: 'x', width: side, height: side }, statusPath);
    expect({ status, text }, JSON.stringify(side)).toMatchObject({
      status: 200,
      text: expect.stringContaining('width'),
    });
  }
});
