import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { generateImage, generateText, streamText } from 'ai';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';
import type { ChatChunk, ChatCompletion } from './answers.ts';

const column = faceColumn(
  'chat',
  {
    title: 'Chat completions',
    prefix: '/openai/v1/chat/completions',
    clients: [
      'openai 7.59.0',
      'openai 6.49.0',
      'ai 7.0.173 with @ai-sdk/openai-compatible 3.0.92 and @openrouter/ai-sdk-provider 3.1.0',
      'ai 6.0.325 with @ai-sdk/openai-compatible 2.0.92',
    ],
  },
  {
    format: 'a picture comes as it was made; a link with `&format=webp` converts',
    mask: 'a message has no place for one',
    options: 'a request has no members for them',
    webhook: 'an endpoint of the key is told of each task',
    upload: 'pictures are parts of messages',
  },
);

/** Both majors have this of their interface in common; each is what its package exports. */
const libraries = [OpenAI, OpenAI6 as unknown as typeof OpenAI];
type Options = NonNullable<ConstructorParameters<typeof OpenAI>[0]>;
type Message = OpenAI.ChatCompletionMessageParam;

let server: TestServer;
let png: Buffer;
let red: Buffer;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '2' },
    { file: 'selling_prices: { nano-banana-2.1: 0.05, gpt-image-2: 0.05 }' },
  );
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  red = await sharp({ create: { width: 30, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
});

const dataUri = (bytes = png) => `data:image/png;base64,${bytes.toString('base64')}`;

function clientsOf(options: Options = {}): OpenAI[] {
  const given = { apiKey: adminKey, baseURL: `${server.url}/openai/v1`, maxRetries: 0, ...options };
  return libraries.map((Library) => new Library(given));
}
const first = (options?: Options): OpenAI => clientsOf(options)[0]!;

/** The library's types know no pictures in answers; those that read them here are the face's own. */
const body = (messages: string | Message[], more: object = {}) =>
  ({
    model: 'nano-banana-2.1',
    messages: typeof messages === 'string' ? [{ role: 'user', content: messages }] : messages,
    modalities: ['image', 'text'],
    ...more,
  }) as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;

async function ask(messages: string | Message[], more: object = {}, openai = first()) {
  const { data, response } = await openai.chat.completions.create(body(messages, more)).withResponse();
  const completion = data as unknown as ChatCompletion;
  const { message } = completion.choices[0]!;
  const urls = (message.images ?? []).map(({ image_url: { url } }) => url);
  const taskId = response.headers.get('x-plantain-task-id') ?? '';
  return { completion, message, urls, headers: response.headers, taskId };
}

async function stream(prompt: string, more: object = {}, openai = first()): Promise<ChatChunk[]> {
  const sent = { ...body(prompt, more), stream: true } as unknown;
  const chunks = await openai.chat.completions.create(sent as OpenAI.ChatCompletionCreateParamsStreaming);
  const seen: ChatChunk[] = [];
  for await (const chunk of chunks) seen.push(chunk as unknown as ChatChunk);
  return seen;
}

const imageIn = async (url: string | undefined) =>
  sharp(Buffer.from(await (await fetch(url ?? '')).arrayBuffer())).metadata();
const linksOf = (content: string) => [...content.matchAll(/!\[image\]\((\S+?)\)/g)].map(([, link]) => link);

/** Prompt of the task, and the widths of the pictures that it was given. */
async function inputsOf(taskId: string): Promise<{ prompt: string; widths: (number | undefined)[] }> {
  const answer = await server.call<Envelope<TaskRequestData>>(`${statusPath}/${taskId}/request`);
  const { prompt, image_urls } = answer.body.data;
  const shapes = await Promise.all(image_urls.map(imageIn));
  return { prompt, widths: shapes.map(({ width }) => width) };
}

async function newKey(given: Partial<NewKeyBody>): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...given }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

async function tasksOf(prompt: string, at = server): Promise<TaskData[]> {
  const list = await at.call<{ data: { tasks: TaskData[] } }>(
    `${statusPath}?search=${encodeURIComponent(prompt)}`,
  );
  return list.body.data.tasks;
}

