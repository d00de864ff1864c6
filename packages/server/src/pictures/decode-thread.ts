// The thread in which pictures are decoded that sharp can't read.

import { serveTasks } from '../lib/threads/thread-tasks.ts';
import type { Conversion } from './bare/file-parts.ts';
import { readBmp } from './formats/read-bmp.ts';
import { readHeic } from './formats/read-heic.ts';

export interface DecodeTask {
  file: Uint8Array;
  from: Conversion['from'];
  profile: Uint8Array | undefined;
  maxPixels: number;
}

serveTasks(async ({ file, from, profile, maxPixels }: DecodeTask) => {
  const tiff = from === 'bmp' ? readBmp(file, profile) : await readHeic(file, { profile, maxPixels });
  return { result: tiff, transfer: tiff instanceof Uint8Array ? [tiff.buffer] : [] };
});
