// Conformance suite of every adapter, whatever wire it speaks. Real HTTP to a loopback server that speaks that wire.
// Refusals, interruptions, answers that lie and forms of pictures are suites of their own; this one calls them.

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { type Operation, qualities } from '../core/tasks/task.ts';
import type { Picture, Upstream } from '../core/upstreams/upstream.ts';
import { contextOf, endOf, openEach, requestFor, startOperation, taskErrorOf } from './faults.fixture.ts';
import { testInterruptions } from './interruptions.conformance.ts';
import { testRefusals } from './refusals.conformance.ts';
import { testAnswers } from './answers.conformance.ts';
import { testForms } from './forms.conformance.ts';
import { testLinks } from './links.conformance.ts';
import type { UpstreamHarness } from './upstream-harness.fixture.ts';

const usageNames = [
  'input_tokens',
  'input_image_tokens',
  'output_tokens',
  'output_image_tokens',
  'total_tokens',
];

const wrongKey = 'a-key:nobody-gave-out';

export function testUpstream(harness: UpstreamHarness): void {
  describe(`the upstream ${harness.name}`, () => {
    testPictures(harness);
    testOperations(harness);
    testCapabilities(harness);
    testChecks(harness);
    testInterruptions(harness);
    testRefusals(harness);
    testAnswers(harness);
    testLinks(harness);
    testForms(harness);
  });
}

