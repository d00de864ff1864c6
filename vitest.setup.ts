// Runs before each file of tests, and so has its hooks in each.

import sharp from 'sharp';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { endFile, endTest } from './packages/server/src/lib/ends.fixture.ts';

beforeEach(async () => {
  // Loaded only where it is needed, as a process that runs other tests has no use for it.
  if (process.env['PLANTAIN_TEST_STORE'] !== 'postgres') return;
  const { prepareDatabases } = await import('./packages/server/src/store/test-store.fixture.ts');
  await prepareDatabases();
});
afterEach(endTest);
afterAll(async () => {
  await endFile();
  // A server takes all loaders but a few away from the decoder, for the whole process; the next file has them again.
  sharp.unblock({ operation: ['VipsForeignLoad'] });
});
