import { expect, onTestFinished, test } from 'vitest';
import { createTestTime } from '../../lib/timers.fixture.ts';
import { createLocalChanges } from './changes.ts';
import { startLookingAtWatched } from './look-at-watched.ts';
import { createWatch } from './watch.ts';

/** A store whose numbers the test sets; `look` resolves after a second, when the look then is over. */
function setUp() {
  const time = createTestTime();
  const watch = createWatch(createLocalChanges());
  const numbers = new Map<string, number>();
  const state = { isAway: false, asked: [] as string[][] };
  const changeNumbers = async (taskIds: readonly string[], keyIds: readonly string[]) => {
    state.asked.push([...taskIds, ...keyIds]);
    if (state.isAway) throw new Error('away');
    return new Map(numbers);
  };
  onTestFinished(() => time.end());
  onTestFinished(startLookingAtWatched({ store: { changeNumbers }, watch, startTimer: time.startTimer }));
  const told: string[] = [];
  const begin = () => {
    watch.task('task', () => told.push('task'));
    watch.key('key', () => told.push('key'));
  };
  const look = async () => {
    time.pass(1_000);
    await new Promise(setImmediate);
    return told.splice(0);
  };
  return { state, numbers, begin, look };
}

test('who watches is told when he is first looked at, when a number has changed, and when it is gone', async () => {
  const { numbers, begin, look } = setUp();
  numbers.set('task', 1).set('key', 1);
  begin();
  expect(await look()).toEqual(['task', 'key']);
  expect(await look()).toEqual([]);
  numbers.set('task', 2);
  expect(await look()).toEqual(['task']);
  numbers.delete('task');
  numbers.set('key', 2);
  expect(await look()).toEqual(['task', 'key']);
  expect(await look()).toEqual([]);
});

test('a store that is away is asked again a second later, and one that nobody waits for is not asked', async () => {
  const { state, numbers, begin, look } = setUp();
  await look();
  expect(state.asked).toEqual([]);
  begin();
  numbers.set('task', 1);
  state.isAway = true;
  expect(await look()).toEqual([]);
  state.isAway = false;
  expect(await look()).toEqual(['task', 'key']);
  expect(state.asked).toEqual([
    ['task', 'key'],
    ['task', 'key'],
  ]);
});
