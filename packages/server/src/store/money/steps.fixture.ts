// Steps of the model: what clients, workers and operators do, at random.

import {
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
  tuple,
} from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Budget, Limits } from '../../core/limits/limits.ts';
import { keyIds, subjects } from './expected-money.fixture.ts';

export interface SubmitStep {
  keyId: string;
  /** One for each task of the batch. */
  estimates: number[];
  /** Number of its idempotency key. */
  once: number | null;
  on: number;
}

/** End of the `pick`th running task. */
export interface EndStep {
  pick: number;
  how: 'succeeded' | 'failed' | 'billed' | 'unknown';
  cost: number;
  /** Asked for on both stores at once. */
  twice: boolean;
  on: number;
}

/** Things that happen at once. */
export interface Burst {
  kind: 'burst';
  submits: SubmitStep[];
  ends: EndStep[];
  /** Running tasks that are to be tried again, with what their attempt cost. */
  retries: EndStep[];
  /** Pending tasks that are cancelled. */
  cancels: number[];
  take: number;
  charges: boolean;
  /** `kill`: a store is killed meanwhile. `cut`: all connections of the database are. The number is after how many answers. */
  disturbed: { how: 'kill' | 'cut'; on: number; after: number } | null;
}

export type Step =
  | Burst
  | { kind: 'limit'; subject: number; budget: Budget | null; limits: Limits }
  | { kind: 'pass'; ms: number }
  | { kind: 'holds'; charges: boolean }
  | { kind: 'adjust'; subject: number; spentDelta: number }
  | { kind: 'delete'; pick: number };

const estimate = oneof(
  { weight: 4, arbitrary: integer({ min: 1, max: 30 }) },
  { weight: 1, arbitrary: constant(0) },
);

const submit: Arbitrary<SubmitStep> = record({
  keyId: constantFrom(...keyIds),
  estimates: array(estimate, { minLength: 1, maxLength: 3 }),
  once: option(nat(5), { freq: 3 }),
  on: nat(1),
});

const end: Arbitrary<EndStep> = record({
  pick: nat(50),
  how: constantFrom('succeeded', 'succeeded', 'failed', 'billed', 'unknown'),
  cost: nat(60),
  twice: boolean(),
  on: nat(1),
});

const burst = (disturbances: readonly ('kill' | 'cut')[]): Arbitrary<Burst> =>
  record({
    kind: constant('burst' as const),
    submits: array(submit, { maxLength: 8 }),
    ends: array(end, { maxLength: 5 }),
    retries: array(end, { maxLength: 2 }),
    cancels: array(nat(50), { maxLength: 2 }),
    take: nat(9),
    charges: boolean(),
    disturbed: oneof(
      { weight: 5, arbitrary: constant(null) },
      {
        weight: 1,
        arbitrary: record({ how: constantFrom(...disturbances), on: nat(1), after: nat(6) }),
      },
    ),
  });

const budget: Arbitrary<Budget> = record({
  period: constantFrom('day', 'month', 'total'),
  amountMicroUsd: nat(400),
  timeZone: constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
});

const limits: Arbitrary<Limits> = record(
  { picturesPerDay: nat(12), waiting: nat(12), reservedMicroUsd: nat(120) },
  { requiredKeys: [] },
);

const subject = nat(subjects.length - 1);
const limit = record({
  kind: constant('limit' as const),
  subject,
  budget: option(budget, { freq: 5, nil: null }),
  limits: oneof({ weight: 2, arbitrary: constant({}) }, { weight: 1, arbitrary: limits }),
});

const hourMs = 3_600_000;

/** First steps, so that most that follows is limited. */
const first = tuple(
  record({ kind: constant('limit' as const), subject: constant(0), budget, limits: constant({}) }),
  record({
    kind: constant('limit' as const),
    subject: constant(3),
    budget,
    limits: constant({ reservedMicroUsd: 60 }),
  }),
);

const others: Arbitrary<Step> = oneof(
  { weight: 2, arbitrary: limit },
  {
    weight: 1,
    arbitrary: record({
      kind: constant('pass' as const),
      ms: constantFrom(1_000, 5 * hourMs, 26 * hourMs, 800 * hourMs),
    }),
  },
  { weight: 1, arbitrary: record({ kind: constant('holds' as const), charges: boolean() }) },
  {
    weight: 1,
    arbitrary: record({
      kind: constant('adjust' as const),
      subject,
      spentDelta: integer({ min: -40, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: record({ kind: constant('delete' as const), pick: nat(50) }) },
);

export function steps(disturbances: readonly ('kill' | 'cut')[], length: number): Arbitrary<Step[]> {
  const step: Arbitrary<Step> = oneof(
    { weight: 2, arbitrary: burst(disturbances) },
    { weight: 1, arbitrary: others },
  );
  return tuple(first, array(step, { minLength: length, maxLength: length })).map(([limited, rest]) =>
    (limited as Step[]).concat(rest),
  );
}
