// How any adapter says no: one table from what an upstream refuses with to the failure that it has to become, whoever says
// it, and that nothing of what was sent comes back in it.

import { describe, expect, test } from 'vitest';
import type { TaskFailure } from '../core/errors.ts';
import { endOf, openEach, requestFor, secretPrompt, startOperation } from './faults.fixture.ts';
import type { Reply } from './loopback.fixture.ts';
import type { OpenHarness, Refusals, Step, UpstreamHarness } from './upstream-harness.fixture.ts';

const refusalsBecome: Record<keyof Refusals, Partial<TaskFailure>> = {
  'rate limit with a delay': {
    type: 'upstream_rate_limited',
    retryable: true,
    retryAfterMs: expect.toSatisfy((delay: number) => delay > 0 && Number.isInteger(delay)) as number,
  },
  'rate limit without a delay': { type: 'upstream_rate_limited', retryable: true },
  'daily quota used up': { type: 'upstream_quota', retryable: false },
  'no quota at all': { type: 'upstream_quota', retryable: false },
  'no credit': { type: 'upstream_billing', retryable: false },
  'spending cap': { type: 'upstream_billing', retryable: false },
  'key refused': { type: 'upstream_auth', retryable: false },
  'key without the right': { type: 'upstream_auth', retryable: false },
  'key refused by a 400': { type: 'upstream_auth', retryable: false },
  'content refused': { type: 'content_rejected', retryable: false },
  'bad request': { type: 'upstream_bad_request', retryable: false },
  'model unknown': { type: 'upstream_bad_request', retryable: false, modelUnknown: true },
  'internal error': { type: 'upstream_unavailable', retryable: true },
  overloaded: { type: 'upstream_unavailable', retryable: true },
};

export function testRefusals(harness: UpstreamHarness): void {
  const refusals = Object.entries(harness.refusals).filter(([, reply]) => reply !== null) as [
    keyof Refusals,
    Reply,
  ][];
  const stepOf = (name: keyof Refusals): Step => harness.refusesAt?.[name] ?? 'start';

  describe('a refusal', () => {
    const harnessOf = openEach(harness);

    test.each(refusals)('(%s) becomes the failure that it is', async (name, reply) => {
      const failure = await failureWith(harnessOf(), stepOf(name), reply);
      expect(failure).toMatchObject(refusalsBecome[name]);
      expect(failure.upstreamReason).toMatch(/^\S.{0,120}…?$/);
      expect(failure.message).toMatch(/^.{30,900}$/);
      if (!failure.retryable || name === 'rate limit without a delay')
        expect(failure).not.toHaveProperty('retryAfterMs');
      if (name !== 'model unknown') expect(failure).not.toHaveProperty('modelUnknown');
    });

    test.each(refusals)('(%s) with status 200 is the same', async (name, reply) => {
      const open = harnessOf();
      const { message: _one, ...told } = await failureWith(open, stepOf(name), reply);
      const { message: _other, ...inside } = await failureWith(open, stepOf(name), { ...reply, status: 200 });
      expect({ ...inside, upstreamReason: '' }).toEqual({ ...told, upstreamReason: '' });
    });

    test.for(refusals)(
      '(%s) that quotes how long to wait is a delay where another try may help',
      async ([name, reply], { skip }) => {
        const delay = ' Got {"error":{"details":[{"retryDelay":"3.2s"}]}}';
        const failure = await failureWith(harnessOf(), stepOf(name), saying(reply, delay));
        const given = name === 'rate limit without a delay' || name === 'overloaded';
        if (!given && failure.retryable) skip('may have another delay in a member or by its words');
        expect(failure.retryAfterMs).toBe(given ? 3_200 : undefined);
      },
    );

    test('that is about the model, which has too much to do, says so', async () => {
      const reply = saying(harness.refusals['internal error'], '. The model is overloaded.');
      const failure = await failureWith(harnessOf(), stepOf('internal error'), reply);
      expect(failure).toMatchObject({ ...refusalsBecome.overloaded, modelOverloaded: true });
    });

    // A Plantain tells in a member of its own what may be billed.
    const telling = refusals.filter(([, { body }]) => !JSON.stringify(body).includes('maybe_billed'));
    test.each(telling)('(%s) that speaks of charging is believed', async (name, reply) => {
      const open = harnessOf();
      const charged = await failureWith(
        open,
        stepOf(name),
        saying(reply, '. You will be charged for this request.'),
      );
      expect(charged).toHaveProperty('maybeBilled', true);
      const spared = await failureWith(
        open,
        stepOf(name),
        saying(reply, '. You will not be charged for this request.'),
      );
      expect(spared).not.toHaveProperty('maybeBilled');
      expect(spared).not.toHaveProperty('unknownOutcome');
      expect(spared.message).not.toContain('may have been billed');
    });

    for (const step of ['start', 'poll'] as const)
      test.for(refusals)(
        `(%s) of a ${step} that repeats what it was sent gives nothing of it away`,
        async ([, reply], { skip }) => {
          const open = harnessOf();
          if (step === 'poll' && (await startOperation(open)) === null) skip('pictures come at once');
          await expectNoEcho(open, step, reply);
        },
      );
  });

  describe('an answer without a picture', () => {
    const harnessOf = openEach(harness);

    test.each(Object.entries(harness.withoutPicture))(
      '(%s) is a rejection, or bad luck that may have been billed',
      async (_name, reply) => {
        const open = harnessOf();
        const step = (await startOperation(open)) === null ? 'start' : 'poll';
        const failure = await failureWith(open, step, reply);
        expect(['no_image', 'content_rejected']).toContain(failure.type);
        expect(failure.retryable).toBe(failure.type === 'no_image');
        if (failure.type === 'no_image') expect(failure.maybeBilled).toBe(true);
        await expectNoEcho(open, step, reply);
      },
    );

    test('that is over the limit is dropped, and not asked for again', async () => {
      const open = harnessOf();
      const end = await endOf(open.create({ maxAnswerBytes: 10 }), requestFor(open.model));
      expect(end).toMatchObject({
        kind: 'failed',
        failure: { type: 'upstream_unavailable', retryable: false, maybeBilled: true },
      });
      expect(open.seen('start')).toHaveLength(1);
    });

    test.each(['<html>Welcome</html>', '', 'null', '7', '[]'])(
      'but with the body %j is there, so it is kept for the operator and not paid for again',
      async (body) => {
        const open = harnessOf();
        open.answer('start', { body, headers: { 'x-request-id': 'a' } });
        const end = await endOf(open.create(), requestFor(open.model));
        expect(end).toMatchObject({
          kind: 'failed',
          failure: { type: 'upstream_unavailable', retryable: true, maybeBilled: true, answered: true },
          answer: { status: 200, headers: { 'x-request-id': 'a' }, bytes: Buffer.from(body) },
        });
        expect(end).not.toHaveProperty('failure.unknownOutcome');
      },
    );
  });
}

