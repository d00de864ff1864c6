// A real S3-compatible server (npm `s3rver` 3.7.1) on loopback, mended where it is not like S3, and with a place where
// a test can get in between. It does not check signatures, only that the access key is one it knows, and has no
// listing of more than a page (its token is encrypted with DES, which OpenSSL 3 no longer has).

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync } from 'node:fs';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** True when it has answered, or never will. */
type Intercept = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => boolean;

export interface S3TestServer {
  endpoint: string;
  /** Each request: method, path, and the names of the parameters that tell one call from another. */
  calls: string[];
  /** Connections that are open now. */
  connections(): number;
  intercept(intercept: Intercept): void;
  /** Stores objects without HTTP. */
  store: S3rverStore;
  close(): Promise<void>;
}

export const testBucket = 'pictures';
/** The only one that s3rver knows. */
export const testCredentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

interface S3rverStore {
  getResourcePath(bucket: string, key: string | undefined, resource: string): string;
  putMetadata(bucket: string, key: string, metadata: object, md5: string): Promise<void>;
  putObject(object: { bucket: string; key: string; content: Readable; metadata: object }): Promise<Written>;
  putPart(bucket: string, upload: string, part: string, content: Readable): Promise<Written>;
  copyObject(
    fromBucket: string,
    fromKey: string,
    bucket: string,
    key: string,
    metadata: object,
  ): Promise<object>;
  getObject(bucket: string, key: string, range: { end?: number }): Promise<FoundObject | null>;
}
interface Written {
  size: number;
  md5: string;
}
interface FoundObject {
  content: Readable | null;
  range: { end: number };
}
interface S3rver {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
  httpServer: Server;
  store: S3rverStore;
}
// It comes without types.
const require = createRequire(import.meta.url);
const S3rverClass = require('s3rver') as new (options: object) => S3rver;

export async function startS3Server(): Promise<S3TestServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'plantain-s3-'));
  const server = new S3rverClass({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: testBucket }],
  });
  mend(server.store);
  const { port } = await server.run();
  const { httpServer, store } = server;

  const calls: string[] = [];
  let open = 0;
  let intercept: Intercept = () => false;
  httpServer.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  const [answer] = httpServer.listeners('request') as ((q: IncomingMessage, a: ServerResponse) => void)[];
  httpServer.removeAllListeners('request');
  httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const meant = ['uploads', 'uploadId', 'partNumber', 'list-type'].filter((name) => searchParams.has(name));
    calls.push([request.method, pathname, ...meant].join(' '));
    if (intercept(request, response, searchParams)) return;
    const upload = searchParams.get('uploadId');
    // s3rver has no way to abort an upload.
    if (request.method === 'DELETE' && upload !== null)
      void rm(path.join(store.getResourcePath(testBucket, undefined, 'uploads'), upload), {
        recursive: true,
      }).then(() => response.writeHead(204).end());
    else answer?.(request, response);
  });

  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    connections: () => open,
    intercept: (next) => (intercept = next),
    store,
    async close() {
      httpServer.closeAllConnections();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

function mend(store: S3rverStore): void {
  // As it is, it answers before the last bytes are in the file, and lets a reader see half of it.
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const written = await writeWhole(store.getResourcePath(bucket, key, 'object'), content);
    await store.putMetadata(bucket, key, metadata, written.md5);
    return written;
  };
  store.putPart = async (bucket, upload, part, content) =>
    writeWhole(path.join(store.getResourcePath(bucket, undefined, 'uploads'), upload, part), content);

  // As it is, a copy onto itself keeps its time.
  const copyObject = store.copyObject.bind(store);
  store.copyObject = async (fromBucket, fromKey, bucket, key, metadata) => {
    const now = new Date();
    await utimes(store.getResourcePath(fromBucket, fromKey, 'object'), now, now);
    return copyObject(fromBucket, fromKey, bucket, key, metadata);
  };

  // As it is, it takes the range 0-0 for the whole.
  const getObject = store.getObject.bind(store);
  store.getObject = async (bucket, key, range) => {
    const found = await getObject(bucket, key, range);
    if (range.end !== 0 || !found?.content) return found;
    found.content.destroy();
    const content = createReadStream(store.getResourcePath(bucket, key, 'object'), { start: 0, end: 0 });
    return Object.assign(found, { content, range: { start: 0, end: 0 } });
  };
}

async function writeWhole(file: string, content: Readable): Promise<Written> {
  const bytes = await buffer(content);
  const temporary = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(temporary, bytes);
  await rename(temporary, file);
  return { size: bytes.length, md5: createHash('md5').update(bytes).digest('hex') };
}
