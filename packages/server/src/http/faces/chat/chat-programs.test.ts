// Requests of chat programs as they send them, and their answers as they read them, after their public sources.

import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, TaskRequestData } from '@plantain/client';
import { adminKey, startServer, statusPath, type TestServer } from '../../server.fixture.ts';
import type { ChatChunk, ChatCompletion } from './answers.ts';

let server: TestServer;
let photo: string;
beforeAll(async () => {
  server = await startServer();
  const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  photo = `data:image/jpeg;base64,${bytes.toString('base64')}`;
});

const send = (body: object, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** The words and the pictures of a stream, as programs add them up, line by line. */
async function streamed(answer: Response) {
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split('\n');
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
  expect(data.pop()).toBe('[DONE]');
  const chunks = data.map((line) => JSON.parse(line) as ChatChunk);
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  return {
    text: deltas.map(({ content = '' }) => content).join(''),
    images: deltas.flatMap(({ images = [] }) => images.map(({ image_url: { url } }) => url)),
    usage: chunks.at(-1)?.usage,
  };
}

/** Prompt of the task of an answer, and the number of pictures that it was given. */
async function taskOf(answer: Response) {
  const id = answer.headers.get('x-plantain-task-id');
  const { body } = await server.call<Envelope<TaskRequestData>>(`${statusPath}/${id}/request`);
  const { prompt, image_urls, model } = body.data;
  return { prompt, inputs: image_urls.length, model };
}

const width = async (url: string | undefined) =>
  (await sharp(Buffer.from(await (await fetch(url ?? '')).arrayBuffer())).metadata()).width;
const shownIn = (markdown: string) => /!\[[^\]]*\]\(([^)]+)\)/.exec(markdown)?.[1];

test('Open WebUI: it lists the models by id, shows the picture, and goes on with what stands in its history', async () => {
  const list = await server.call<{ data: { id: string; name: string }[] }>('/openai/v1/models');
  expect(list.body.data.every(({ id, name }) => name === id)).toBe(true);
  const custom = { stream: true, stream_options: { include_usage: true }, pictures_in: 'content' };
  const first = await send({
    ...custom,
    model: 'nano-banana-pro',
    messages: [
      { role: 'system', content: 'Today is Monday.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a hat on it' },
          { type: 'image_url', image_url: { url: photo } },
        ],
      },
    ],
  });
  const { text, images, usage } = await streamed(first);
  expect(await taskOf(first)).toEqual({ prompt: 'a hat on it', inputs: 1, model: 'nano-banana-pro' });
  expect(images).toEqual([]);
  expect(await width(shownIn(text))).toBeGreaterThan(0);
  expect(usage).toMatchObject({ prompt_tokens: 0 });
  const second = await send({
    ...custom,
    model: 'nano-banana-pro',
    messages: [
      { role: 'user', content: 'a hat on it' },
      { role: 'assistant', content: text },
      { role: 'user', content: 'a red one' },
    ],
  });
  await streamed(second);
  expect(await taskOf(second)).toMatchObject({ prompt: 'a red one', inputs: 1 });
});

test('Open WebUI: titles, tags and questions that it wants of the same model are refused, and cost nothing', async () => {
  const chores = ['Generate a concise title.', 'Generate 1-3 broad tags.', 'Suggest 3-5 follow-ups.'];
  for (const chore of chores) {
    const answer = await send({
      model: 'nano-banana-pro',
      messages: [{ role: 'user', content: `### Task:\n${chore}` }],
      stream: false,
      max_completion_tokens: 1000,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-plantain-task-id')).toBeNull();
  }
});

test('LibreChat: it shows the Markdown of the stream alone, and sends pictures with a detail', async () => {
  const answer = await send({
    model: 'gemini-3-pro-image',
    user: '65f0c0ffee',
    stream: true,
    stream_options: { include_usage: true },
    temperature: 1,
    top_p: 1,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a hat on it' },
          { type: 'image_url', image_url: { url: photo, detail: 'auto' } },
        ],
      },
    ],
  });
  const { text } = await streamed(answer);
  expect(await width(shownIn(text))).toBeGreaterThan(0);
  expect(await taskOf(answer)).toMatchObject({ prompt: 'a hat on it', inputs: 1 });
});

test('Cherry Studio, as of OpenRouter: it takes the pictures out of the stream, and sends the last one with the next message', async () => {
  const base = {
    model: 'google/gemini-2.5-flash-image-preview',
    temperature: 1,
    stream: true,
    stream_options: { include_usage: true },
    modalities: ['image', 'text'],
    usage: { include: true },
  };
  const headers = { 'http-referer': 'https://cherry-ai.com', 'x-title': 'Cherry Studio' };
  const first = await send({ ...base, messages: [{ role: 'user', content: 'a cat' }] }, headers);
  const { text, images } = await streamed(first);
  expect(images).toHaveLength(1);
  expect(images[0]).toMatch(/^data:image\/png;base64,/);
  const messages = [
    { role: 'user', content: 'a cat' },
    { role: 'assistant', content: text },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a hat on it' },
        { type: 'image_url', image_url: { url: images[0] } },
      ],
    },
  ];
  const second = await send({ ...base, pictures_in: 'images', messages }, headers);
  expect((await streamed(second)).images).toHaveLength(1);
  expect(await taskOf(second)).toMatchObject({ prompt: 'a hat on it', inputs: 1 });
});

test('a program that waits for the whole answer finds the picture in it', async () => {
  const answer = await send({
    model: 'nano-banana',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'a cat' }] }],
    stream: false,
    tools: [],
    response_format: { type: 'text' },
  });
  const { choices } = (await answer.json()) as ChatCompletion;
  expect(await width(choices[0]?.message.images?.[0]?.image_url.url)).toBe(1024);
  expect(answer.headers.get('x-plantain-warnings')).toBeNull();
});
