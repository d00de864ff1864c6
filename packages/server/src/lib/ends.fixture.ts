// Test support: clean-up that fixtures owe after a test, or after a file of tests. Files share a process and its modules, so a hook at
// the top of a fixture would be there for the first file alone: `vitest.setup.ts` calls these for each.

type End = () => unknown;

const ofTest: End[] = [];
const ofFile: End[] = [];

/** Registers clean-up for when the test that runs has ended; of several, the last comes first. */
export const afterThisTest = (end: End): void => void ofTest.push(end);

/** Registers clean-up for when the last test of the file has ended; of several, the last comes first. */
export const afterThisFile = (end: End): void => void ofFile.push(end);

export const endTest = (): Promise<void> => runAll(ofTest);
export const endFile = (): Promise<void> => runAll(ofFile);

async function runAll(ends: End[]): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}
