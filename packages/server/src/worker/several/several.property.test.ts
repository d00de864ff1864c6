// A picture of a task that is known to be there is never bought again, whatever becomes of other calls and however often the server dies.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { broughtPictures } from '../../core/tasks/several-pictures.ts';
import { type Answer, failWith, makeUpstream, obedientHang, result } from '../test-upstream.fixture.ts';
import { openStore } from '../worker.fixture.ts';

const ends = [
  'made',
  'fails',
  'refused',
  'asks for a delay',
  'operation',
  'operation fails',
  'dies',
] as const;
type End = (typeof ends)[number];

interface Case {
  count: number;
  /** Ends of calls, in the order in which they are made; after them every call makes its picture. */
  calls: End[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  count: fc.integer({ min: 2, max: 5 }),
  calls: fc.array(fc.constantFrom(...ends), { maxLength: 8 }),
});

/** An upstream that does as the case says, and tells what was bought. */
function upstreamOf({ calls }: Case, onDeath: () => void) {
  const left = [...calls];
  const bought: number[] = [];
  const asked: number[] = [];
  const answer: Answer = (call) => {
    const { index = 1 } = call.request;
    asked.push(index);
    const end = left.shift() ?? 'made';
    // No circuit opens for it, which would be waited for.
    if (end === 'fails') failWith({ type: 'no_image' });
    if (end === 'refused') failWith({ type: 'content_rejected', retryable: false });
    if (end === 'asks for a delay') failWith({ type: 'upstream_rate_limited', retryAfterMs: 2 });
    if (end === 'dies') {
      onDeath();
      return obedientHang(call);
    }
    if (end !== 'made') return { operation: { index: `${index}`, end }, warnings: [], pollAfterMs: 1 };
    bought.push(index);
    return result;
  };
  const upstream = makeUpstream(answer, {
    poll: async ({ index, end }) => {
      if (end === 'operation fails')
        return { failure: { type: 'no_image', message: 'It failed.', retryable: true } };
      bought.push(Number(index));
      return result;
    },
  });
  return { upstream, bought, asked };
}

async function run({ worker, add, final }: ReturnType<typeof openStore>, each: Case): Promise<void> {
  const deaths: (() => void)[] = [];
  let died = 0;
  const { upstream, bought, asked } = upstreamOf(each, () => {
    died += 1;
    deaths.shift()?.();
  });
  const credentials = [{ label: 'key_1', upstream }];
  const settings = { credentials, maxUnknownRetries: 9, maxTries: 4, isShared: false };
  const start = () => worker(failWith as never, settings);
  const workers = [start()];
  workers[0]?.start();
  const id = await add({ count: each.count });
  const isOver = final(id);
  for (let seen = 0; ;) {
    const death = Promise.withResolvers<'death'>();
    if (died > seen) death.resolve('death');
    else deaths.push(() => death.resolve('death'));
    if ((await Promise.race([isOver, death.promise])) !== 'death') break;
    seen = died;
    // The one before lives on without its leases, as a process that was halted.
    const next = start();
    workers.push(next);
    await next.rescueAll();
    next.start();
  }
  const task = await isOver;
  await Promise.all(workers.map((one) => one.stop(0)));
  const there = broughtPictures(task).map(({ index }) => index);
  expect(new Set(there).size).toBe(there.length);
  expect(task.result?.pictures.length ?? 0).toBe(there.length);
  expect(task.state).toBe(there.length > 0 ? 'succeeded' : 'error');
  // A call after the last death that brought a picture brought one that was missing.
  if (died === 0) {
    expect(bought.toSorted((a, b) => a - b)).toEqual(there);
    expect(new Set(bought).size).toBe(bought.length);
  }
  for (const index of there) {
    const own = task.attempts.filter(({ indices }) => indices?.includes(index));
    const first = own.findIndex(({ brought }) => brought !== undefined);
    expect(own.slice(first + 1)).toEqual([]);
  }
  expect(asked.length).toBe(task.attempts.length);
  const warning = task.result?.warnings.find((words) => words.includes('could not be made'));
  expect(warning !== undefined).toBe(there.length > 0 && there.length < each.count);
}

test('a picture that is there is bought once', async () => {
  const opened = openStore();
  const property = fc.asyncProperty(cases, (each) => run(opened, each));
  await fc.assert(property, { numRuns: 8, endOnFailure: true });
});
