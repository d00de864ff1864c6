import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { readAnswer } from './answer.ts';
import { base64Png, candidateReply } from './gemini.fixture.ts';

const known = { keys: ['configured-key-1'], secrets: ['configured-key-1'], now: 0 };
const picture = { inlineData: { mimeType: 'image/png', data: base64Png } };

test('pictures by the thousand are not all taken, and a warning says so', () => {
  const { body } = candidateReply(Array.from({ length: 2000 }, () => picture));
  const { pictures, warnings } = readAnswer(answerOf(body), known);
  expect(pictures).toHaveLength(16);
  expect(warnings).toEqual(['Of 2000 pictures, 1984 could not be taken.']);
});

test('counts that are none, and a key among the words, are left out', () => {
  const { body } = candidateReply([{ text: 'I was asked with configured-key-1.' }, picture]);
  const usageMetadata = {
    promptTokenCount: -5,
    promptTokensDetails: [{ modality: 'IMAGE', tokenCount: '258' }],
    candidatesTokenCount: 1.5,
    candidatesTokensDetails: [
      { modality: 'IMAGE', tokenCount: 1e300 },
      { modality: 'IMAGE', tokenCount: 1120 },
    ],
    totalTokenCount: Number.MAX_SAFE_INTEGER,
  };
  const { description, usage } = readAnswer(answerOf({ ...(body as object), usageMetadata }), known);
  expect(description).toBe('I was asked with [removed].');
  expect(usage).toEqual({ output_image_tokens: 1120 });
});

test('whatever JSON comes with status 200, the outcome is a result or a TaskError', () => {
  const junk = fc.jsonValue();
  const part = fc.record({
    text: junk,
    thought: junk,
    inlineData: fc.oneof(junk, fc.record({ data: junk })),
  });
  const candidate = fc.record({
    content: fc.oneof(junk, fc.record({ parts: fc.array(fc.oneof(junk, part)) })),
    finishReason: junk,
  });
  const body = fc.record(
    {
      candidates: fc.oneof(junk, fc.array(fc.oneof(junk, candidate))),
      promptFeedback: fc.oneof(junk, fc.record({ blockReason: junk })),
      usageMetadata: fc.oneof(junk, fc.record({ candidatesTokensDetails: junk, promptTokenCount: junk })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(junk, body), (answer) => {
      const outcome = outcomeOf(answer);
      expect(outcome instanceof TaskError || outcome.pictures.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});

function outcomeOf(answer: unknown) {
  try {
    return readAnswer(answerOf(answer), known);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
}

function answerOf(json: unknown) {
  return { status: 200, headers: {}, bytes: Buffer.alloc(0), json };
}