function testPictures(harness: UpstreamHarness): void {
  describe('making a picture', () => {
    const harnessOf = openEach(harness);

    test('gives pictures, with no more than one start', async () => {
      const open = harnessOf();
      const end = await endOf(open.create(), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      const { pictures, description, warnings, usage = {} } = end.result;
      expect(pictures.length).toBeGreaterThan(0);
      for (const picture of pictures) expect((await sharp(picture).metadata()).width).toBeGreaterThan(0);
      expect(description).toBeTypeOf('string');
      for (const warning of warnings) expect(warning).toMatch(/^\w.*\.$/);
      expect(usageNames).toEqual(expect.arrayContaining(Object.keys(usage)));
      for (const count of Object.values(usage)) expect(count).toBeGreaterThanOrEqual(0);
      expect(open.seen('start')).toHaveLength(1);
    });

    test('sends every input picture as it is, in their order', async () => {
      const open = harnessOf();
      const inputs = await Promise.all(['#f4d03f', '#2e86c1'].map(plainPng));
      const end = await endOf(open.create(), requestFor(open.model, { action: 'edit', inputs }));
      expect(end.kind).toBe('made');
      const sent = Buffer.concat(open.seen('start').map(({ body }) => body));
      const places = inputs.map(({ bytes }) =>
        Math.max(sent.indexOf(bytes), sent.indexOf(Buffer.from(bytes).toString('base64'))),
      );
      expect(places[0]).toBeGreaterThanOrEqual(0);
      expect(places[1]).toBeGreaterThan(places[0]!);
    });

    test('sends a mask as it is, behind the pictures, and the quality: where the model takes them', async ({
      skip,
    }) => {
      const open = harnessOf();
      const { mask: takesMask, qualities: taken = [] } = open.create().capabilities(open.model);
      const quality = taken.at(-1);
      if (takesMask !== true || quality === undefined) {
        skip('the model takes no mask');
        return;
      }
      const [input, mask] = await Promise.all([plainPng('#f4d03f'), plainPng('#2e86c1')]);
      const asked = { action: 'edit', inputs: [input], mask, quality } as const;
      const end = await endOf(open.create(), requestFor(open.model, { ...asked, inputs: [input] }));
      expect(end.kind).toBe('made');
      const sent = Buffer.concat(open.seen('start').map(({ body }) => body));
      expect(sent.indexOf(input.bytes)).toBeGreaterThanOrEqual(0);
      expect(sent.indexOf(mask.bytes)).toBeGreaterThan(sent.indexOf(input.bytes));
      expect(sent.toString('latin1')).toContain(quality);
    });

    test('gives the key to nobody but the upstream, and only in a header', async () => {
      const open = harnessOf();
      await endOf(open.create(), requestFor(open.model));
      for (const { path, body } of [...open.seen('start'), ...open.seen('poll')])
        expect(`${path} ${body.toString()}`).not.toContain(open.key);
      expect(JSON.stringify(open.seen('download'))).not.toContain(open.key);
    });
  });
}

async function plainPng(background: string): Promise<Picture> {
  const picture = sharp({ create: { width: 16, height: 16, channels: 3, background } });
  return { bytes: await picture.png().toBuffer(), contentType: 'image/png', width: 16, height: 16 };
}

function testOperations(harness: UpstreamHarness): void {
  describe('an operation', () => {
    const harnessOf = openEach(harness);

    test('is plain JSON without a secret, and any adapter brings its result, as often as it is asked', async ({
      skip,
    }) => {
      const open = harnessOf();
      const operation = await startOperation(open);
      if (operation === null) {
        skip('pictures come at once');
        return;
      }
      const stored = JSON.stringify(operation);
      expect(JSON.parse(stored)).toEqual(operation);
      for (const member of Object.values(operation)) expect(member).toBeTypeOf('string');
      for (const secret of [open.key, 'secret plantain']) expect(stored).not.toContain(secret);
      for (let time = 0; time < 2; time += 1) {
        const end = await pollToEnd(open.create(), JSON.parse(stored) as Operation);
        expect(end).toHaveProperty('pictures');
      }
      expect(open.seen('start')).toHaveLength(1);
    });
  });
}

async function pollToEnd(upstream: Upstream, operation: Operation) {
  for (let polls = 0; polls < 50; polls += 1) {
    const end = await upstream.poll!(operation, contextOf());
    if ('pictures' in end || 'failure' in end) return end;
  }
  throw new Error('The operation did not end.');
}

function testCapabilities(harness: UpstreamHarness): void {
  describe('the capabilities', () => {
    const harnessOf = openEach(harness);

    test('of any model are such that a request can be fitted to them', () => {
      const open = harnessOf();
      for (const model of [open.model, 'a-model-of-tomorrow', 'constructor', '']) {
        const { ratios, sizes, maxInputs, seed, qualities: taken = [] } = open.create().capabilities(model);
        expect(qualities.filter((quality) => taken.includes(quality))).toEqual(taken);
        if (ratios !== 'any') {
          for (const ratio of ratios) expect(ratio).toMatch(/^[1-9]\d*:[1-9]\d*$/);
          expect(new Set(ratios).size).toBe(ratios.length);
        }
        expect(sizes.length).toBeGreaterThan(0);
        expect(['512', '1K', '2K', '4K'].filter((size) => sizes.some((each) => each === size))).toEqual(
          sizes,
        );
        expect(maxInputs).toBeGreaterThanOrEqual(0);
        expect(maxInputs).toSatisfy(Number.isSafeInteger);
        expect(seed).toBeTypeOf('boolean');
      }
    });
  });
}

function testChecks(harness: UpstreamHarness): void {
  describe('a check', () => {
    const harnessOf = openEach(harness);

    test('says in a few words that all is well, and makes no picture', async () => {
      const open = harnessOf();
      const words = await open.create().check(new AbortController().signal);
      expect(words).toMatch(/^\S.{3,120}$/);
      expect(words).not.toContain(open.key);
      expect(open.seen('start')).toEqual([]);
    });

    test('refuses a wrong key, as a start does', async () => {
      const open = harnessOf();
      const upstream = open.create({ key: wrongKey });
      for (const call of [
        () => upstream.check(new AbortController().signal),
        () => upstream.start(requestFor(open.model), contextOf()),
      ]) {
        const { failure } = await taskErrorOf(call());
        expect(failure).toMatchObject({ type: 'upstream_auth', retryable: false });
        expect(JSON.stringify(failure)).not.toContain(wrongKey);
        expect(failure).not.toHaveProperty('unknownOutcome');
      }
    });
  });
}
