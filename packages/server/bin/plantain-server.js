#!/usr/bin/env node
// Plain JavaScript that any Node can read: it says which Node is needed before anything newer is loaded.

const needed = 24;
const [major] = process.versions.node.split('.').map(Number);

if (major < needed) {
  console.error(
    `Plantain needs Node ${needed} or newer; this is ${process.version}. ` +
      'Start it with "npm start" in the project, which brings its own Node, or install a newer one.',
  );
  process.exitCode = 1;
} else {
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2), process.env);
}
