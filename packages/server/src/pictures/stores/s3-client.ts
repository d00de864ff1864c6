// The S3 client and how it is set up. The SDK is loaded when the first store is made: a server that keeps its pictures
// on disk does without it. The SDK bounds no time by itself.

import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3Location {
  bucket: string;
  region: string;
  /** Of another server than AWS, such as `http://minio:9000`. */
  endpoint?: string | undefined;
  /** True puts the bucket into the path of a URL, false before the host. */
  forcePathStyle: boolean;
  /** Without both, the SDK looks for credentials where it always does: environment, profile, container, machine. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  /** For one try of a call to be answered, and for every silence in an answer; 60 s unless given. */
  requestTimeoutMs?: number | undefined;
}

const connectTimeoutMs = 10_000;
const tries = 3;

export async function loadS3Sdk() {
  const [s3, { Upload }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/lib-storage'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  return { ...s3, Upload, getSignedUrl };
}

/**
 * A client with at most `maxSockets` connections.
 *
 * Checksums only where a call requires them (none of ours does). Since 3.729 the SDK sends a CRC32 with every upload
 * and asks for one with every download, which servers other than AWS refused
 * (https://github.com/aws/aws-sdk-js-v3/issues/6810). It would add nothing: every body here is in memory, so its
 * SHA-256 is a part of the signature, and the server checks that.
 *
 * Without `Expect: 100-continue`, because for that header the SDK (@smithy/node-http-handler 4.14) opens a connection
 * of its own for each upload from 2 MiB, outside of the limit.
 */
export function createS3Client(
  Client: typeof S3Client,
  location: S3Location,
  { maxSockets }: { maxSockets: number },
): S3Client {
  const {
    region,
    endpoint,
    forcePathStyle,
    accessKeyId,
    secretAccessKey,
    requestTimeoutMs = 60_000,
  } = location;
  const config: S3ClientConfig = {
    region,
    forcePathStyle,
    maxAttempts: tries,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeoutMs,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  };
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    config.credentials = { accessKeyId, secretAccessKey };
  return new Client(config);
}

/** Description of the store for messages. */
export function describeLocation({ bucket, region, endpoint }: S3Location): string {
  const server = endpoint === undefined ? `AWS S3 in ${region}` : new URL(endpoint).origin;
  return `bucket ${bucket} at ${server}`;
}
