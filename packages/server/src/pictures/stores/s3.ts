// The picture store in a bucket of S3, or of a server that speaks S3. A put is there whole or not at all, because S3
// makes it so; parts of an upload that a crash cut off stay in the bucket, unseen, until a lifecycle rule of the
// bucket removes them.

import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { PictureStore, StoreLink } from '../../core/pictures/picture-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { createS3Client, describeLocation, loadS3Sdk, type S3Location } from './s3-client.ts';
import { isMissingObject, pictureStoreError, startRefused } from './s3-failure.ts';
import { checkedKey, checkedPrefix, isKey } from './store-key.ts';

const mebibyte = 2 ** 20;
const largestSinglePut = 16 * mebibyte;
/** A part has 60 s: two at once need 2.2 Mbit/s. */
const parts = { partSize: 8 * mebibyte, queueSize: 2 };
const maxSockets = 32;
/** Apart from the others, so that clients who read slowly can't keep results from being stored. */
const maxDownloads = 256;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html */
const maxLinkSeconds = 7 * 24 * 3600;
/** Type of every object: the server knows the type of the bytes that it serves, and a link has it in its query. */
const contentType = 'application/octet-stream';

export interface S3Options extends S3Location {
  /** Stands before every key, for a bucket that others use too; slashes around it count for nothing. */
  prefix: string;
  clock: Clock;
}

export interface S3PictureStore extends PictureStore {
  linkTo: NonNullable<PictureStore['linkTo']>;
  /** Tries for the start whether objects can be put, looked at, listed and deleted. Throws `StartRefusedError`. */
  check(): Promise<void>;
  /** Closes the connections. Calls that run fail. */
  close(): void;
}

/** Makes no call yet. Calls to the store throw `PictureStoreError`. */
export async function createS3PictureStore(options: S3Options): Promise<S3PictureStore> {
  const connection = await connect(options);
  const { sdk, client, downloads, at, told, orMissing } = connection;
  const store: PictureStore = {
    async put(key, bytes) {
      const params = { ...at(key), Body: bytes, ContentType: contentType };
      if (bytes.length <= largestSinglePut) await told(client.send(new sdk.PutObjectCommand(params)));
      else await told(new sdk.Upload({ client, params, ...parts }).done());
    },
    async size(key) {
      const head = await orMissing(client.send(new sdk.HeadObjectCommand(at(key))));
      return head?.ContentLength ?? null;
    },
    read(key, range) {
      const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end}`;
      const command = new sdk.GetObjectCommand({ ...at(key), Range });
      return streamLater(async (abortSignal) => {
        const { Body } = await told(downloads.send(command, { abortSignal }));
        return Body as Readable;
      });
    },
    async delete(key) {
      await orMissing(client.send(new sdk.DeleteObjectCommand(at(key))));
    },
    list: (prefix) => list(connection, prefix),
    async touch(key) {
      const { Bucket, Key } = at(key);
      const CopySource = `${Bucket}/${Key}`.split('/').map(encodeURIComponent).join('/');
      // S3 refuses to copy an object onto itself unless something is replaced.
      const copy = {
        Bucket,
        Key,
        CopySource,
        MetadataDirective: 'REPLACE',
        ContentType: contentType,
      } as const;
      return (await orMissing(client.send(new sdk.CopyObjectCommand(copy)))) !== null;
    },
  };
  return {
    ...store,
    linkTo: (key, link) => linkTo(connection, key, link),
    async check() {
      try {
        await tryOut(store);
      } catch (error) {
        throw startRefused(error, describeLocation(options));
      }
    },
    close() {
      client.destroy();
      downloads.destroy();
    },
  };
}

type Connection = Awaited<ReturnType<typeof connect>>;

async function connect(options: S3Options) {
  const sdk = await loadS3Sdk();
  const location = describeLocation(options);
  const segments = options.prefix.split('/').filter((segment) => segment !== '');
  const root = segments.map((segment) => `${segment}/`).join('');
  return {
    sdk,
    client: createS3Client(sdk.S3Client, options, { maxSockets }),
    downloads: createS3Client(sdk.S3Client, options, { maxSockets: maxDownloads }),
    clock: options.clock,
    bucket: options.bucket,
    root,
    at: (key: string) => ({ Bucket: options.bucket, Key: root + checkedKey(key) }),
    told: async <T>(call: Promise<T>): Promise<T> =>
      call.catch((error: unknown) => {
        throw pictureStoreError(error, location);
      }),
    orMissing: async <T>(call: Promise<T>): Promise<T | null> =>
      call.catch((error: unknown) => {
        if (isMissingObject(error)) return null;
        throw pictureStoreError(error, location);
      }),
  };
}

async function* list({ sdk, client, told, clock, bucket, root }: Connection, prefix: string) {
  const Prefix = root + checkedPrefix(prefix);
  let ContinuationToken: string | undefined;
  do {
    const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken });
    const page = await told(client.send(command));
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      const key = Key.slice(root.length);
      // An object without a time counts as new, so that no sweep takes it for old.
      if (isKey(key)) yield { key, bytes: Size, modifiedAt: LastModified?.getTime() ?? clock.now() };
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

async function linkTo({ sdk, client, told, clock, at }: Connection, key: string, link: StoreLink) {
  const now = Math.floor(clock.now() / 1000);
  const expiresIn = Math.min(Math.max(link.expiresAt - now, 1), maxLinkSeconds);
  const command = new sdk.GetObjectCommand({
    ...at(key),
    ResponseContentType: link.contentType,
    ResponseContentDisposition: `inline; filename="${link.fileName}"`,
  });
  return told(sdk.getSignedUrl(client, command, { expiresIn, signingDate: new Date(now * 1000) }));
}

/** Needs every right that the store uses. Several servers may do it at once, so what it finds does not count. */
async function tryOut(store: PictureStore): Promise<void> {
  const key = 'checks/start';
  await store.put(key, new Uint8Array([1]));
  await store.size(key);
  await store.list('checks/')[Symbol.asyncIterator]().next();
  await store.delete(key);
}

/** A stream whose source has to be asked for first. When it is destroyed early, the signal ends the asking. */
function streamLater(open: (signal: AbortSignal) => Promise<Readable>): Readable {
  const stop = new AbortController();
  const stream = new PassThrough();
  stream.once('close', () => stop.abort());
  open(stop.signal).then(
    (source) => pipeline(source, stream, () => undefined),
    (error: Error) => stream.destroy(error),
  );
  return stream;
}
