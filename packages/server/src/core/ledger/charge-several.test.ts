import { expect, test } from 'vitest';
import type { Attempt, IndexedPicture } from '../tasks/task.ts';
import { absorbing, type ChargePolicy, holdMs } from './charge-policy.ts';
import { chargeAfterHold, chargeAtEnd } from './charge.ts';
import { type AgreedPrice, noMoney } from './money.ts';

let number = 0;
const attempt = (indices: number[], change: Partial<Attempt>): Attempt => ({
  number: (number += 1),
  upstream: 'u',
  upstreamModel: 'm',
  startedAt: 1,
  finishedAt: 2,
  outcome: 'failed',
  failure: null,
  maybeBilled: false,
  credential: null,
  operation: null,
  usage: null,
  costMicroUsd: 0,
  indices,
  ...change,
});
const made = (indices: number[], costMicroUsd: number | null, brought = indices): Attempt => {
  const pictures = brought.map((index) => ({ index }) as IndexedPicture);
  const result = { pictures, description: '', warnings: [] };
  return attempt(indices, { outcome: 'succeeded', costMicroUsd, brought: result });
};
const failed = (index: number) => attempt([index], {});
const billed = (index: number) => attempt([index], { costMicroUsd: 7, maybeBilled: true });
const unknown = (index: number) =>
  attempt([index], { outcome: 'unknown', costMicroUsd: null, maybeBilled: true });
const charging: ChargePolicy = { unknownOutcomes: 'charge', failedButBilled: 'charge' };
const agreed: AgreedPrice = { estimatedMicroUsd: 160, unitMicroUsd: 40 };
const estimated: AgreedPrice = { estimatedMicroUsd: 160, unitMicroUsd: null };
const task = (attempts: Attempt[], price: AgreedPrice, count = 4) => ({
  attempts,
  request: { count },
  money: { ...noMoney, ...price, reservedMicroUsd: price.estimatedMicroUsd },
});
const succeeded = { succeeded: true, at: 5 };
const error = { succeeded: false, at: 5 };
const one = [made([1], 30)];
const all = [1, 2, 3, 4].map((index) => made([index], 30));

test('each picture that is there is charged at its price, else at what its call cost, else at its share of the estimate', () => {
  expect(chargeAtEnd(task(all, agreed), succeeded, absorbing)).toEqual({
    kind: 'settle',
    chargedMicroUsd: 160,
    reason: 'price',
  });
  expect(chargeAtEnd(task(all, estimated), succeeded, absorbing)).toMatchObject({
    chargedMicroUsd: 120,
    reason: 'cost',
  });
  const partly = [...all.slice(1), made([1], null)];
  expect(chargeAtEnd(task(partly, estimated), succeeded, absorbing)).toMatchObject({
    chargedMicroUsd: 130,
    reason: 'estimate',
  });
  const none = { estimatedMicroUsd: null, unitMicroUsd: null };
  expect(chargeAtEnd(task([made([1, 2, 3, 4], null)], none), succeeded, absorbing)).toMatchObject({
    chargedMicroUsd: 0,
    reason: 'unpriced',
  });
});

test('a picture that was set aside is charged where it is delivered, and else is a failed attempt', () => {
  const aside = (index: number, off: number, costMicroUsd: number): Attempt => {
    const pictures = [{ index, aside: { off, warnings: [] } } as unknown as IndexedPicture];
    const end = { maybeBilled: true, costMicroUsd, brought: { pictures, description: '', warnings: [] } };
    return attempt([index], end);
  };
  const charge = (attempts: Attempt[], price: AgreedPrice, policy = absorbing) =>
    chargeAtEnd(task([...attempts, ...all.slice(1)], price), succeeded, policy);
  const both = [aside(1, 2, 7), aside(1, 1, 9)];
  expect(charge(both, agreed)).toEqual({ kind: 'settle', chargedMicroUsd: 160, reason: 'price' });
  expect(charge(both, estimated)).toMatchObject({ chargedMicroUsd: 99, reason: 'cost' });
  expect(charge(both, estimated, charging)).toMatchObject({ chargedMicroUsd: 106 });
  const better = [aside(1, 2, 7), made([1], 30)];
  expect(charge(better, agreed)).toMatchObject({ chargedMicroUsd: 160 });
  expect(charge(better, estimated)).toMatchObject({ chargedMicroUsd: 120 });
  expect(charge(better, estimated, charging)).toMatchObject({ chargedMicroUsd: 127 });
});

