import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimes } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartRefusedError } from '../../core/errors.ts';
import { testPictureStore } from './picture-store.conformance.ts';
import { PictureStoreError } from './s3-failure.ts';
import { startS3Server, testBucket, testCredentials, type S3TestServer } from './s3-server.fixture.ts';
import { createS3PictureStore, type S3Options, type S3PictureStore } from './s3.ts';

const bytes = Buffer.from('0123456789');
/** In three parts. */
const large = Buffer.alloc(17 * 2 ** 20, 'large ');
const systemClock = { now: () => Date.now() };

const optionsFor = (endpoint: string, change: Partial<S3Options> = {}): S3Options => ({
  bucket: testBucket,
  region: 'us-east-1',
  endpoint,
  forcePathStyle: true,
  prefix: 'one/two',
  clock: systemClock,
  ...testCredentials,
  ...change,
});

testPictureStore('S3', async () => {
  const server = await startS3Server();
  const options = optionsFor(server.endpoint);
  const stores = [await createS3PictureStore(options)];
  return {
    store: stores[0]!,
    async reopen() {
      const next = await createS3PictureStore(options);
      stores.push(next);
      return next;
    },
    setModifiedAt: (key, at) =>
      utimes(server.store.getResourcePath(testBucket, `one/two/${key}`, 'object'), at, at),
    async close() {
      for (const store of stores) store.close();
      await server.close();
    },
  };
});

