// How long an accepted task waits on an idle server until its upstream is called. Run as a process of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from 'plantain-server/src/config/parse-config.ts';
import { createPlantain } from 'plantain-server/src/compose.ts';

const tasks = 1_000;
const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-'));
const { config, sources } = parseConfig({
  PLANTAIN_PORT: '0',
  PLANTAIN_DATA_DIR: directory,
  PLANTAIN_AUTH: 'open',
});
let started = Promise.withResolvers<number>();
const plantain = await createPlantain(config, {
  sources,
  emit: () => {},
  onDeath(error) {
    throw error;
  },
  createAdapter: () => ({
    name: 'clock',
    capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: true }),
    check: async () => 'works',
    start() {
      started.resolve(performance.now());
      return Promise.reject(new Error('The bench wants no picture.'));
    },
  }),
});
const { listening } = await plantain.start();

/** From the moment the client has the answer; below zero where the call began before that. */
const waits: number[] = [];
for (let task = 0; task < tasks; task += 1) {
  started = Promise.withResolvers();
  const answer = await fetch(`${listening}/api/gemini/nano-banana`, {
    method: 'POST',
    body: JSON.stringify({ prompt: 'a banana', deadline_seconds: 1 }),
  });
  await answer.text();
  const acceptedAt = performance.now();
  waits.push((await started.promise) - acceptedAt);
}
await plantain.stop();
rmSync(directory, { recursive: true });
const sorted = waits.toSorted((a, b) => a - b);
console.log(
  JSON.stringify({ p50: sorted[tasks / 2], p99: sorted[Math.floor(tasks * 0.99)], most: sorted.at(-1) }),
);
process.exit(0);