test('pictures that are missing cost nothing, and are given back for the day', () => {
  const charge = (price: AgreedPrice, policy = absorbing) =>
    chargeAtEnd(task([...one, failed(2), billed(3), failed(4)], price), succeeded, policy);
  expect(charge(agreed)).toEqual({ kind: 'settle', chargedMicroUsd: 40, reason: 'price', missing: 3 });
  expect(charge(estimated)).toMatchObject({ chargedMicroUsd: 30, missing: 3 });
  expect(charge(agreed, charging)).toMatchObject({ chargedMicroUsd: 80 });
  expect(charge(estimated, charging)).toMatchObject({ chargedMicroUsd: 37 });
});

test('one call for several is charged once, by the pictures that it brought', () => {
  const attempts = [made([1, 2, 3, 4], 90, [1, 2, 3]), failed(4)];
  expect(chargeAtEnd(task(attempts, agreed), succeeded, charging)).toMatchObject({
    chargedMicroUsd: 120,
    missing: 1,
  });
  expect(chargeAtEnd(task(attempts, estimated), succeeded, charging)).toMatchObject({ chargedMicroUsd: 90 });
});

test('a failed attempt before a picture that came is charged as before one of a task for one', () => {
  const attempts = [billed(1), ...all];
  expect(chargeAtEnd(task(attempts, agreed), succeeded, charging)).toMatchObject({ chargedMicroUsd: 160 });
  expect(chargeAtEnd(task(attempts, estimated), succeeded, charging)).toMatchObject({ chargedMicroUsd: 127 });
  expect(chargeAtEnd(task(attempts, estimated), succeeded, absorbing)).toMatchObject({
    chargedMicroUsd: 120,
  });
});

test('the sum is held while it is not known whether a missing picture was billed', () => {
  const partly = task([...one, unknown(2), failed(3), failed(4)], agreed);
  expect(chargeAtEnd(partly, succeeded, absorbing)).toEqual({ kind: 'hold', until: 5 + holdMs });
  const held = { ...partly, state: 'succeeded' as const };
  expect(chargeAfterHold(held, absorbing)).toMatchObject({
    chargedMicroUsd: 40,
    reason: 'price',
    missing: 3,
  });
  expect(chargeAfterHold(held, charging)).toMatchObject({ chargedMicroUsd: 80, missing: 3 });
  // Of a picture that is there it is no matter.
  const came = task([unknown(1), ...all], agreed);
  expect(chargeAtEnd(came, succeeded, absorbing)).toMatchObject({ kind: 'settle', chargedMicroUsd: 160 });
});

test('a task that failed costs what its pictures do', () => {
  const charge = (attempts: Attempt[], policy = absorbing) =>
    chargeAtEnd(task(attempts, agreed), error, policy);
  expect(charge([1, 2, 3, 4].map(failed))).toEqual({ kind: 'release', reason: 'not_billed' });
  expect(charge([billed(1), failed(2)])).toEqual({ kind: 'release', reason: 'absorbed' });
  expect(charge([billed(1), billed(2), failed(3)], charging)).toEqual({
    kind: 'settle',
    chargedMicroUsd: 80,
    reason: 'billed_failure',
  });
  expect(charge([unknown(1)])).toMatchObject({ kind: 'hold' });
  const held = { ...task([unknown(1), unknown(2), failed(3)], agreed), state: 'error' as const };
  expect(chargeAfterHold(held, absorbing)).toEqual({ kind: 'release', reason: 'unknown_absorbed' });
  expect(chargeAfterHold(held, charging)).toEqual({
    kind: 'settle',
    chargedMicroUsd: 80,
    reason: 'unknown_charged',
  });
});

test('pictures that were there when a task was cancelled are as those that nobody got', () => {
  const attempts = [made([1], 30), attempt([2], {})];
  expect(chargeAtEnd(task(attempts, agreed, 2), error, absorbing)).toEqual({
    kind: 'release',
    reason: 'absorbed',
  });
  expect(chargeAtEnd(task(attempts, agreed, 2), error, charging)).toMatchObject({ chargedMicroUsd: 40 });
});

test('a call that was billed for pictures which went on apart is charged once', () => {
  const together = attempt([1, 2, 3, 4], { costMicroUsd: 40, maybeBilled: true });
  const apart = [1, 2, 3, 4].map(failed);
  expect(chargeAtEnd(task([together, ...apart], estimated), error, charging)).toEqual({
    kind: 'settle',
    chargedMicroUsd: 40,
    reason: 'billed_failure',
  });
  const half = [made([1, 2, 3, 4], 40, [1, 2]), failed(3), failed(4)];
  expect(chargeAtEnd(task(half, estimated), error, charging)).toMatchObject({ chargedMicroUsd: 40 });
  expect(chargeAtEnd(task(half, estimated), succeeded, charging)).toMatchObject({ chargedMicroUsd: 40 });
});
