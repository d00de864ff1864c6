// Finds a write-ahead log that belongs to another database than the one beside it: a backup was copied over the database, and the log of
// the database before was left. SQLite can't see that, and would replay the log: what the backup is without comes back, or the backup is
// damaged (https://www.sqlite.org/howtocorrupt.html, "Mispairing database files and hot journals").
//
// Told by a number in the head of the first page, the change counter, which every commit that writes this page sets to one more than
// it read. So the first such commit in a log is at most one ahead of its own database. A copy by SQLite's backup or VACUUM INTO
// begins at 1 again, and an older copy of the file has an older number. Every start of the server writes the first page twice: the
// log has such a commit then, and one that is not the next after a copy. Right after a checkpoint there may be none, for a while.
// The formats: https://www.sqlite.org/fileformat2.html, "The Database Header" and "WAL File Format".

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { StartRefusedError } from '../../core/errors.ts';

const counterAt = 24;
const databaseHeadBytes = 100;
const logHeadBytes = 32;
const frameHeadBytes = 24;
/** Ten times as many as a log has that is folded into its database in time. */
const maxFrames = 10_000;

/** Throws `StartRefusedError` where the log of `file` was written for another database. Says nothing of what it can't read. */
export function refuseForeignLog(file: string): void {
  // The log first: a server at work only makes the counter of its database grow meanwhile.
  const first = inFile(`${file}-wal`, firstCounter);
  const counter = inFile(file, counterOfDatabase);
  if (first === undefined || counter === undefined || counter >= first - 1) return;
  throw new StartRefusedError(
    `${file}-wal was written for another database than ${file}: most likely a backup was copied over an older database. ` +
      'Read together they would bring old tasks back, or be damaged. If the backup is what you want, remove what the older one ' +
      `left, and start again: rm '${file}-wal' '${file}-shm'`,
  );
}

/** Bytes at a place of a file; undefined where it ends before. */
type ReadAt = (position: number, bytes: number) => Buffer | undefined;

function inFile(path: string, find: (readAt: ReadAt) => number | undefined): number | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    return find((position, bytes) => {
      const buffer = Buffer.alloc(bytes);
      return readSync(file, buffer, 0, bytes, position) === bytes ? buffer : undefined;
    });
  } finally {
    closeSync(file);
  }
}

function counterOfDatabase(readAt: ReadAt): number | undefined {
  const head = readAt(0, databaseHeadBytes);
  return head?.toString('latin1', 0, 15) === 'SQLite format 3' ? head.readUInt32BE(counterAt) : undefined;
}

/** Counter in the first frame that has the first page, among those that were written whole. */
function firstCounter(readAt: ReadAt): number | undefined {
  const head = readAt(0, logHeadBytes);
  const magic = head?.readUInt32BE(0);
  if (head === undefined || (magic !== 0x377f0682 && magic !== 0x377f0683)) return undefined;
  const pageBytes = head.readUInt32BE(8);
  // A power of two: https://www.sqlite.org/fileformat2.html#page_size
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  const isBigEndian = magic === 0x377f0683;
  const frameBytes = frameHeadBytes + pageBytes;
  let sum = addTo([0, 0], head.subarray(0, 24), isBigEndian);
  for (let index = 0; index < maxFrames; index += 1) {
    const frame = readAt(logHeadBytes + index * frameBytes, frameBytes);
    // With salts of another time it was left by what stood here before.
    if (frame?.compare(head, 16, 24, 8, 16) !== 0) return undefined;
    const page = frame.subarray(frameHeadBytes);
    sum = addTo(addTo(sum, frame.subarray(0, 8), isBigEndian), page, isBigEndian);
    if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) return undefined;
    if (frame.readUInt32BE(0) === 1) return page.readUInt32BE(counterAt);
  }
  return undefined;
}

type Sum = readonly [number, number];

/** Checksum of a log, carried on over more bytes, a multiple of eight. */
function addTo([first, second]: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  const wordAt = (at: number) => (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + wordAt(at) + b) >>> 0;
    b = (b + wordAt(at + 4) + a) >>> 0;
  }
  return [a, b];
}
