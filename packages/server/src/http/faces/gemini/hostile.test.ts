import { expect, test } from 'vitest';
import { RequestError } from '../../../core/errors.ts';
import { createModelTable, shippedModels } from '../../../core/models/models.ts';
import type { Fields } from '../../body/body-fields.ts';
import { parseBody } from '../../body/parse-body.ts';
import { startServer } from '../../server.fixture.ts';
import { readBatch } from './batches/read-batch.ts';
import { batchPlaces, readInline, readLines } from './batches/read-requests.ts';
import { readInteraction } from './interactions/read-interaction.ts';
import { geminiPlaces, readContents } from './read-contents.ts';
import { createResolveFiles } from './resolve-files.ts';
import { submissionOf } from './submission-of.ts';

// Readers take whatever JSON says: what they read of it is a task, or a refusal. They are asked without a server, so that there is time for thousands.

const limits = {
  models: createModelTable(shippedModels),
  defaultModel: 'nano-banana-2.1',
  promptMaxCharacters: 10_000,
  maxPictureBytes: 1_000,
  defaultDeadlineSeconds: 60,
  maxDeadlineSeconds: 60,
  maxPictureLifetimeSeconds: 60,
  checkWebhookUrl: () => null,
};
const resolveFiles = createResolveFiles(async () => null);
const caller = { keyId: 'key' } as Parameters<typeof readInline>[2]['caller'];
const of = { caller, model: 'nano-banana', deadlineSeconds: 60 };
const bodies = {
  parse: async (bytes: Uint8Array, options: Parameters<typeof parseBody>[1]) =>
    parseBody(Buffer.from(bytes), options),
};
const services = { bodies, limits, resolveFiles };
const parse = (text: string, pictures = geminiPlaces): Fields =>
  parseBody(Buffer.from(text), { contentType: 'application/json', pictures, maxPictureBytes: 1_000 }).fields;

/** Readers of the calls that have a body. */
const readers: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  contents: (text) => submissionOf(readContents(parse(text), 'nano-banana', limits), caller, services),
  interaction: (text) =>
    submissionOf(readInteraction(parse(text), { limits, earlier: [] }), caller, services),
  batch: async (text) => {
    const { requests } = readBatch(parse(text, batchPlaces));
    return requests.kind === 'inline' && (await readInline(services, requests, of));
  },
  lines: (text) => readLines(services, Buffer.from(text), of),
};

/** Type of the refusal; `taken` where there is none. Anything else that is thrown fails the test. */
async function outcomeOf(read: (text: string) => Promise<unknown>, text: string): Promise<string> {
  try {
    await read(text);
    return 'taken';
  } catch (error) {
    expect(error, text.slice(0, 300)).toBeInstanceOf(RequestError);
    return (error as RequestError).type;
  }
}

const odd: unknown[] = [
  null,
  0,
  -1,
  1e308,
  true,
  'x',
  '',
  '\0',
  [],
  {},
  [[]],
  [null],
  { toString: 1, valueOf: 1 },
  { length: 9 },
];
const members = [
  'contents',
  'generationConfig',
  'systemInstruction',
  'labels',
  'input',
  'response_format',
  'background',
  'stream',
  'model',
  'generation_config',
];
const inner = [
  'imageConfig',
  'responseFormat',
  'responseModalities',
  'candidateCount',
  'seed',
  'image_config',
];
const ofShape = ['image', 'aspectRatio', 'imageSize', 'mimeType', 'delivery', 'imageOutputOptions', 'type'];

const ofPart = ['text', 'inlineData', 'fileData', 'thought', 'data', 'fileUri', 'uri', 'mimeType'];

