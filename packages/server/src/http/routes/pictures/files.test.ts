import { rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageDetails } from '@plantain/client';
import { newTaskId } from '../../../lib/ids.ts';
import { createLinkSigner, type LinkSigner } from '../../../pictures/stores/signing.ts';
import { linkSecretOf } from '../../../store/test-store.fixture.ts';
import { refusalOf, rawCall, startServer, type TestServer } from '../../server.fixture.ts';
import { filePath } from '../../views/linked-pictures.ts';

let server: TestServer;
let taskId: string;
let url: string;
let target: string;
let details: ImageDetails;
let signer: LinkSigner;
let whole: Buffer;

beforeAll(async () => {
  server = await startServer();
  taskId = await server.submit({ prompt: 'a banana' });
  const task = await server.final(taskId);
  url = task.data.images[0]?.url ?? '';
  target = url.slice(server.url.length);
  details = task.image_details?.[0] as ImageDetails;
  const secret = await linkSecretOf(server.directory);
  signer = createLinkSigner({ secret, lifetimeSeconds: 60 });
  whole = Buffer.from(await (await fetch(url)).arrayBuffer());
});

const get = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { headers, method });
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe('a result link', () => {
  test('gives the picture as it is described, to be shown and kept', async () => {
    expect(whole).toHaveLength(details.bytes);
    expect(createHash('sha256').update(whole).digest('hex')).toBe(details.sha256);
    const { status, headers } = await get();
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(details.bytes),
      'content-disposition': 'inline; filename="output.png"',
      'accept-ranges': 'bytes',
      etag: `"${details.sha256}"`,
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      'cache-control': expect.stringMatching(/^private, max-age=43\d{4}, immutable$/),
    });
  });

  test('works without a key, with a wrong one, and with more in its query string', async () => {
    expect((await get({ authorization: 'wrong' })).status).toBe(200);
    expect((await fetch(`${url}&download=1`)).status).toBe(200);
  });

  test('answers HEAD as it would GET, without the picture', async () => {
    for (const headers of [{}, { range: 'bytes=5-14' }] as Record<string, string>[]) {
      const full = await get(headers);
      await full.arrayBuffer();
      const head = await rawCall(server.url, { target, method: 'HEAD', headers });
      expect(head).toMatchObject({ status: full.status, text: '' });
      for (const name of ['content-type', 'content-length', 'content-range', 'etag', 'accept-ranges'])
        expect(head.headers.get(name), name).toBe(full.headers.get(name));
    }
  });

  test.each(['"other", W/"SHA"', '"SHA"', '*'])(
    'is answered with 304 to whoever has the picture: %s',
    async (tags) => {
      const answer = await get({ 'if-none-match': tags.replace('SHA', details.sha256), range: 'bytes=0-1' });
      expect(answer.status).toBe(304);
      expect(answer.headers.get('etag')).toBe(`"${details.sha256}"`);
      expect(await answer.text()).toBe('');
    },
  );

  test('gives the whole picture to whoever has another one', async () => {
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=10-', 10, undefined],
    ['bytes=-10', -10, undefined],
    ['bytes=5-99999999', 5, undefined],
  ])('gives the part that was asked for: %s', async (range, start, end) => {
    const part = whole.subarray(start, end);
    const answer = await get({ range });
    expect(answer.status).toBe(206);
    const first = start < 0 ? whole.length + start : start;
    expect(answer.headers.get('content-range')).toBe(
      `bytes ${first}-${first + part.length - 1}/${whole.length}`,
    );
    expect(answer.headers.get('content-length')).toBe(String(part.length));
    expect(Buffer.from(await answer.arrayBuffer()).equals(part)).toBe(true);
  });

  test('answers 416 with the length to a part that is not there', async () => {
    const answer = await get({ range: `bytes=${whole.length}-` });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    expect(await answer.text()).toBe('');
  });

  test('gives a part under If-Range only of the very picture that is meant', async () => {
    const status = async (condition: string) =>
      (await get({ range: 'bytes=0-0', 'if-range': condition })).status;
    expect(await status(`"${details.sha256}"`)).toBe(206);
    expect(await status('"other"')).toBe(200);
    expect(await status(`W/"${details.sha256}"`)).toBe(200);
    expect(await status(new Date().toUTCString())).toBe(200);
  });

  test('is refused when any part of it was changed or left out', async () => {
    const [path = '', query = ''] = target.split('?');
    const parameters = new URLSearchParams(query);
    const later = new URLSearchParams({ ...Object.fromEntries(parameters), e: String(inSeconds(9e6)) });
    const wrong = [
      path,
      `${path}?e=${parameters.get('e')}`,
      `${path}?token=${parameters.get('token')}`,
      `${path}?${later.toString()}`,
      `${path}?${query}&e=1`,
      `${path.replace('output', 'output-2')}?${query}`,
      `${path.replace(taskId, newTaskId())}?${query}`,
      `${path}?e=x&token=y`,
      `${target.slice(0, -1)}${target.endsWith('A') ? 'B' : 'A'}`,
    ];
    for (const link of wrong) expect(refusalOf(await server.call(link)).code).toBe(403);
  });

  test('is gone when it has expired, and says so', async () => {
    const { error } = refusalOf(
      await server.call(signer.sign(filePath(taskId, 'output.png'), inSeconds(-1))),
      404,
    );
    expect(error.message).toContain('expired');
    expect((await server.call(signer.sign(filePath(taskId, 'output.png'), inSeconds(60)))).status).toBe(200);
  });

  test('to a picture that never was is 404, rightly signed or not', async () => {
    for (const path of [
      filePath(newTaskId(), 'output.png'),
      filePath(taskId, 'output-9.png'),
      '/files/x/..%2f..%2flink-secret',
    ])
      expect(
        refusalOf(
          await server.call(
            signer.sign(decodeURIComponent(path), inSeconds(60)).replace(decodeURIComponent(path), path),
          ),
        ).code,
      ).toBe(404);
  });

  test('to a picture whose file was deleted is 404', async () => {
    const id = await server.submit({ prompt: 'another banana' });
    const { data } = await server.final(id);
    rmSync(join(server.directory, 'pictures', 'results'), { recursive: true });
    expect(refusalOf(await server.call((data.images[0]?.url ?? '').slice(server.url.length))).code).toBe(404);
  });
});