/** Why an operation fails that meets this answer at this step. */
async function failureWith(open: OpenHarness, step: Step, reply: Reply): Promise<TaskFailure> {
  open.answer(step, reply);
  const end = await endOf(open.create(), requestFor(open.model));
  open.answer(step, null);
  if (end.kind !== 'failed') throw new Error('A picture was made.');
  return end.failure;
}

const base64 = 'iVBORw0KGgo'.repeat(20);
const keyOfAnother = 'AIzaSyD-abcdefghijklmnopqrstuvwxyz123';

/**
 * Replies like this one that repeat what they were sent, as servers do: in their sentences, and, where the status says
 * already that it is an error, in all of their words.
 */
function echoesOf(reply: Reply, { key }: OpenHarness): Reply[] {
  const echo = `${key} "${secretPrompt}" ${base64} ${keyOfAnother}`;
  const withEcho = (fits: (text: string) => boolean) => ({
    ...reply,
    body: addTo(reply.body, ` ${echo}`, fits),
  });
  const sentences = withEcho((text) => text.includes(' '));
  return (reply.status ?? 200) >= 400 ? [sentences, withEcho(() => true)] : [sentences];
}

/** The reply with some words more behind each of its sentences. */
function saying(reply: Reply, words: string): Reply {
  return { ...reply, body: addTo(reply.body, words, (text) => /[ ，]/.test(text)) };
}

function addTo(value: unknown, echo: string, fits: (text: string) => boolean): unknown {
  if (typeof value === 'string') return fits(value) ? `${value}${echo}` : value;
  if (Array.isArray(value)) return value.map((each) => addTo(each, echo, fits));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, addTo(each, echo, fits)]));
}

async function expectNoEcho(open: OpenHarness, step: Step, reply: Reply): Promise<void> {
  for (const echoing of echoesOf(reply, open)) {
    open.answer(step, echoing);
    const end = await endOf(open.create(), requestFor(open.model));
    open.answer(step, null);
    // An operation whose start repeats things may well end with its picture.
    const shown = JSON.stringify(end.kind === 'failed' ? end.failure : end.result.warnings);
    for (const secret of [open.key, base64.slice(0, 40), keyOfAnother, 'secret plantain'])
      expect(shown).not.toContain(secret);
  }
}