function* bodiesOf(value: unknown): Generator<object> {
  const base = { model: 'nano-banana', contents: 'x', input: 'x' };
  for (const name of members) yield { ...base, [name]: value };
  for (const name of inner) yield { ...base, generationConfig: { [name]: value } };
  for (const name of ofShape) {
    yield { ...base, generationConfig: { responseFormat: { image: { [name]: value } } } };
    yield { ...base, response_format: [{ [name]: value }, value] };
  }
  for (const name of ofPart) {
    const member = { [name]: value };
    yield { ...base, contents: [{ role: value, parts: [{ text: 'x' }, member, value] }] };
    yield { ...base, contents: { parts: { inlineData: member, fileData: member } } };
    yield { ...base, contents: value, systemInstruction: { parts: [member] } };
    yield { ...base, input: [{ type: 'image', ...member }, { type: value, text: value }, value] };
    yield { ...base, input: [{ type: 'user_input', content: [{ type: 'image', ...member }] }] };
  }
}

function batchesOf(value: unknown): object[] {
  const request = { request: { contents: 'x' } };
  const requests = { requests: { requests: [request] } };
  return [
    { batch: value },
    ...['displayName', 'inputConfig', 'webhookConfig', 'priority'].map((name) => ({
      batch: { inputConfig: requests, [name]: value },
    })),
    ...['requests', 'fileName', 'file_name'].map((name) => ({ batch: { inputConfig: { [name]: value } } })),
    ...['request', 'metadata'].map((name) => ({
      batch: { inputConfig: { requests: { requests: [{ ...request, [name]: value }, value] } } },
    })),
    {
      batch: {
        inputConfig: { requests: { requests: [{ ...request, metadata: { data: value, uri: value } }] } },
      },
    },
  ];
}

test('every odd value of a member is taken or refused, by whichever call it comes', async () => {
  const outcomes = new Map<string, Set<string>>();
  const ask = async (name: string, body: unknown) => {
    const outcome = await outcomeOf(readers[name]!, JSON.stringify(body));
    outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcome));
  };
  for (const value of odd) {
    for (const body of bodiesOf(value)) {
      await ask('contents', body);
      await ask('interaction', body);
    }
    for (const body of batchesOf(value)) await ask('batch', body);
    await ask('lines', { key: value, request: { contents: 'x' } });
    await ask('lines', { key: 'a', request: value });
  }
  for (const [name, found] of outcomes) {
    const refusals = name === 'interaction' ? ['invalid_request', 'not_found'] : ['invalid_request'];
    expect([...found].toSorted(), name).toEqual([...refusals, 'taken']);
  }
});

const tooLong = 'a'.repeat(2 ** 20 + 1);
const some = { contents: [{ parts: [{ text: 'a banana' }] }] };
test.each([
  [
    'contents',
    { contents: [{ parts: [{ text: tooLong }, { text: 'a banana' }] }] },
    'contents[0].parts[0].text',
  ],
  ['contents', { contents: [{ parts: [{ text: 1 }, { text: 'a banana' }] }] }, 'contents[0].parts[0].text'],
  ['contents', { ...some, systemInstruction: tooLong }, 'systemInstruction'],
  ['contents', { ...some, systemInstruction: { parts: [{ text: [] }] } }, 'systemInstruction.parts[0].text'],
  ['interaction', { model: 'nano-banana', input: 'a banana', system_instruction: 1 }, 'system_instruction'],
  [
    'batch',
    { batch: { inputConfig: { requests: { requests: Array.from({ length: 1_001 }, () => ({})) } } } },
    'at most 1,000 entries',
  ],
])(
  'words that can’t be taken are refused by %s, not left out of the prompt (%#)',
  async (reader, body, named) => {
    await expect(readers[reader]!(JSON.stringify(body))).rejects.toThrow(named);
  },
);

