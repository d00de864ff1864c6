// Answers that lie, with anything in the place of any member: any adapter makes a result, progress or a failure with sound
// members of them, and never an exception of another kind.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { TaskFailure } from '../core/errors.ts';
import type {
  OperationFailure,
  OperationProgress,
  Upstream,
  UpstreamRequest,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import { contextOf, openEach, pollOf, requestFor, usualReply } from './faults.fixture.ts';
import { maxPictures } from './results/linked-pictures.ts';
import { smallPng } from './png.fixture.ts';
import type { UpstreamHarness } from './upstream-harness.fixture.ts';

type Outcome = UpstreamResult | OperationFailure | OperationProgress;

export function testAnswers(harness: UpstreamHarness): void {
  describe('an answer that lies', () => {
    const harnessOf = openEach(harness);

    test.for(['start', 'poll'] as const)(
      'at the step %s is a result, progress or a failure',
      async (step, { skip }) => {
        const open = harnessOf();
        const usual = await usualReply(open, step);
        if (usual === undefined) {
          skip('pictures come at once');
          return;
        }
        const said = [...Object.values(harness.refusals), ...Object.values(harness.withoutPicture)];
        const truths = [JSON.parse(String(usual.body)) as unknown, ...said.map((reply) => reply?.body)];
        const upstream = open.create({ maxAnswerBytes: 2 ** 20 });
        await fc.assert(
          fc.asyncProperty(
            fc.oneof(lies(truths[0]), fc.constantFrom(...truths).chain(lies)),
            statuses,
            async (body, status) => {
              open.answer(step, { status, body: JSON.stringify(body) });
              expectSound(await outcomeOf(upstream, requestFor(open.model)));
            },
          ),
          { numRuns: 250 },
        );
      },
    );
  });
}

const statuses = fc.constantFrom(200, 200, 200, 201, 202, 400, 402, 404, 422, 429, 500, 503);

const texts = fc.oneof(
  fc.constantFrom('', '12', '..', '../../account', 'a/b?c#d', 'file:///etc/passwd', 'http://[::1]:1/'),
  fc.constantFrom('\ud800', 'data:image/png;base64,!', 'x'.repeat(50_000)),
  fc.string(),
);
const numbers = fc.constantFrom(-1, 1.5, 0, 1e300, Number.MAX_SAFE_INTEGER);
/** In base64, and long enough to be bytes where the answer is read. Many an `Object.entries` of it would take minutes. */
const longPicture = Buffer.concat([smallPng, Buffer.alloc(250_000, 'plantain')]).toString('base64');
const others = fc.constantFrom<unknown>(
  longPicture,
  null,
  true,
  [],
  {},
  Array.from({ length: 5000 }, () => ({})),
  Array.from({ length: 500 }).reduce<unknown>((inner) => [inner], 'deep'),
);
const anything = fc.oneof(texts, numbers, others, fc.jsonValue());

/** The truth with one to three of its members, at any depth, replaced by something else; or something else altogether. */
function lies(truth: unknown): fc.Arbitrary<unknown> {
  const change = fc.constantFrom(...pathsOf(truth)).chain((path) => {
    const alike = typeof valueAt(truth, path) === 'number' ? numbers : texts;
    return fc.tuple(fc.constant(path), fc.oneof(alike, anything));
  });
  const changed = fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, other]) => replaced(value, path, other), truth));
  return fc.oneof({ weight: 6, arbitrary: changed }, { weight: 1, arbitrary: anything });
}

type Path = readonly string[];

function pathsOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([name, each]) =>
    pathsOf(each).map((path) => [name].concat(path)),
  );
  return [[], ...below];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value);
}

function replaced(value: unknown, [name, ...rest]: Path, other: unknown): unknown {
  if (name === undefined || typeof value !== 'object' || value === null) return other;
  const members = Object.entries(value).map(([key, each]) => [
    key,
    key === name ? replaced(each, rest, other) : (each as unknown),
  ]);
  return Array.isArray(value) ? members.map(([, each]) => each) : Object.fromEntries(members);
}

/** Outcome of a start and, where there is an operation, of one question after it. */
async function outcomeOf(upstream: Upstream, request: UpstreamRequest): Promise<Outcome> {
  try {
    const started = await upstream.start(request, contextOf());
    if (!('operation' in started)) return started;
    if (started.pollAfterMs !== 0) expectDelay(started.pollAfterMs);
    for (const [name, member] of Object.entries(started.operation))
      if (name === 'finished') expect(member).toMatch(/^\{"links":\["http.{1,200000}\}$/);
      else expect(member).toMatch(/^(?!\.{1,2}$)[^]{1,200}$/);
    return await pollOf(upstream, started.operation);
  } catch (error) {
    if (error instanceof TaskError)
      return { failure: error.failure, ...(error.usage && { usage: error.usage }) };
    throw error;
  }
}

function expectSound(outcome: Outcome): void {
  if ('failure' in outcome) expectSoundFailure(outcome.failure);
  else if ('pictures' in outcome) expectSoundResult(outcome);
  else {
    expectDelay(outcome.pollAfterMs);
    expect(outcome.progress ?? 0).toBeGreaterThanOrEqual(0);
    expect(outcome.progress ?? 0).toBeLessThanOrEqual(1);
  }
  const { usage = {} } = 'usage' in outcome ? outcome : {};
  for (const count of Object.values(usage)) {
    expect(count).toSatisfy(Number.isSafeInteger);
    expect(count).toBeGreaterThanOrEqual(0);
  }
}

function expectSoundFailure(failure: TaskFailure): void {
  expect(JSON.parse(JSON.stringify(failure))).toEqual(failure);
  expect(failure.message).toMatch(/^.{20,1200}$/);
  expect(failure.retryable).toBeTypeOf('boolean');
  expectDelay(failure.retryAfterMs);
}

function expectSoundResult({ pictures, description, warnings, costMicroUsd = 0 }: UpstreamResult): void {
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.length).toBeLessThanOrEqual(maxPictures);
  for (const picture of pictures) expect(picture).toBeInstanceOf(Uint8Array);
  expect(description.length).toBeLessThanOrEqual(40_000);
  expect(description.isWellFormed()).toBe(true);
  expect(warnings.length).toBeLessThan(30);
  expect(costMicroUsd).toSatisfy(Number.isSafeInteger);
  expect(costMicroUsd).toBeGreaterThanOrEqual(0);
}

function expectDelay(delayMs = 1): void {
  expect(delayMs).toBeGreaterThan(0);
  expect(delayMs).toBeLessThanOrEqual(86_400_000);
}
