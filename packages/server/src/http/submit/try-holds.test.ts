import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TryEnd } from '../../core/repeats/tries.ts';
import { startTryHolds } from './try-holds.ts';

const claim = { keyId: 'key_a', idempotencyKey: 'call h 1 0', claims: 0 };

/** Holds whose timer fires when the test says so, and answers that end as it says. */
function setUp() {
  const stored: TryEnd[][] = [];
  let fire = () => {};
  let isAway = false;
  const holds = startTryHolds({
    store: {
      async endTries(ends) {
        if (isAway) throw new Error('away');
        stored.push([...ends]);
      },
    },
    startTimer(run) {
      fire = run;
      return () => {};
    },
  });
  const answered = (given: { statusCode?: number; writableFinished?: boolean } = {}) => {
    const raw = Object.assign(new EventEmitter(), {
      destroyed: false,
      statusCode: 200,
      writableFinished: true,
      ...given,
    });
    const hold = holds.of({ raw } as unknown as FastifyReply);
    hold.answers();
    return { hold, close: () => void raw.emit('close') };
  };
  return { holds, stored, answered, fire: () => fire(), setAway: (is: boolean) => void (isAway = is) };
}

test('answers that were given are stored together, now and then', async () => {
  const { holds, stored, answered, fire } = setUp();
  for (const claims of [0, 1]) {
    const { hold, close } = answered();
    hold.take({ ...claim, claims });
    close();
  }
  await nextTurn();
  expect(stored).toEqual([]);
  expect(holds.endOf(claim)).toMatchObject({ isGiven: true });
  fire();
  await nextTurn();
  expect(stored.map((ends) => ends.length)).toEqual([2]);
  expect(holds.endOf(claim)).toBeUndefined();
});

test.each([{ writableFinished: false }, { statusCode: 503 }])(
  'a call that ends without its picture (%j) is free for others at once',
  async (given) => {
    const { stored, answered } = setUp();
    const { hold, close } = answered(given);
    close();
    hold.take(claim);
    await nextTurn();
    expect(stored).toEqual([[{ ...claim, isGiven: false }]]);
  },
);

test('ends are stored at once while the server stops, and once the database is back', async () => {
  const { holds, stored, answered, fire, setAway } = setUp();
  setAway(true);
  holds.drain();
  const { hold, close } = answered();
  hold.take(claim);
  close();
  await nextTurn();
  expect(stored).toEqual([]);
  setAway(false);
  fire();
  await nextTurn();
  expect(stored).toEqual([[{ ...claim, isGiven: true }]]);
  const other = answered();
  other.hold.take({ ...claim, claims: 1 });
  other.close();
  await nextTurn();
  expect(stored).toHaveLength(2);
});
