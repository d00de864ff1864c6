// Runs before each file of tests, and so has its hooks in each.

import sharp from 'sharp';
import { afterAll, afterEach } from 'vitest';
import { endFile, endTest } from './packages/server/src/lib/ends.fixture.ts';

afterEach(endTest);
afterAll(async () => {
  await endFile();
  // A server takes all loaders but a few away from the decoder, for the whole process; the next file has them again.
  sharp.unblock({ operation: ['VipsForeignLoad'] });
});