interface Refused {
  status: number;
  code: string | null;
  type: string;
  param: string | null;
  message: string;
  headers: Headers;
}
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );

async function refusedBy(call: Promise<unknown>): Promise<Refused> {
  const error = await errorOf(call);
  expect(error).toHaveProperty('status');
  return error as Refused;
}

test('a picture from a prompt: in the message, with its true size, and behind a link in the content', async () => {
  for (const openai of clientsOf()) {
    const { completion, message, urls } = await ask('a banana', {}, openai);
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'nano-banana-2.1',
      created: expect.any(Number),
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
    });
    expect(urls).toHaveLength(1);
    expect(urls[0]).toMatch(/^data:image\/png;base64,/);
    expect(await imageIn(urls[0])).toMatchObject({ width: 1024, height: 1024, format: 'png' });
    const [link] = linksOf(message.content);
    expect(await imageIn(link)).toMatchObject({ width: 1024, height: 1024 });
  }
  column.shows('generate');
});

onOneStore('modalities may be left out, and the prompt may be parts', async () => {
  const content = [
    { type: 'text', text: 'two' },
    { type: 'text', text: 'parts' },
  ] as const;
  const { urls, taskId } = await ask([{ role: 'user', content: [...content] }], { modalities: undefined });
  expect(urls).toHaveLength(1);
  expect((await inputsOf(taskId)).prompt).toBe('two\nparts');
});

onOneStore('where pictures are: both, images alone, or content alone; and images may be links', async () => {
  const shown = async (more: object) => {
    const { message, urls } = await ask('x', more);
    return [urls.map((url) => url.slice(0, 5)), linksOf(message.content).length];
  };
  expect(await shown({ pictures_in: 'images' })).toEqual([['data:'], 0]);
  expect(await shown({ pictures_in: 'content' })).toEqual([[], 1]);
  expect(await shown({ modalities: ['image'] })).toEqual([['data:'], 0]);
  expect(await shown({ modalities: ['image'], pictures_in: 'both' })).toEqual([['data:'], 1]);
  const { urls } = await ask('x', { response_format: 'url' });
  expect(await imageIn(urls[0])).toMatchObject({ format: 'png' });
  expect(urls[0]).toMatch(/^http/);
});

onOneStore('an edit of pictures that are sent along: in the last message of the user', async () => {
  for (const openai of clientsOf()) {
    const { urls, taskId } = await ask(
      [
        { role: 'system', content: 'You are helpful.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: dataUri(red) } }] },
        { role: 'assistant', content: 'What about it?' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a hat' },
            { type: 'image_url', image_url: { url: dataUri(), detail: 'high' } },
          ],
        },
      ],
      {},
      openai,
    );
    expect(await imageIn(urls[0])).toMatchObject({ format: 'png' });
    expect(await server.task(taskId)).toMatchObject({ action: 'edit' });
    expect(await inputsOf(taskId)).toEqual({ prompt: 'a hat', widths: [60] });
  }
  column.shows('edit');
});

onOneStore('an edit of pictures behind links: by image_url', async () => {
  const made = await ask('x', { response_format: 'url' });
  const { taskId } = await ask([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a hat' },
        { type: 'image_url', image_url: { url: made.urls[0]! } },
      ],
    },
  ]);
  expect(await inputsOf(taskId)).toEqual({ prompt: 'a hat', widths: [1024] });
  column.shows('editLinks');
});

onOneStore(
  'the pictures of the latest answer that has any are gone on with, before those of the message',
  async () => {
    const answer = (images: string[]) =>
      ({
        role: 'assistant',
        content: '',
        images: images.map((url) => ({ type: 'image_url', image_url: { url } })),
      }) as Message;
    const { taskId } = await ask([
      { role: 'user', content: 'first' },
      answer([dataUri()]),
      { role: 'user', content: 'second' },
      answer([dataUri(red)]),
      { role: 'user', content: 'thanks' },
      { role: 'assistant', content: 'You are welcome.' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: dataUri() } },
          { type: 'text', text: 'put it there' },
        ],
      },
    ]);
    expect(await inputsOf(taskId)).toEqual({ prompt: 'put it there', widths: [30, 60] });
  },
);

