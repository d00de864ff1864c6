import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { costMicroUsd } from '../../core/models/pricing.ts';
import { shippedPriceOf } from '../../core/models/shipped-prices.ts';
import { smallPng } from '../png.fixture.ts';
import { readAnswer } from './answer.ts';
import { base64Png, candidateReply } from './gemini.fixture.ts';

const known = { keys: ['configured-key-1'], secrets: ['configured-key-1'], now: 0 };
const picture = { inlineData: { mimeType: 'image/png', data: base64Png } };

test('pictures by the thousand are not all taken', () => {
  const { body } = candidateReply(Array.from({ length: 2000 }, () => picture));
  const { pictures, promised } = readAnswer(answerOf(body), known);
  expect(pictures).toHaveLength(16);
  expect(promised).toBe(2000);
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
  const { description, usage } = readAnswer(answerOf({ ...(body as object), usageMetadata }), known).beside;
  expect(description).toBe('I was asked with [removed].');
  expect(usage).toEqual({ output_image_tokens: 1120 });
});

const text = base64Png;
const uri = `data:image/png;base64,${text}`;
const link = 'https://files.example/a/b.png';
const found = (json: unknown) => readAnswer(answerOf(json), known);
const ofParts = (...parts: unknown[]) => found(candidateReply(parts).body);

test.each<[string, unknown]>([
  [
    'names in snake_case',
    { candidates: [{ content: { parts: [{ inline_data: { mime_type: 'image/png', data: text } }] } }] },
  ],
  ['a candidate that is no list', { candidates: { content: { parts: [picture] } } }],
  ['a part that is no list', { candidates: [{ content: { parts: picture } }] }],
  ['an answer inside a `response`', { response: { candidates: [{ content: { parts: [picture] } }] } }],
  ['an answer inside an envelope', { code: 0, data: { candidates: [{ content: { parts: [picture] } }] } }],
  ['an answer as a text of JSON', JSON.stringify(candidateReply([picture]).body)],
  ['a part of another name', candidateReply([{ picture: { bytes: text } }]).body],
  ['a part as OpenAI has it', candidateReply([{ type: 'image_url', image_url: { url: uri } }]).body],
  ['an answer as OpenAI has it', { created: 1, data: [{ b64_json: text }] }],
  ['an answer to a chat', { choices: [{ message: { content: `Here:\n![image](${uri})` } }] }],
  [
    'an answer to a chat with pictures',
    { choices: [{ message: { images: [{ image_url: { url: uri } }] } }] },
  ],
  ['an answer of Imagen', { predictions: [{ bytesBase64Encoded: text, mimeType: 'image/png' }] }],
  ['a candidate that is the picture', { candidates: [text] }],
  ['the picture and nothing else', Buffer.from(smallPng)],
  ['base64 with broken lines', partOf(text.replaceAll(/.{76}/g, '$&\n'))],
  ['base64 with a `data:` prefix', partOf(uri)],
  [
    'base64 in the URL-safe alphabet',
    partOf(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')),
  ],
  ['bytes that were unpacked while it was read', partOf(new Uint8Array(smallPng))],
  [
    'a picture beside an error',
    { ...(candidateReply([picture]).body as object), error: { code: 500, message: 'No.' } },
  ],
])('%s: read', (_what, json) => {
  expect(found(json).pictures.map((each) => Buffer.from(each as Uint8Array))).toEqual([smallPng]);
});

test('the chunks of a stream are one answer, with the last count', () => {
  const chunkOf = (part: unknown, candidatesTokenCount: number) => ({
    candidates: [{ content: { parts: [part] } }],
    usageMetadata: { candidatesTokenCount },
  });
  const chunks = [chunkOf({ text: 'Here ' }, 2), chunkOf({ text: 'it is.' }, 4), chunkOf(picture, 1120)];
  expect(found(chunks)).toMatchObject({
    pictures: [smallPng],
    beside: { description: 'Here it is.', usage: { output_tokens: 1120, output_image_tokens: 1120 } },
  });
});

test.each<[string, unknown[], unknown[], string]>([
  ['Markdown with the picture inside', [{ text: `Here:\n![image](${uri})` }], [smallPng], 'Here:'],
  ['a `data:` URI', [{ text: `Here: ${uri}` }], [smallPng], 'Here:'],
  [
    'Markdown over two parts',
    [{ text: '![image](data:image/png;base64,' }, { text: `${text})` }],
    [smallPng],
    '',
  ],
  ['Markdown with a link', [{ text: `![image](${link})` }], [link], ''],
  ['a link', [{ text: `Here: ${link}` }], [link], 'Here:'],
  ['a file', [{ text: 'Here.' }, { fileData: { fileUri: link } }], [link], 'Here.'],
  ['a file in snake_case', [{ file_data: { file_uri: link, mime_type: 'image/png' } }], [link], ''],
  [
    'a picture, and a link in the words',
    [{ text: `More at ${link}` }, picture],
    [smallPng],
    `More at ${link}`,
  ],
])('%s: taken, and the description is what is left', (_what, parts, pictures, description) => {
  expect(ofParts(...parts)).toMatchObject({ pictures, beside: { description } });
});

test.each<[string, unknown]>([
  ['no member of an answer', { result: 'done' }],
  ['a part that nobody knows', candidateReply([{ picture: { id: 'a' } }]).body],
  ['a picture without data', candidateReply([{ inlineData: { mimeType: 'image/png' } }]).body],
  [
    'a file at no address that can be called',
    candidateReply([{ fileData: { fileUri: 'gs://bucket/a.png' } }]).body,
  ],
  ['damaged base64 in Markdown', candidateReply([{ text: `![image](${uri}A=A)` }]).body],
])('%s: kept for the operator, as it may be the picture', (_what, json) => {
  const answer = answerOf(json);
  expect(outcomeOf(json)).toMatchObject({
    failure: { type: 'upstream_unavailable', answered: true, maybeBilled: true },
    answer: { status: 200, headers: {}, bytes: answer.bytes },
  });
});

test.each<[string, object, number | undefined]>([
  ['no breakdown', { candidatesTokenCount: 1120 }, 1120],
  ['an empty breakdown', { candidatesTokenCount: 1120, candidatesTokensDetails: [] }, 1120],
  [
    'a breakdown of the words alone',
    { candidatesTokenCount: 1124, candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 4 }] },
    1120,
  ],
  [
    'a breakdown in snake_case',
    { candidates_token_count: 1124, candidates_tokens_details: [{ modality: 'IMAGE', token_count: 1120 }] },
    1120,
  ],
  ['no count at all', { promptTokenCount: 5 }, undefined],
])(
  'with %s the tokens of the picture are those that are not of something else',
  (_what, usageMetadata, tokens) => {
    const { beside } = found({ ...(candidateReply([picture]).body as object), usageMetadata });
    expect(beside.usage?.['output_image_tokens']).toBe(tokens);
  },
);

test('without a breakdown a picture costs what its tokens cost', () => {
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 1120, totalTokenCount: 1125 };
  const { beside } = found({ ...(candidateReply([picture]).body as object), usageMetadata });
  const price = shippedPriceOf('gemini', 'gemini-nano-banana-2.1');
  expect(costMicroUsd(price, { usage: beside.usage, pictures: 1, imageSize: '1K' })).toBe(33_608);
});

function partOf(data: unknown) {
  return { candidates: [{ content: { parts: [{ inlineData: { data } }] } }] };
}

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
