import { expect, test } from 'vitest';
import type { TaskFailure } from '../../core/errors.ts';
import type { Reply } from '../loopback.fixture.ts';
import { failingGemini } from './failing.fixture.ts';
import { endings } from './failures.ts';
import { candidateReply } from './gemini.fixture.ts';

const { errorOf, failureOf } = failingGemini(0);

const noContent = (finishReason: string): Reply => ({ body: { candidates: [{ finishReason }] } });
const blocked = (blockReason: string): Reply => ({ body: { promptFeedback: { blockReason } } });
const rejected = { type: 'content_rejected', retryable: false, maybeBilled: true } as const;
const noImage = { type: 'no_image', retryable: true, maybeBilled: true } as const;

const finishReasons: [string, Partial<TaskFailure>][] = [
  ['SAFETY', rejected],
  ['PROHIBITED_CONTENT', rejected],
  ['BLOCKLIST', rejected],
  ['SPII', rejected],
  ['IMAGE_SAFETY', rejected],
  ['IMAGE_PROHIBITED_CONTENT', rejected],
  ['RECITATION', rejected],
  ['IMAGE_RECITATION', rejected],
  ['NO_IMAGE', noImage],
  ['IMAGE_OTHER', noImage],
  ['OTHER', noImage],
  ['MALFORMED_RESPONSE', noImage],
  ['STOP', noImage],
  ['MAX_TOKENS', noImage],
];

test.each(finishReasons)(
  'a candidate without a picture that ended with %s fails as it should',
  async (reason, expected) => {
    expect(await failureOf(noContent(reason))).toMatchObject({ ...expected, upstreamReason: reason });
  },
);

test.each<[unknown, Partial<TaskFailure>]>([
  ['image_safety', rejected],
  ['FinishReason.SAFETY', rejected],
  [3, rejected],
  [4, rejected],
  [1, noImage],
  ['IMAGE_CHILD_SAFETY', rejected],
])('the ending %j is known in another spelling', async (finish_reason, expected) => {
  expect(await failureOf({ body: { candidates: [{ finish_reason }] } })).toMatchObject(expected);
});

test('an ending whose words say that content was refused is a rejection', async () => {
  const finishMessage = "The image was filtered because it violated Google's Prohibited Use policy.";
  const candidates = [{ finishReason: 'IMAGE_OTHER', finishMessage }];
  expect(await failureOf({ body: { candidates } })).toMatchObject(rejected);
});

test('a block reason that is a number is one', async () => {
  expect(await failureOf({ body: { prompt_feedback: { block_reason: 2 } } })).toMatchObject(rejected);
});

test('every row of the table of endings has its case here', () => {
  expect(finishReasons.map(([reason]) => reason)).toEqual(Object.keys(endings));
});

test.each(['A_REASON_OF_TOMORROW', 'constructor', '__proto__'])(
  'an ending that is not known (%s) is a missing picture and worth another try',
  async (reason) => {
    expect(await failureOf(noContent(reason))).toMatchObject({ ...noImage, upstreamReason: reason });
  },
);

test('an answer without any candidate is a missing picture', async () => {
  expect(await failureOf({ body: { candidates: null } })).toMatchObject({
    ...noImage,
    upstreamReason: 'no finishReason',
  });
});

test.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'JAILBREAK'])(
  'a prompt blocked for %s is rejected',
  async (reason) => {
    expect(await failureOf(blocked(reason))).toMatchObject({
      ...rejected,
      upstreamReason: `promptFeedback ${reason}`,
    });
  },
);

test('among several candidates the one that did not simply stop gives the reason', async () => {
  const body = { candidates: [{ finishReason: 'STOP' }, { finishReason: 'IMAGE_SAFETY' }] };
  expect(await failureOf({ body })).toMatchObject({ ...rejected, upstreamReason: 'IMAGE_SAFETY' });
});

test("the model's words stand in the message of a chatty refusal, cut to 200 characters", async () => {
  const failure = await failureOf(candidateReply([{ text: `I'd rather not. ${'Sorry! '.repeat(60)}` }]));
  expect(failure).toMatchObject({ ...noImage, upstreamReason: 'STOP' });
  expect(/The model wrote: "(I'd rather not\. Sorry! .*)…"/.exec(failure.message)?.[1]).toHaveLength(200);
});

test('what Gemini says of an ending is quoted, and what it says of charging is believed', async () => {
  const finishMessage = 'Unable to show the generated image. You will not be charged for this request.';
  for (const candidate of [
    { finishReason: 'IMAGE_PROHIBITED_CONTENT', finishMessage },
    { finish_reason: 'IMAGE_PROHIBITED_CONTENT', finish_message: finishMessage },
  ]) {
    const failure = await failureOf({ body: { candidates: [candidate] } });
    expect(failure).toMatchObject({ type: 'content_rejected', retryable: false });
    expect(failure).not.toHaveProperty('maybeBilled');
    expect(failure.message).toContain(`Gemini said: "${finishMessage}"`);
    expect(failure.message).not.toContain('may have been billed');
  }
  const noImageMade = { candidates: [{ finishReason: 'NO_IMAGE', finishMessage: 'No charge was made.' }] };
  expect(await failureOf({ body: noImageMade })).toMatchObject({ type: 'no_image', retryable: true });
});

test('what was counted for an answer without a picture goes with the failure', async () => {
  const usageMetadata = { promptTokenCount: 7, totalTokenCount: 7 };
  const { usage, failure } = await errorOf({
    body: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata },
  });
  expect(failure).toMatchObject(rejected);
  expect(usage).toEqual({ input_tokens: 7, total_tokens: 7 });
  expect((await errorOf(candidateReply([{ text: 'No.' }]))).usage).toMatchObject({ output_tokens: 1424 });
  expect((await errorOf(noContent('NO_IMAGE'))).usage).toBeUndefined();
});
