#!/usr/bin/env node
// Plain JavaScript that any Node can read: it says which Node is needed before anything newer is loaded.

import { isatty } from 'node:tty';

const needed = 26;
const [major] = process.versions.node.split('.').map(Number);

if (major < needed) {
  console.error(
    `Plantain needs Node ${needed} or newer; this is ${process.version}. ` +
      'Start it with "npm start" in the project, which brings its own Node, or install a newer one.',
  );
  process.exitCode = 1;
} else {
  // A rotation of logs may come before the server is there to note it. Where there is a terminal, SIGHUP says that it was closed.
  if (![0, 1, 2].some(isatty)) process.on('SIGHUP', () => {});
  // Keeps compiled modules, so that the next start takes half the time. Beside the code and not in the shared temporary
  // directory, where another user of the machine could plant them; where it can't be written, nothing is kept.
  const { enableCompileCache, flushCompileCache } = await import('node:module');
  const { join } = await import('node:path');
  const compiled = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled');
  enableCompileCache(compiled);
  // Threads look for it there alone. One that takes types out of its modules anew begins 80 ms of processor time later.
  process.env.NODE_COMPILE_CACHE ??= compiled;
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2), process.env);
  // Kept now: a server that is killed keeps nothing at its end.
  flushCompileCache();
}
