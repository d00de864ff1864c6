#!/usr/bin/env node
// The process edge of `plantain`: arguments, environment, streams, Ctrl-C and the exit code.

import { run } from './run.ts';

// The reader of a pipe may end first (`plantain list | head`), which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => {});

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  streams: process,
  onSignal: (listener) => void process.on('SIGINT', listener),
  exit: (code) => process.exit(code),
});