test('metadata and labels may have any names, also those that pictures have', async () => {
  const own = { data: 'hello', uri: 'data:,hello' };
  const { requests } = readBatch(
    parse(
      JSON.stringify({
        batch: { inputConfig: { requests: { requests: [{ request: some, metadata: own }] } } },
      }),
      batchPlaces,
    ),
  );
  if (requests.kind !== 'inline') throw new Error('read as a file');
  expect((await readInline(services, requests, of)).lines).toMatchObject([{ metadata: own }]);
  const labelled = await submissionOf(
    readContents(parse(JSON.stringify({ ...some, labels: own })), 'nano-banana', limits),
    caller,
    services,
  );
  expect(labelled.submission.metadata).toEqual(own);
});

test.each(Object.entries(readers))('large and deep bodies are read soon: %s', async (_name, read) => {
  const listOf = (length: number, each: unknown) => Array.from({ length }, () => each);
  const parts = [
    ...listOf(5_000, { inlineData: { data: 'AAAA' } }),
    ...listOf(5_000, { fileData: { fileUri: `files/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}` } }),
  ];
  const contents = [
    listOf(10_000, { role: 'user', parts: [{ text: 'x', zzz: 1 }] }),
    { parts },
    { parts: listOf(20_000, { text: 'x' }) },
  ];
  const texts = [
    `{"contents":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    '{'.repeat(100_000),
    '\n'.repeat(100_000),
    ...contents.flatMap((each) => [
      JSON.stringify({ contents: each, model: 'nano-banana', input: each }),
      JSON.stringify({ request: { contents: each } }),
      JSON.stringify({
        batch: { inputConfig: { requests: { requests: [{ request: { contents: each } }] } } },
      }),
    ]),
    JSON.stringify({ model: 'nano-banana', input: listOf(5_000, { type: 'image', data: 'AAAA' }) }),
    JSON.stringify({ batch: { inputConfig: { requests: { requests: listOf(30_000, { request: {} }) } } } }),
    `${JSON.stringify({ request: {} })}\n`.repeat(30_000),
  ];
  for (const text of texts) {
    // Of the processor, as others may be at work on the machine.
    const before = process.cpuUsage();
    await outcomeOf(read, text);
    const { user } = process.cpuUsage(before);
    expect(user / 1_000, text.slice(0, 100)).toBeLessThan(1_000);
  }
});

test('odd paths and methods have the form of the face', async () => {
  const server = await startServer();
  const calls = [
    ['GET', '/gemini'],
    ['GET', '/gemini/v1'],
    ['PUT', '/gemini/v1/models/x:generateContent'],
    ['POST', '/gemini/v1/models/:generateContent'],
    ['POST', '/gemini/v1/models/a/b:generateContent'],
    ['POST', '/gemini/v1/models/x:y:generateContent'],
    ['POST', `/gemini/v1/models/${'x'.repeat(2_000)}:generateContent`],
    ['POST', '/gemini/v1/models/:batchGenerateContent'],
    ['GET', '/gemini/v1/files/%00'],
    ['GET', '/gemini/v1/files/%00:download'],
    ['GET', '/gemini/download/v1/files/batch-%ff:download'],
    ['PATCH', '/gemini/v1/batches/x'],
    ['GET', '/gemini/v1/batches/x:cancel'],
    ['POST', '/gemini/v1/batches/:cancel'],
    ['GET', '/gemini/v1/interactions/%ff'],
    ['GET', '/gemini/v1/interactions/x?stream=true&stream=true'],
    ['POST', '/gemini/upload/v1/files/x'],
    ['POST', '/gemini/upload/v1/files/W10?e=99999999999&token=x'],
    ['GET', '/gemini/v1/models?pageSize=1&pageSize=2'],
    ['GET', '/gemini/v1/files?pageToken=-1'],
    ['DELETE', '/gemini/v1/files/x:download'],
  ] as const;
  for (const [method, path] of calls) {
    const { status, body, text } = await server.call<{ error: { message: string } }>(path, { method });
    expect(status, `${method} ${path}`).toBeOneOf([400, 403, 404, 405, 414]);
    expect(body.error.message, text).toBeTypeOf('string');
  }
  expect(server.log.filter(({ event }) => event === 'request_failed')).toEqual([]);
});
