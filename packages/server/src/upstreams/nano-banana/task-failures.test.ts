import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskErrorType } from '../../core/errors.ts';
import { contextOf, operationFor, pollOf, requestFor } from '../faults.fixture.ts';
import type { Reply } from '../loopback.fixture.ts';
import {
  attemptOf,
  failedReply,
  nanoBananaHarness,
  openNanoBanana,
  successReply,
  taskData,
} from './nano-banana.fixture.ts';
import type { NanoBananaLoopback } from './nano-banana.fixture.ts';

const request = requestFor('nano-banana-2.1', { aspectRatio: 'auto' });

let server: NanoBananaLoopback;
beforeEach(async () => {
  server = await openNanoBanana();
});
afterEach(() => server.close());

/** How a task ended whose status is this, asked by an adapter that did not submit it. */
async function endedBy(reply: Reply, prompt = request.prompt) {
  server.answer('start', null);
  server.answer('poll', reply);
  const { operation } = await operationFor(server.create(), { ...request, prompt });
  const end = await pollOf(server.create(), operation, contextOf({ prompt }));
  if (!('failure' in end)) throw new Error('the task has not failed');
  return end;
}

describe('a task of a Plantain', () => {
  const meant: Record<TaskErrorType, [type: TaskErrorType, retryable: boolean]> = {
    content_rejected: ['content_rejected', false],
    no_image: ['no_image', true],
    upstream_rate_limited: ['upstream_unavailable', true],
    upstream_quota: ['upstream_unavailable', true],
    upstream_billing: ['upstream_unavailable', true],
    upstream_auth: ['upstream_unavailable', true],
    upstream_unavailable: ['upstream_unavailable', true],
    upstream_bad_request: ['upstream_bad_request', false],
    input_unreachable: ['input_unreachable', false],
    deadline_exceeded: ['upstream_unavailable', true],
    cancelled: ['upstream_unavailable', true],
    internal: ['upstream_unavailable', true],
  };

  test.each(Object.entries(meant))('that ended as %s', async (theirs, [type, retryable]) => {
    const { failure } = await endedBy(failedReply(theirs, 'Because of the weather.'));
    expect(failure).toEqual({
      type,
      message: expect.stringMatching(/\. Nano-banana said: "Because of the weather\."$/),
      retryable,
      upstreamReason: `${theirs} IMAGE_SAFETY`,
    });
  });

  test('may be billed when one of its calls may', async () => {
    const billed = [attemptOf({ maybe_billed: true }), attemptOf({ number: 2 })];
    expect((await endedBy(failedReply('no_image', 'No.', billed))).failure.maybeBilled).toBe(true);
    expect((await endedBy(failedReply('no_image', 'No.', [attemptOf({})]))).failure).not.toHaveProperty(
      'maybeBilled',
    );
  });

  test('keeps what it used though it failed', async () => {
    const usage = { input_tokens: 12, total_tokens: 12 };
    expect(await endedBy(successReply(taskData('error', { msg: 'no', usage })))).toMatchObject({ usage });
  });
});

describe('a task of another server', () => {
  test.each([
    ['生成失败', 'upstream_unavailable', true],
    ['图片生成失败：内容违规', 'content_rejected', false],
    ['Content flagged: IMAGE_SAFETY', 'content_rejected', false],
    ['quota exhausted', 'upstream_unavailable', true],
  ] as const)('that failed with the words %s is %s', async (msg, type, retryable) => {
    const { failure } = await endedBy(successReply(taskData('error', { msg })));
    expect(failure).toEqual({
      type,
      message: expect.stringContaining(`Nano-banana said: "${msg}"`),
      retryable,
      upstreamReason: msg,
      maybeBilled: true,
    });
  });

  test.each([{ msg: null }, { msg: '', error: 7 }, { error: { type: 'of tomorrow' } }])(
    'that failed without a word of use (%j) failed all the same',
    async (more) => {
      const { failure } = await endedBy(successReply(taskData('error', more)));
      expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true, maybeBilled: true });
      expect(failure.message).not.toContain('said');
      expect(failure.upstreamReason).toMatch(/./);
    },
  );

  test('that says failed for error has failed', async () => {
    const { failure } = await endedBy(successReply(taskData('failed', { msg: 'no luck' })));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', upstreamReason: 'no luck' });
  });

  test('gives away no prompt, and is not judged by it', async () => {
    const prompt = 'a sensitive plantain\n  in prohibited places';
    const msg = `could not draw "a sensitive plantain in prohibited  places", ${prompt}, at all`;
    const { failure } = await endedBy(successReply(taskData('error', { msg })), prompt);
    expect(failure).toMatchObject({ type: 'upstream_unavailable' });
    expect(failure.message).toContain('said: "could not draw "[removed]", [removed], at all"');
    expect(failure.upstreamReason).toBe('could not draw "[removed]", [removed], at all');
  });

  test.each(['cat', ''])('keeps its words where the prompt was no more than "%s"', async (prompt) => {
    const { failure } = await endedBy(successReply(taskData('error', { msg: 'category mistake' })), prompt);
    expect(failure.upstreamReason).toBe('category mistake');
  });

  test('is quoted no further than a few sentences', async () => {
    const { failure } = await endedBy(successReply(taskData('error', { msg: 'no '.repeat(2_000) })));
    expect(failure.message.length).toBeLessThan(600);
    expect(failure.upstreamReason).toHaveLength(121);
  });

  test('gives away no key and no picture', async () => {
    const msg = `key ${server.key} and ${'iVBORw0KGgo'.repeat(30)}`;
    const { failure } = await endedBy(successReply(taskData('error', { msg })));
    expect(failure.message).toContain('"key [removed] and [removed]"');
    expect(failure.upstreamReason).toBe('key [removed] and [removed]');
  });
});

test.each(Object.entries(nanoBananaHarness.withoutPicture))(
  'a task that succeeded with %s has no picture, and may be billed',
  async (_name, reply) => {
    expect((await endedBy(reply)).failure).toMatchObject({
      type: 'no_image',
      retryable: true,
      maybeBilled: true,
    });
  },
);
