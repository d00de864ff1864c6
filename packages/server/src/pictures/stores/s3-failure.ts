// Description of a failure at S3: the name that S3 gave it, its status, and where. Not the error itself: the SDK hangs
// the server's whole answer on it, and some servers answer a bad signature with the key and the text that was signed.

import { StartRefusedError } from '../../core/errors.ts';

/**
 * Error codes of servers that have no room, besides the status 507: MinIO (cmd/api-errors.go) with a quota on the bucket, and
 * Ceph (src/rgw/rgw_common.cc). Amazon's has no end.
 */
const fullCodes: ReadonlySet<string> = new Set([
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'QuotaExceeded',
]);

/** A call to the picture store that failed for good, after its retries. */
export class PictureStoreError extends Error {
  /** S3's name for it, such as `AccessDenied`, or the network's, such as `ECONNREFUSED`. */
  readonly code: string;
  /** Of the answer; `undefined` where none came. */
  readonly status: number | undefined;
  /** The bucket has no room. */
  readonly storeFull: boolean;

  constructor(code: string, status: number | undefined, location: string) {
    super(
      `The picture store, ${location}, failed with ${code}${status === undefined ? '' : ` (status ${status})`}.`,
    );
    this.name = 'PictureStoreError';
    this.code = code;
    this.status = status;
    this.storeFull = status === 507 || fullCodes.has(code);
  }
}

/** `location` says in words which store it is. */
export function pictureStoreError(error: unknown, location: string): PictureStoreError {
  if (error instanceof PictureStoreError) return error;
  const status = statusOf(error);
  return new PictureStoreError(nameOf(error), status, location);
}

/** True for an error of the SDK that says that there is no such object. A HEAD of an object in a missing bucket says so too. */
export function isMissingObject(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** Remedies for the faults that a first start meets most. */
const advice = new Map([
  ['NoSuchBucket', 'Make the bucket, or correct its name.'],
  ['AccessDenied', 'The key has to be allowed to put, get, list and delete objects in this bucket.'],
  ['Forbidden', 'The key has to be allowed to put, get, list and delete objects in this bucket.'],
  ['InvalidAccessKeyId', 'Correct the access key.'],
  ['SignatureDoesNotMatch', 'Correct the secret access key.'],
  ['CredentialsProviderError', 'Give an access key and its secret, or run where the AWS SDK finds them.'],
  ['AuthorizationHeaderMalformed', 'Correct the region to the one of the bucket.'],
  ['PermanentRedirect', 'Correct the region, or the endpoint, to the one of the bucket.'],
  ['ENOTFOUND', 'The name is not known. Correct the endpoint, or have the bucket in the path (path style).'],
  ['RequestTimeTooSkewed', 'Set this machine’s clock right.'],
]);

export function startRefused(error: unknown, location: string): StartRefusedError {
  const failure = pictureStoreError(error, location);
  const unreached =
    'Nothing that speaks S3 answered. Correct the endpoint, or start what should answer there.';
  const otherwise = failure.status === undefined ? unreached : 'Mend that, or choose another bucket.';
  return new StartRefusedError(`${failure.message} ${advice.get(failure.code) ?? otherwise}`, {
    cause: failure,
  });
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  const name = statusOf(error) === undefined && 'code' in error ? error.code : error.name;
  // The name of an S3 error is a part of the server's answer.
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'an unknown error';
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error && '$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}
