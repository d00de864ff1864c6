// Loaded into a server that is measured (`node --import`): how much processor time one turn of its event loop takes at most. Unlike a
// wait, this does not depend on what else the machine does. On SIGUSR2 the figure since the signal before goes into a file.

import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['BENCH_LONGEST_TURN'];

if (isMainThread && file !== undefined) {
  let longest = 0;
  let before = cpuMs();
  setInterval(() => {
    const now = cpuMs();
    longest = Math.max(longest, now - before);
    before = now;
  }, 1).unref();
  process.on('SIGUSR2', () => {
    writeFileSync(file, String(longest));
    longest = 0;
  });
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
