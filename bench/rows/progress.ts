// Says on stderr how far a run is, in a terminal and in a pipe alike, so that whoever waits sees that it goes on; what was measured stands on stdout.

const everyMs = 2_000;
let saidAt = performance.now();

/** Says a step, one that takes long. */
export function sayStep(words: string): void {
  saidAt = performance.now();
  console.error(`  ${words}`);
}

/** Says how far it is, unless something was said within the last two seconds. To be called again and again, at moments at which nothing is measured. */
export function sayProgress(words: string): void {
  if (performance.now() - saidAt < everyMs) return;
  sayStep(words);
}
