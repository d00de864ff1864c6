import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'e2e/**/*.test.ts', 'scripts/**/*.test.ts'],
    // What takes 2 s alone takes 15 on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As patient as the tests: on a busy machine a second is nothing.
    // A loop over nothing, or a way around every `expect`, is no test that passes.
    expect: { poll: { timeout: 20_000 }, requireAssertions: true },
    // Many tests wait for other processes: on two cores, two files at once leave half of the processor idle.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
