import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startS3Server, testBucket, testCredentials } from '../../pictures/stores/s3-server.fixture.ts';
import { adminKey, rawCall, refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

let server: TestServer;
/** Both paths of one picture, each with what comes before a further member of the query string. */
let targets: Record<'link' | 'path', string>;
let original: { width: number; height: number; sha256: string };

beforeAll(async () => {
  server = await startServer();
  const id = await server.submit({ prompt: 'a banana', aspect_ratio: '3:2' });
  const task = await server.final(id);
  const details = task.image_details?.[0];
  if (!details) throw new Error('The task has no picture.');
  original = details;
  const link = (task.data.images[0]?.url ?? '').slice(server.url.length);
  targets = { link: `${link}&`, path: `${statusPath}/${id}/images/1?` };
});

async function get(target: string, headers: Record<string, string> = {}) {
  const answer = await fetch(server.url + target, { headers: { authorization: adminKey, ...headers } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const renditionFiles = () => {
  const root = join(server.directory, 'pictures', 'renditions');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name));
};

describe.each(['link', 'path'] as const)('by its %s', (kind) => {
  test.each([
    ['webp', 'image/webp', 'output.webp', 'webp'],
    ['avif', 'image/avif', 'output.avif', 'heif'],
    ['jpeg', 'image/jpeg', 'output.jpg', 'jpeg'],
    ['jpg', 'image/jpeg', 'output.jpg', 'jpeg'],
    ['png', 'image/png', 'output.png', 'png'],
  ])('a picture is had as %s, fitted into the box', async (format, contentType, fileName, decodedAs) => {
    const { status, headers, bytes } = await get(`${targets[kind]}w=90&h=1000&format=${format}&q=60`);
    expect(status, bytes.toString()).toBe(200);
    expect(headers.get('content-type')).toBe(contentType);
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(headers.get('content-disposition')).toBe(`inline; filename="${fileName}"`);
    expect(headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/);
    const { width, height, format: found } = await sharp(bytes).metadata();
    expect([width, found]).toEqual([90, decodedAs]);
    expect(height / width).toBeCloseTo(original.height / original.width, 1);
  });

  test('a picture is never made larger', async () => {
    const { headers, bytes } = await get(`${targets[kind]}w=4096&h=4096`);
    expect(headers.get('etag')).toBe(`"${original.sha256}"`);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: original.width, height: original.height });
  });

  test('members that mean nothing are refused, each by its name', async () => {
    const answer = await server.call(`${targets[kind]}w=0&h=5&h=6&format=gif&q=1e9`);
    const { error } = refusalOf(answer, 400);
    expect(error.details?.map(({ path }) => path)).toEqual(['w', 'h', 'format', 'q']);
    for (const wrong of ['w=-1', 'h=4097', 'w=%00', 'w[a]=1', 'q=%F0%9F%8D%8C', 'format=__proto__'])
      expect((await server.call(`${targets[kind]}${wrong}`)).status, wrong).toBeLessThanOrEqual(400);
  });

  test('who has a rendition is told so, by an ETag that no other has', async () => {
    const etags = new Set<string>();
    for (const query of ['', 'w=80', 'h=70', 'w=80&format=webp', 'w=80&format=webp&q=20']) {
      const tag = (await get(`${targets[kind]}${query}`)).headers.get('etag') ?? '';
      etags.add(tag);
      const again = await get(`${targets[kind]}${query}`, { 'if-none-match': tag });
      expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, tag]);
    }
    expect(etags.size).toBe(5);
    expect((await get(`${targets[kind]}w=80`, { 'if-none-match': `"${original.sha256}"` })).status).toBe(200);
  });

  test('HEAD and ranges are answered as for the picture itself', async () => {
    const target = `${targets[kind]}w=64&format=webp`;
    const head = await rawCall(server.url, {
      target,
      method: 'HEAD',
      headers: { authorization: adminKey },
    });
    const whole = await get(target);
    expect(head).toMatchObject({ status: 200, text: '' });
    for (const name of ['content-type', 'content-length', 'etag', 'content-disposition'])
      expect(head.headers.get(name), name).toBe(whole.headers.get(name));
    const part = await get(target, { range: 'bytes=8-11' });
    expect([part.status, part.bytes.toString()]).toEqual([206, 'WEBP']);
  });
});

test('the second who asks is answered from the store, by whichever path', async () => {
  const before = new Set(renditionFiles());
  const made = await get(`${targets.link}w=77&format=webp`);
  const [file = '', ...more] = renditionFiles().filter((each) => !before.has(each));
  expect(more).toEqual([]);
  expect(readFileSync(file)).toEqual(made.bytes);
  const marked = Buffer.alloc(made.bytes.length, 'x');
  writeFileSync(file, marked);
  expect((await get(`${targets.path}w=0077&format=webp`)).bytes).toEqual(marked);
});

test('a rendition needs the right to its picture', async () => {
  const forged = targets.link.replace(/token=.{4}/, 'token=AAAA');
  expect(refusalOf(await server.call(`${forged}w=50`)).code).toBe(403);
  expect(refusalOf(await server.call(`${targets.path}w=50`, { key: null })).code).toBe(401);
});

describe('with pictures in a bucket', () => {
  let s3: Awaited<ReturnType<typeof startS3Server>>;
  beforeAll(async () => {
    s3 = await startS3Server();
  });
  afterAll(() => s3.close());

  test('a rendition comes through this server, also where pictures are redirected to', async () => {
    const other = await startServer({
      PICTURE_STORE: 's3',
      S3_BUCKET: testBucket,
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY_ID: testCredentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      S3_LINKS: 'redirect',
    });
    const made = await other.final(await other.submit({ prompt: 'a banana' }));
    const link = `${made.data.images[0]?.url ?? ''}&w=48&format=webp`;
    const picture = await fetch(link, { redirect: 'manual' });
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    const { width, format } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
    expect([width, format]).toEqual([48, 'webp']);
  });
});