onOneStore(
  'a picture that an answer has as Markdown is gone on with; links to other servers are not',
  async () => {
    const made = await ask('x', { image_config: { aspect_ratio: '16:9' }, pictures_in: 'content' });
    const content = `${made.message.content} and ![image](http://127.0.0.2:9/files/a/b.png)`;
    const { taskId } = await ask([
      { role: 'user', content: 'first' },
      { role: 'assistant', content },
      { role: 'user', content: 'make it red' },
    ]);
    const { width } = await imageIn(linksOf(content)[0]);
    expect(await inputsOf(taskId)).toEqual({ prompt: 'make it red', widths: [width] });
  },
);

onOneStore('a picture that stands in the answer and, again, in the message is one input', async () => {
  const image = { type: 'image_url', image_url: { url: dataUri() } } as const;
  const { taskId } = await ask([
    { role: 'assistant', content: '', images: [image] } as Message,
    { role: 'user', content: [{ type: 'text', text: 'x' }, image] },
  ]);
  expect((await inputsOf(taskId)).widths).toEqual([60]);
});

onOneStore(
  'pictures of an earlier answer that are too many for the model are left out, with a warning',
  async () => {
    const images = Array.from({ length: 16 }, (_, index) => ({
      type: 'image_url',
      image_url: {
        url: `data:image/png;base64,${Buffer.concat([png, Buffer.from([index])]).toString('base64')}`,
      },
    }));
    const { taskId, headers } = await ask([
      { role: 'assistant', content: '', images } as Message,
      { role: 'user', content: 'x' },
    ]);
    expect((await inputsOf(taskId)).widths).toHaveLength(14);
    expect(headers.get('x-plantain-warnings')).toContain(
      '2 of the pictures of the earlier answer are left out',
    );
  },
);

onOneStore('several pictures in one call: all of them in the first choice', async () => {
  for (const openai of clientsOf()) {
    const { completion, message, urls, headers } = await ask('three', { n: 3 }, openai);
    expect(completion.choices).toHaveLength(1);
    expect(new Set(urls).size).toBe(3);
    expect(linksOf(message.content)).toHaveLength(3);
    expect(Number(headers.get('content-length'))).toBe(Buffer.byteLength(JSON.stringify(completion)));
  }
  expect(await refusedBy(ask('x', { n: 11 }))).toMatchObject({ status: 400, param: 'n' });
  column.shows(
    'several',
    'up to 10, all in `choices[0].message.images`, as chat programs read the first choice alone',
  );
});

onOneStore('ratio and size, true to the pixels: image_config as OpenRouter has it, and size', async () => {
  const shape = async (more: object) => {
    const { width, height } = await imageIn((await ask('x', more)).urls[0]);
    return `${width}x${height}`;
  };
  expect(await shape({ image_config: { aspect_ratio: '16:9', image_size: '2K' } })).toBe('2752x1536');
  expect(await shape({ size: '1536x1024' })).toBe('1264x848');
  expect(await shape({ aspect_ratio: '2:3' })).toBe('848x1264');
  const off = await refusedBy(ask('x', { image_config: { aspect_ratio: '17:3', image_size: 'big' } }));
  expect(off).toMatchObject({ param: 'image_config.aspect_ratio' });
  expect(off.message).toContain('image_config.image_size');
  column.shows('shape', 'by `image_config` or `size`');
});

onOneStore('a stream of events: the role, the words, each picture, the end, and what was used', async () => {
  for (const openai of clientsOf()) {
    const chunks = await stream('x', { n: 2, stream_options: { include_usage: true } }, openai);
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
    expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => Object.keys(delta).join()))).toEqual([
      'role,content',
      'content',
      'images',
      'images',
      '',
    ]);
    const pictures = chunks.flatMap(({ choices }) => choices[0]?.delta.images ?? []);
    expect(pictures.map(({ index }) => index)).toEqual([0, 1]);
    expect(await imageIn(pictures[0]?.image_url.url)).toMatchObject({ width: 1024 });
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 0, cost: 0.1 } });
  }
  expect((await stream('x')).at(-1)?.choices).toHaveLength(1);
  column.shows('stream');
});

