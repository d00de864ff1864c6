// Test support: clean-up that fixtures owe after a test, or after a file of tests. Files share a process and its modules, so a hook at
// the top of a fixture would be there for the first file alone: `vitest.setup.ts` calls these for each.

type End = () => Promise<void> | void;

let ofTest = new AsyncDisposableStack();
let ofFile = new AsyncDisposableStack();

/** Registers clean-up for when the test that runs has ended; of several, the last comes first, and a fault keeps none from coming. */
export const afterThisTest = (end: End): void => ofTest.defer(end);

/** Registers clean-up for when the last test of the file has ended, as `afterThisTest` does. */
export const afterThisFile = (end: End): void => ofFile.defer(end);

export async function endTest(): Promise<void> {
  const ended = ofTest;
  ofTest = new AsyncDisposableStack();
  await ended.disposeAsync();
}

export async function endFile(): Promise<void> {
  const ended = ofFile;
  ofFile = new AsyncDisposableStack();
  await ended.disposeAsync();
}