describe('on a server that the test gets in between', () => {
  let server: S3TestServer;
  let store: S3PictureStore;
  beforeEach(async () => {
    server = await startS3Server();
    store = await createS3PictureStore(optionsFor(server.endpoint));
  });
  afterEach(async () => {
    store.close();
    await server.close();
  });

  const keys = async (prefix = ''): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(prefix)) found.push(key);
    return found;
  };

  test('stores with different prefixes share a bucket and do not see each other', async () => {
    await store.put('a/b', bytes);
    for (const prefix of ['', 'one', '/one/two/x/']) {
      const other = await createS3PictureStore(optionsFor(server.endpoint, { prefix }));
      expect(await other.size('a/b')).toBeNull();
      await other.put('c', bytes);
      other.close();
    }
    expect(server.calls.filter((call) => call.startsWith('PUT'))).toEqual([
      'PUT /pictures/one/two/a/b',
      'PUT /pictures/c',
      'PUT /pictures/one/c',
      'PUT /pictures/one/two/x/c',
    ]);
  });

  test('a listing goes on over the pages', async () => {
    const token = 'next/=+&';
    const page = (name: string, next: string) => `<ListBucketResult><Name>pictures</Name>${next}<Contents>
      <Key>one/two/p/${name}</Key><LastModified>2026-11-23T02:02:57.000Z</LastModified><Size>7</Size>
      </Contents></ListBucketResult>`;
    const truncated =
      '<IsTruncated>true</IsTruncated><NextContinuationToken>next/=+&amp;</NextContinuationToken>';
    server.intercept((_request, response, query) => {
      expect(query.get('prefix')).toBe('one/two/p/');
      const [name, next] = query.get('continuation-token') === token ? ['2', ''] : ['1', truncated];
      response.writeHead(200, { 'content-type': 'application/xml' }).end(page(name, next));
      return true;
    });
    expect(await keys('p/')).toEqual(['p/1', 'p/2']);
    expect(server.calls).toHaveLength(2);
  });

  test('a large picture goes up in parts, and a part that failed goes up again', async () => {
    let failed = false;
    server.intercept((request, response, query) => {
      if (query.get('partNumber') !== '2' || failed) return false;
      failed = true;
      request.resume().once('end', () => response.writeHead(503).end());
      return true;
    });
    await store.put('large', large);
    expect(await store.size('large')).toBe(large.length);
    expect(large.equals(await buffer(store.read('large')))).toBe(true);
    expect(server.calls.filter((call) => call.endsWith('partNumber'))).toHaveLength(4);
  });

  test('an upload that fails for good leaves no key and takes its parts away', async () => {
    server.intercept((request, response, query) => {
      if (query.get('partNumber') !== '2') return false;
      request.resume().once('end', () => response.writeHead(500).end());
      return true;
    });
    await expect(store.put('large', large)).rejects.toMatchObject({ name: 'PictureStoreError', status: 500 });
    expect(server.calls).toContain('DELETE /pictures/one/two/large uploadId');
    expect(await store.size('large')).toBeNull();
    expect(await keys()).toEqual([]);
  });

  test('a process that is killed between two parts leaves no key', async () => {
    const reached = Promise.withResolvers<void>();
    server.intercept((_request, _response, query) => {
      if (query.get('partNumber') !== '3') return false;
      reached.resolve();
      return true;
    });
    const program = `
      import { createS3PictureStore } from ${JSON.stringify(new URL('./s3.ts', import.meta.url).href)};
      const options = ${JSON.stringify(optionsFor(server.endpoint))};
      const store = await createS3PictureStore({ ...options, clock: Date });
      await store.put('large', new Uint8Array(${large.length}));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await Promise.race([reached.promise, ended]);
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await store.size('large')).toBeNull();
    expect(await keys()).toEqual([]);
  });

  test('a link needs no key, says what it leads to, and ends when it is told to', async () => {
    await store.put('results/ab/one', bytes);
    const nowSeconds = Math.floor(Date.now() / 1000);
    const link = { expiresAt: nowSeconds + 60, fileName: 'output-2.png', contentType: 'image/png' };
    const answer = await fetch(await store.linkTo('results/ab/one', link));
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="output-2.png"');

    const hourAgo = { now: () => Date.now() - 3_600_000 };
    const earlier = await createS3PictureStore(optionsFor(server.endpoint, { clock: hourAgo }));
    const stale = await fetch(
      await earlier.linkTo('results/ab/one', { ...link, expiresAt: nowSeconds - 3_600 + 60 }),
    );
    expect([stale.status, await stale.text()]).toEqual([403, expect.stringContaining('expired')]);
    earlier.close();
  });

  test.each([
    [10, '10'],
    [604_800, '604800'],
    [604_801, '604800'],
    [-5, '1'],
  ])('a link for %d s lasts %s s, because S3 takes from 1 s to 7 days', async (seconds, shown) => {
    const expiresAt = Math.floor(Date.now() / 1000) + seconds;
    const fixed = { now: () => (expiresAt - seconds) * 1000 + 999 };
    const other = await createS3PictureStore(optionsFor(server.endpoint, { clock: fixed }));
    const link = await other.linkTo('a', { expiresAt, fileName: 'a.png', contentType: 'image/png' });
    expect(new URL(link).searchParams.get('X-Amz-Expires')).toBe(shown);
    other.close();
  });

  test('connections are limited, and hanging downloads do not keep pictures from being stored', async () => {
    const all = Promise.withResolvers<void>();
    let waiting = 0;
    server.intercept(({ method }) => {
      if (method === 'GET') waiting += 1;
      if (waiting === 100) all.resolve();
      return method === 'GET';
    });
    const hanging = Array.from({ length: 100 }, () => store.read('a/b'));
    const failures = hanging.map((stream) => buffer(stream).catch((error: unknown) => error));
    await all.promise;
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.put(`many/${index}`, bytes)));
    expect(server.connections()).toBeLessThanOrEqual(100 + 32);
    for (const stream of hanging) stream.destroy();
    for (const failure of await Promise.all(failures)) expect(failure).toBeInstanceOf(Error);
  });

  test.each([
    ['that does not come', 0],
    ['that stops in its middle', 5],
  ])('an answer %s is given up', async (_, sent) => {
    const hasty = await createS3PictureStore(optionsFor(server.endpoint, { requestTimeoutMs: 100 }));
    server.intercept((request, response) => {
      if (request.method !== 'GET') return false;
      if (sent > 0) response.writeHead(200, { 'content-length': 10 }).write(bytes.subarray(0, sent));
      return true;
    });
    await expect(buffer(hasty.read('a/b'))).rejects.toThrow(/TimeoutError|ETIMEDOUT|timed out/);
    hasty.close();
  });

  test('requests carry no checksum of the new kinds and no expectation, but the SHA-256 of the body', async () => {
    const headers: string[] = [];
    const hashes: unknown[] = [];
    server.intercept((request) => {
      headers.push(...Object.keys(request.headers));
      if (request.method === 'PUT') hashes.push(request.headers['x-amz-content-sha256']);
      return false;
    });
    await store.put('a', bytes);
    await store.put('large', large);
    await buffer(store.read('a'));
    await store.touch('a');
    expect(headers.filter((name) => /checksum|trailer|expect/.test(name))).toEqual([]);
    expect(hashes[0]).toBe('84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882');
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(String(hash)))).toBe(true);
  });

  test('an error names what happened and where, and holds no key and nothing that was signed', async () => {
    const secret = {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI-not-a-real-secret',
    };
    const stranger = await createS3PictureStore(optionsFor(server.endpoint, secret));
    const error: unknown = await stranger.put('a', bytes).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(PictureStoreError);
    expect(error).toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
      message: `The picture store, bucket pictures at ${server.endpoint}, failed with InvalidAccessKeyId (status 403).`,
    });
    const everything = inspect(error, { depth: 10, showHidden: true });
    expect(everything).not.toMatch(/AKIA|wJalr|Signature|AWS4/);
    stranger.close();
  });

  test.each([
    ['XMinioStorageFull', 507, true],
    ['XMinioAdminBucketQuotaExceeded', 400, true],
    ['QuotaExceeded', 403, true],
    ['EntityTooLarge', 400, false],
    ['AccessDenied', 403, false],
  ])('an answer %s (%d) to a put says whether the bucket is full: %s', async (code, status, storeFull) => {
    server.intercept((request, response) => {
      if (request.method !== 'PUT') return false;
      request.resume();
      response.writeHead(status).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
      return true;
    });
    const error: unknown = await store.put('a', bytes).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code, status, storeFull });
  });

  test('the check passes where all is well and leaves nothing', async () => {
    await store.check();
    expect(await keys()).toEqual([]);
  });

  test.each<[string, Partial<S3Options>, RegExp]>([
    [
      'no such bucket',
      { bucket: 'nowhere' },
      /bucket nowhere at .*NoSuchBucket \(status 404\)\. Make the bucket/,
    ],
    ['an unknown key', { accessKeyId: 'x' }, /InvalidAccessKeyId \(status 403\)\. Correct the access key\./],
    [
      'nobody there',
      { endpoint: 'http://127.0.0.1:1' },
      /at http:\/\/127\.0\.0\.1:1, failed with ECONNREFUSED\. Nothing/,
    ],
  ])('the check refuses the start: %s', async (_, change, message) => {
    const other = await createS3PictureStore(optionsFor(server.endpoint, change));
    const error: unknown = await other.check().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(StartRefusedError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    other.close();
  });

  test('the check refuses a key that may not list', async () => {
    server.intercept((_request, response, query) => {
      if (!query.has('list-type')) return false;
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      return true;
    });
    await expect(store.check()).rejects.toThrow(
      /AccessDenied \(status 403\)\. The key has to be allowed to put/,
    );
  });
});

test.each([
  [{ endpoint: 'https://s3.example.com', forcePathStyle: true }, 'https://s3.example.com/pictures/one/two/a'],
  [
    { endpoint: 'https://s3.example.com', forcePathStyle: false },
    'https://pictures.s3.example.com/one/two/a',
  ],
  [{ endpoint: undefined, forcePathStyle: false }, 'https://pictures.s3.eu-west-3.amazonaws.com/one/two/a'],
])('with %j a link begins with %s', async (change, beginning) => {
  const store = await createS3PictureStore({ ...optionsFor(''), region: 'eu-west-3', ...change });
  const link = await store.linkTo('a', { expiresAt: 2e9, fileName: 'a.png', contentType: 'image/png' });
  expect(link.split('?')[0]).toBe(beginning);
  store.close();
});
