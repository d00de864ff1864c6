import { expect, test } from 'vitest';
import type { Attempt, StoredPicture } from '../tasks/task.ts';
import { absorbing, type ChargePolicy, holdMs } from './charge-policy.ts';
import { chargeAfterHold, chargeAtEnd } from './charge.ts';
import { type AgreedPrice, noMoney } from './money.ts';

const attempt = (change: Partial<Attempt>): Attempt => ({
  number: 1,
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
  ...change,
});
const done = (costMicroUsd: number | null) => attempt({ outcome: 'succeeded', costMicroUsd });
const billed = attempt({ costMicroUsd: 7, maybeBilled: true });
const unknown = attempt({ outcome: 'unknown', costMicroUsd: null, maybeBilled: true });
const charging: ChargePolicy = { unknownOutcomes: 'charge', failedButBilled: 'charge' };
const agreed: AgreedPrice = { estimatedMicroUsd: 40, unitMicroUsd: 40 };
const estimated: AgreedPrice = { estimatedMicroUsd: 40, unitMicroUsd: null };
const ended = (attempts: Attempt[], price: AgreedPrice) => ({
  attempts,
  money: { ...noMoney, ...price, reservedMicroUsd: price.estimatedMicroUsd },
});
const succeeded = { succeeded: true, at: 5 };
const failed = { succeeded: false, at: 5 };

test('a success is charged at the agreed price, else at its cost, else at the estimate', () => {
  const settled = (attempts: Attempt[], price: AgreedPrice, policy = absorbing) =>
    chargeAtEnd(ended(attempts, price), succeeded, policy);
  expect(settled([done(70)], agreed)).toMatchObject({ chargedMicroUsd: 40, reason: 'price' });
  expect(settled([billed, done(70)], agreed, charging)).toMatchObject({ chargedMicroUsd: 40 });
  expect(settled([done(70)], estimated)).toMatchObject({ chargedMicroUsd: 70, reason: 'cost' });
  expect(settled([done(null)], estimated)).toMatchObject({ chargedMicroUsd: 40, reason: 'estimate' });
  expect(settled([unknown, billed, done(70)], estimated)).toMatchObject({ chargedMicroUsd: 70 });
  expect(settled([billed, done(70)], estimated, charging)).toMatchObject({ chargedMicroUsd: 77 });
  const none = { estimatedMicroUsd: null, unitMicroUsd: null };
  expect(settled([done(null)], none)).toMatchObject({ chargedMicroUsd: 0, reason: 'unpriced' });
});

test('a picture that was set aside and is delivered all the same is charged as a success, and the other attempts as failures', () => {
  const aside = (costMicroUsd: number | null, off: number) =>
    attempt({
      costMicroUsd,
      maybeBilled: true,
      brought: {
        pictures: [{ index: 1, picture: {} as StoredPicture, aside: { off, warnings: [] } }],
        description: '',
        warnings: [],
      },
    });
  const settled = (attempts: Attempt[], price: AgreedPrice, policy = absorbing) =>
    chargeAtEnd(ended(attempts, price), succeeded, policy);
  const both = [aside(7, 2), aside(9, 1)];
  expect(settled(both, agreed)).toMatchObject({ chargedMicroUsd: 40, reason: 'price' });
  expect(settled(both, estimated)).toMatchObject({ chargedMicroUsd: 9, reason: 'cost' });
  expect(settled(both, estimated, charging)).toMatchObject({ chargedMicroUsd: 16, reason: 'cost' });
  expect(settled([aside(null, 1), aside(9, 2)], estimated)).toMatchObject({
    chargedMicroUsd: 40,
    reason: 'estimate',
  });
  expect(settled([aside(7, 1), done(9)], estimated, charging)).toMatchObject({ chargedMicroUsd: 16 });
});

test('what failed is released, and what was billed all the same is absorbed, or charged', () => {
  expect(chargeAtEnd(ended([], agreed), failed, charging)).toEqual({ kind: 'release', reason: 'not_billed' });
  expect(chargeAtEnd(ended([billed], estimated), failed, absorbing)).toEqual({
    kind: 'release',
    reason: 'absorbed',
  });
  const charge = (price: AgreedPrice) => chargeAtEnd(ended([billed], price), failed, charging);
  expect(charge(estimated)).toEqual({ kind: 'settle', chargedMicroUsd: 7, reason: 'billed_failure' });
  expect(charge(agreed)).toEqual({ kind: 'settle', chargedMicroUsd: 40, reason: 'billed_failure' });
});

test('an unknown outcome keeps its hold for a day, and is absorbed or charged then', () => {
  const task = ended([unknown], estimated);
  expect(chargeAtEnd(task, failed, absorbing)).toEqual({ kind: 'hold', until: 5 + holdMs });
  expect(chargeAfterHold(task, absorbing)).toEqual({ kind: 'release', reason: 'unknown_absorbed' });
  expect(chargeAfterHold(task, charging)).toEqual({
    kind: 'settle',
    chargedMicroUsd: 40,
    reason: 'unknown_charged',
  });
});

test('nothing is held of what reserved nothing', () => {
  const free = ended([unknown], { estimatedMicroUsd: 0, unitMicroUsd: null });
  expect(chargeAtEnd(free, failed, charging)).toEqual({ kind: 'release', reason: 'not_billed' });
});