onOneStore('a stream says at once that it is at work, and ends with [DONE]', async () => {
  const sent = {
    model: 'nano-banana-2.1',
    stream: true,
    messages: [{ role: 'user', content: '[[delay 100ms]]' }],
  };
  const answer = await fetch(`${server.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const text = await answer.text();
  expect(text).toMatch(/^: PROCESSING\n\ndata: \{/);
  expect(text).toMatch(/\n\ndata: \[DONE\]\n\n$/);
});

onOneStore('an error in the midst of a stream is raised by the libraries', async () => {
  for (const openai of clientsOf())
    await expect(stream('[[fail content_rejected]]', {}, openai)).rejects.toMatchObject({
      code: 'moderation_blocked',
    });
});

onOneStore(
  'Vercel’s AI SDK: the link is in the text, whole and streamed, and pictures are sent along',
  async () => {
    const plantain = createOpenAICompatible({
      name: 'plantain',
      baseURL: `${server.url}/openai/v1`,
      apiKey: adminKey,
      includeUsage: true,
    });
    const model = plantain.chatModel('nano-banana-2.1');
    const content = [
      { type: 'text', text: 'a hat' },
      { type: 'file', data: new Uint8Array(png), mediaType: 'image/png' },
    ] as const;
    const whole = await generateText({ model, messages: [{ role: 'user', content: [...content] }] });
    expect(await imageIn(linksOf(whole.text)[0])).toMatchObject({ format: 'png' });
    const headers = whole.response.headers ?? {};
    expect(await inputsOf(headers['x-plantain-task-id'] ?? '')).toEqual({ prompt: 'a hat', widths: [60] });
    const streamed = streamText({ model, prompt: 'x' });
    expect(linksOf(await streamed.text)).toHaveLength(1);
    expect(await streamed.finishReason).toBe('stop');
    await expect(
      generateText({ model, prompt: '[[fail content_rejected]]', maxRetries: 0 }),
    ).rejects.toMatchObject({ statusCode: 400 });
    const { image } = await generateImage({ model: plantain.imageModel('gpt-image-2'), prompt: 'x' });
    expect(image.mediaType).toBe('image/png');
  },
);

onOneStore('OpenRouter’s provider for the AI SDK: pictures are files, whole and streamed', async () => {
  const openrouter = createOpenRouter({ baseURL: `${server.url}/openai/v1`, apiKey: adminKey });
  const model = openrouter.chat('google/gemini-3-pro-image', {
    extraBody: { modalities: ['image', 'text'], image_config: { aspect_ratio: '1:1' } },
  });
  const whole = await generateText({ model, prompt: 'x' });
  expect(await sharp(whole.files[0]?.uint8Array).metadata()).toMatchObject({ width: 1024 });
  const streamed = streamText({ model, prompt: 'x' });
  expect((await streamed.files).map(({ mediaType }) => mediaType)).toEqual(['image/png']);
});

onOneStore(
  'tokens that were used: they stand in the answer where the upstream counts them, and what it cost',
  async () => {
    const usage = { input_tokens: 30, input_image_tokens: 20, output_tokens: 1_120 };
    const start = async () => ({ pictures: [png], description: '', warnings: [], usage });
    const counting = await startServer({}, { upstream: { name: 'u', start } });
    const { completion } = await ask('x', {}, first({ baseURL: `${counting.url}/openai/v1` }));
    expect(completion.usage).toMatchObject({
      prompt_tokens: 30,
      completion_tokens: 1_120,
      total_tokens: 1_150,
    });
    expect((await ask('x')).completion.usage).toEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      cost: 0.05,
    });
    column.shows('usage', '0 where the upstream counts none; `usage.cost` in US dollars');
  },
);

onOneStore('warnings of what was changed or ignored: in the header, and in the answer', async () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const { completion, headers } = await ask(
    [
      { role: 'system', content: 'You are helpful.' },
      { role: 'user', content: 'x' },
    ],
    { tools, temperature: 1, max_tokens: 5, image_config: { strength: 1 } },
  );
  const warnings = [
    'tools: has no effect here',
    'messages: instructions of the system have no effect on a picture',
    'image_config.strength: has no effect here',
  ];
  expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual(warnings);
  expect(completion.warnings).toEqual(warnings);
  column.shows(
    'warnings',
    'in the header `X-Plantain-Warnings`, and in `warnings` of the answer or of the end of the stream',
  );
});

onOneStore('a list of models: with their names and modalities, as chat programs read them', async () => {
  for (const openai of clientsOf()) {
    const { data } = await openai.models.list();
    expect(data).toContainEqual({
      id: 'nano-banana-2.1',
      object: 'model',
      created: 0,
      owned_by: 'plantain',
      name: 'nano-banana-2.1',
      architecture: { input_modalities: ['text', 'image'], output_modalities: ['image', 'text'] },
    });
  }
  column.shows('models');
});

onOneStore(
  'names of models that its clients know: those of OpenRouter; one that is none is refused, and says what is made here',
  async () => {
    expect((await ask('x', { model: 'google/gemini-2.5-flash-image-preview:free' })).completion.model).toBe(
      'nano-banana',
    );
    for (const openai of clientsOf()) {
      const refused = await refusedBy(ask('Hello!', { model: 'gpt-4o', modalities: undefined }, openai));
      expect(refused).toMatchObject({ status: 404, type: 'invalid_request_error', param: 'model' });
      expect(refused.message).toMatch(/makes pictures and no text.*gpt-4o.*nano-banana-2\.1/);
    }
    column.shows('names', 'one that is no model of pictures gets 404, which says what is made here');
  },
);

onOneStore(
  'what asks for text is refused: modalities, JSON, and the titles that chat programs ask for',
  async () => {
    const text = await refusedBy(ask('x', { modalities: ['text'] }));
    expect(text).toMatchObject({ status: 400, param: 'modalities' });
    const json = await refusedBy(ask('x', { response_format: { type: 'json_object' } }));
    expect(json).toMatchObject({ status: 400, param: 'response_format' });
    const title = '### Task:\nGenerate a concise title for the chat.';
    const chore = await refusedBy(ask(title, { modalities: undefined }));
    expect(chore).toMatchObject({ status: 400, param: 'messages[0].content' });
    expect(await tasksOf('concise title')).toHaveLength(0);
    const chosen = 'Provide a concise, 5-word-or-less title for the conversation, please.';
    expect(await refusedBy(stream(chosen, { modalities: undefined }))).toMatchObject({ status: 400 });
    expect(await stream(title, { modalities: undefined })).not.toHaveLength(0);
  },
);

onOneStore('a request that is off: param names the member, and the message every fault', async () => {
  for (const openai of clientsOf()) {
    const refused = await refusedBy(
      ask([{ role: 'user', content: '' }], { modalities: 'image', image_config: 5, stream: 'yes' }, openai),
    );
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'modalities' });
    expect(refused.message).toMatch(/modalities must .* stream must .* image_config must .*; and 1 more/);
  }
  const none = await refusedBy(ask([{ role: 'assistant', content: 'x' }]));
  expect(none).toMatchObject({ param: 'messages' });
  expect(none.message).toContain('must be a list with a message of the user');
  const faultsOf = async (content: unknown[]) =>
    (await refusedBy(ask([{ role: 'user', content } as unknown as Message]))).message;
  const parts = [{ type: 'input_audio', input_audio: {} }, { type: 'text', text: 5 }, 'x'];
  expect(await faultsOf(parts)).toMatch(
    /content\[0\] is a part of type input_audio .*content\[1\]\.text must/,
  );
  const image = (url: string) => ({ type: 'image_url', image_url: { url } });
  expect(await faultsOf(['x', image('data:image/png;base64,?'), image('no link')])).toMatch(
    /content\[1\]\.image_url\.url: The data.*content\[2\]\.image_url\.url must/,
  );
  column.shows('invalid');
});

onOneStore.each([
  ['null', 400],
  ['{"messages":', 400],
  [`{"messages":${'['.repeat(99)}${']'.repeat(99)}}`, 400],
  ['{"messages":[null,5,"x",[],{}]}', 400],
  ['{"messages":[{"role":5,"content":"x"}]}', 400],
  ['{"messages":[{"role":"user","content":{"a":1}}]}', 400],
  ['{"messages":[{"role":"user","content":[null,[],{},{"type":"image_url","image_url":{}}]}]}', 400],
  ['{"messages":[{"role":"assistant","images":[null,{},{"url":7}]},{"role":"user","content":"x"}]}', 400],
  ['{"messages":[{"role":"user","content":"x"}],"modalities":{},"image_config":[],"n":"two"}', 400],
  ['{"messages":[{"role":"user","content":"x"}],"model":"__proto__"}', 404],
  [
    '{"messages":[{"role":"assistant","content":{"a":1}},{"role":"user","content":"x"}],"__proto__":{"n":5}}',
    200,
  ],
])('a body that nobody meant, %s, is no fault of the server', async (text, status) => {
  const headers = { authorization: adminKey, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: text };
  const answer = await fetch(`${server.url}/openai/v1/chat/completions`, init);
  expect(answer.status).toBe(status);
  const { error } = (await answer.json()) as { error?: { type: string } };
  expect(error?.type).toBe(status === 200 ? undefined : 'invalid_request_error');
});

onOneStore(
  'thousands of links in an earlier answer take no time, and one that is not whole is refused',
  async () => {
    const link = `![image](${server.url}/files/${'a'.repeat(36)}/output.png`;
    const content = `${link}?e=1) `.repeat(5_000);
    const call = ask([
      { role: 'assistant', content },
      { role: 'user', content: 'x' },
    ]);
    expect(await refusedBy(call)).toMatchObject({ code: 'invalid_image', param: 'messages[0].content' });
  },
);

onOneStore('neither prompts nor pictures nor keys are logged', async () => {
  const prompt = 'a secret wish';
  const image = { type: 'image_url', image_url: { url: dataUri(red) } } as const;
  const { taskId } = await ask([{ role: 'user', content: [{ type: 'text', text: prompt }, image] }]);
  await errorOf(ask([{ role: 'user', content: [{ type: 'text', text: prompt }, image] }], { n: 'two' }));
  const logged = JSON.stringify(server.log);
  expect(logged).toContain(taskId);
  for (const secret of [prompt, adminKey, red.toString('base64').slice(0, 40)])
    expect(logged).not.toContain(secret);
});

onOneStore('a refusal by content rules: it is OpenAI’s own, and is not tried again', async () => {
  for (const [index, openai] of clientsOf({ maxRetries: 2 }).entries()) {
    const prompt = `[[fail content_rejected]] refused ${index}`;
    expect(await refusedBy(ask(prompt, {}, openai))).toMatchObject({
      status: 400,
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
    });
    expect(await tasksOf(`refused ${index}`)).toHaveLength(1);
  }
  column.shows('refusal');
});

onOneStore('a bad key: the library’s own error for it', async () => {
  for (const [index, openai] of clientsOf({ apiKey: 'wrong' }).entries()) {
    const call = ask('x', {}, openai);
    await expect(call).rejects.toBeInstanceOf(libraries[index]!.AuthenticationError);
    await expect(call).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  }
  column.shows('badKey');
});

onOneStore('a wrong path: it says what is there', async () => {
  const refused = await refusedBy(first().post('/responses', { body: { input: 'x' } }));
  expect(refused).toMatchObject({ status: 404, type: 'invalid_request_error' });
  expect(refused.message).toContain('POST /openai/v1/chat/completions');
  expect(await refusedBy(first().get('/chat/completions'))).toMatchObject({ status: 405 });
  column.shows('wrongPath');
});

test('a rate limit, obeyed by the client: the library is told when to come again', async () => {
  for (const Library of libraries) {
    const { secret } = await newKey({ limits: { submits_per_minute: 1 } });
    const openai = new Library({ apiKey: secret, baseURL: `${server.url}/openai/v1`, maxRetries: 0 });
    await ask('x', {}, openai);
    const call = ask('x', {}, openai);
    await expect(call).rejects.toBeInstanceOf(Library.RateLimitError);
    const { code, headers } = await refusedBy(call);
    expect(code).toBe('rate_limit_exceeded');
    expect(Number(headers.get('retry-after-ms'))).toBe(Number(headers.get('retry-after')) * 1000);
  }
  column.shows('rateLimit');
});

test('an empty budget: it is not tried again', async () => {
  const { secret } = await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } });
  const openai = first({ apiKey: secret, maxRetries: 2 });
  await ask('x', {}, openai);
  const refused = await refusedBy(ask('x', {}, openai));
  expect(refused).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
  expect(refused.headers.get('x-should-retry')).toBe('false');
  column.shows('budget');
});

test('a cancel: from the console or the API: a stream ends with the error', async () => {
  const call = errorOf(stream('[[hang]] to be cancelled'));
  await expect.poll(async () => (await tasksOf('to be cancelled'))[0]?.state).toBe('running');
  const [task] = await tasksOf('to be cancelled');
  await server.call(`${statusPath}/${task?.task_id}`, { method: 'DELETE' });
  expect(await call).toMatchObject({ code: 'cancelled' });
  column.shows(
    'cancel',
    'by the API or the console: the waiting call is answered with 499, a stream with the error',
  );
});

test('the task of a client that hangs up goes on: and is found', async () => {
  const stop = new AbortController();
  const sent = { ...body('[[delay 200ms]] hung up'), stream: true } as const;
  const chunks = await first().chat.completions.create(sent, { signal: stop.signal });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  for await (const chunk of chunks) expect(chunk.choices[0]?.delta.role).toBe('assistant');
  const [task] = await tasksOf('hung up');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ state: 'succeeded' });
  column.shows('hangUp');
});

test('a client that times out gets its task when it tries again: by the header in which the library counts its tries', async () => {
  const openai = first({ timeout: 300, maxRetries: 5 });
  const { urls, headers } = await ask('[[delay 500ms]] timed out', {}, openai);
  expect(await imageIn(urls[0])).toMatchObject({ format: 'png' });
  expect(headers.get('idempotent-replayed')).toBe('true');
  expect(await tasksOf('timed out')).toHaveLength(1);
  column.shows('timeOut');
});

test('a repeat with an Idempotency-Key is no second task', async () => {
  const headers = { 'Idempotency-Key': 'order-1' };
  const call = () => first().chat.completions.create(body('x'), { headers }).withResponse();
  const answers = await Promise.all([call(), call()]);
  expect(new Set(answers.map(({ data: { id } }) => id)).size).toBe(1);
  const other = first().chat.completions.create(body('y'), { headers });
  expect(await refusedBy(other)).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  column.shows('idempotency');
});

test('a kill and restart of the server in the middle: the library tries again by itself, and gets the one task', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const openai = first({ baseURL: `${before.url}/openai/v1`, maxRetries: 9 });
  const call = ask('[[delay 300ms]] restarted', {}, openai);
  const streaming = errorOf(stream('[[delay 300ms]] streamed', {}, openai));
  for (const prompt of ['restarted', 'streamed'])
    await expect.poll(() => tasksOf(prompt, before)).toHaveLength(1);
  await before.stop();
  expect(await streaming).toMatchObject({ code: 'overloaded' });
  const after = await startServer({ PORT: port }, { directory });
  expect(await imageIn((await call).urls[0])).toMatchObject({ format: 'png' });
  expect(await tasksOf('restarted', after)).toHaveLength(1);
  column.shows(
    'restart',
    'for calls without a stream; a stream ends with the error, and its repeat gets the task by an `Idempotency-Key`',
  );
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
