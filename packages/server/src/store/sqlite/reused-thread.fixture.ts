// A writer thread that serves one store of a test after the other.

import { type MessagePort, parentPort } from 'node:worker_threads';
import { serveWrites } from './writes/serve-writes.ts';

parentPort?.on('message', ({ port, file }: { port: MessagePort; file: string }) => serveWrites(port, file));
