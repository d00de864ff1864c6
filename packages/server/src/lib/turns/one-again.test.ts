import { expect, test } from 'vitest';
import { createOneAgain } from './one-again.ts';

function setUp() {
  const runs: PromiseWithResolvers<void>[] = [];
  const ask = createOneAgain(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { runs, ask };
}

const turn = () => new Promise(setImmediate);

test('work that is asked for while it runs is done once more, however often it was asked for', async () => {
  const { runs, ask } = setUp();
  const asked = [ask(), ask(), ask()];
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await turn();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await Promise.all(asked);
  expect(runs).toHaveLength(2);
});

test('work that is asked for when nothing runs is begun at once', async () => {
  const { runs, ask } = setUp();
  const first = ask();
  runs[0]?.resolve();
  await first;
  void ask();
  expect(runs).toHaveLength(2);
});

test('work that fails fails for those who asked, and can be asked for again', async () => {
  const { runs, ask } = setUp();
  const asked = ask();
  runs[0]?.reject(new Error('no'));
  await expect(asked).rejects.toThrow('no');
  const again = ask();
  runs[1]?.resolve();
  await again;
});
