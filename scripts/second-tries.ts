// Names at the end of a run the tests that failed and passed when they were run once more: each depends on the machine, and is to be mended.

import type { Reporter, TestCase } from 'vitest/node';

export default class SecondTries implements Reporter {
  readonly #found: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#found.push(test);
  }

  onTestRunEnd(): void {
    if (this.#found.length === 0) return;
    console.log('Passed when they were run once more, so they depend on the machine:');
    for (const test of this.#found) {
      const [error] = test.result().errors ?? [];
      console.log(`  ${test.module.relativeModuleId} > ${test.fullName}${error ? `: ${error.message}` : ''}`);
    }
  }
}
