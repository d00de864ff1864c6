// Keys that every picture store takes, so that a folder of one may be copied to another as it is.

/** Folder of files that are being written to disk; on S3 it stays free. */
export const temporaryFolder = 'tmp';
const maxKeyLength = 500;
const maxSegmentLength = 200;

export function isKey(text: string): boolean {
  const segments = text.split('/');
  return (
    text.length <= maxKeyLength &&
    segments[0] !== temporaryFolder &&
    segments.every(
      (segment) =>
        /^[A-Za-z0-9._-]+$/.test(segment) &&
        segment.length <= maxSegmentLength &&
        segment !== '.' &&
        segment !== '..',
    )
  );
}

/** Returns the key. Throws a `TypeError` when it is none: keys are made by this server, so it is a bug. */
export function checkedKey(key: string): string {
  if (!isKey(key))
    throw new TypeError(`Not a key of the picture store: ${JSON.stringify(key.slice(0, 100))}`);
  return key;
}

/** Returns the prefix of a listing: empty, or a key and a slash. Throws a `TypeError` for any other. */
export function checkedPrefix(prefix: string): string {
  if (prefix !== '' && !(prefix.endsWith('/') && isKey(prefix.slice(0, -1))))
    throw new TypeError(`Not a prefix of the picture store: ${JSON.stringify(prefix.slice(0, 100))}`);
  return prefix;
}
