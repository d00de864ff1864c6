// Entry of the writer thread of one store.

import { parentPort, workerData } from 'node:worker_threads';
import { serveWrites } from './writes/serve-writes.ts';

if (parentPort === null) throw new Error('This module runs as a worker thread only.');
serveWrites(parentPort, (workerData as { file: string }).file);
