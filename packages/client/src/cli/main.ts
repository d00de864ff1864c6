#!/usr/bin/env node
// The process edge of `plantain`: arguments, environment, streams, Ctrl-C and the exit code.

import { run } from './run.ts';

// Whoever reads the output may go away (`plantain list | head`): then there is nobody left to talk to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => {});

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  streams: process,
  onSignal: (listener) => void process.on('SIGINT', listener),
  exit: (code) => process.exit(code),
});
