// A server that is killed while clients of its faces wait: each client, unmodified, tries again by itself and gets the task that it had asked for.

import { setTimeout as delay } from 'node:timers/promises';
import { createFalClient } from '@fal-ai/client';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import OpenAI6 from 'openai-6';
import { expect, test } from 'vitest';
import type { Envelope, TaskData } from '@plantain/client';
import { endless, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);

/** Asks for a picture as the client's own example does, and gives what came. */
type Ask = (url: string, prompt: string) => Promise<unknown>;

const base64At = async (link: string) =>
  Buffer.from(await (await fetch(link)).arrayBuffer()).toString('base64');

const viaOpenAi =
  (Library: typeof OpenAI): Ask =>
  async (url, prompt) => {
    const client = new Library({ apiKey: key, baseURL: `${url}/openai/v1`, maxRetries: 9 });
    return (await client.images.generate({ prompt })).data?.[0]?.b64_json;
  };

const viaChat: Ask = async (url, prompt) => {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/openai/v1`, maxRetries: 9 });
  const messages = [{ role: 'user', content: prompt }] as const;
  const { choices } = await client.chat.completions.create({ model: 'nano-banana', messages: [...messages] });
  const [, link] = /!\[image\]\((\S+)\)/.exec(choices[0]?.message.content ?? '') ?? [];
  return await base64At(link ?? '');
};

const viaInteractions: Ask = async (url, input) => {
  const headers = { 'Idempotency-Key': input.replaceAll(/\W/g, '-') };
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${url}/gemini`, headers } });
  const backoff = { initialInterval: 200, maxInterval: 500, exponent: 2, maxElapsedTime: 60_000 };
  // Of itself it gives up after eight seconds, in which a busy machine starts no server.
  const retries = { strategy: 'backoff', backoff, retryConnectionErrors: true } as const;
  const made = await google.interactions.create({ model: 'gemini-nano-banana-2.1', input }, { retries });
  return made.output_image?.data;
};

const viaFal: Ask = async (url, prompt) => {
  const queue = (address: string) => address.replace('https://queue.fal.run', `${url}/fal`);
  const fal = createFalClient({
    credentials: key,
    requestMiddleware: async (request) => ({ ...request, url: queue(request.url) }),
  });
  const { data } = await fal.subscribe('fal-ai/nano-banana', { input: { prompt }, pollInterval: 50 });
  return await base64At((data as { images: { url: string }[] }).images[0]?.url ?? '');
};

const viaBatch: Ask = async (url, prompt) => {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/openai/v1`, maxRetries: 9 });
  const endpoint = '/v1/images/generations';
  const line = JSON.stringify({ custom_id: 'a', method: 'POST', url: endpoint, body: { prompt } });
  const file = await toFile(Buffer.from(line), 'a.jsonl');
  const { id: input_file_id } = await client.files.create({ file, purpose: 'batch' });
  let batch = await client.batches.create({ input_file_id, endpoint, completion_window: '24h' });
  while (batch.status !== 'completed') {
    await delay(100);
    batch = await client.batches.retrieve(batch.id);
  }
  const results = await client.files.content(batch.output_file_id ?? '');
  const { response } = (await results.json()) as { response: { body: OpenAI.ImagesResponse } };
  return response.body.data?.[0]?.b64_json;
};

const clients: Readonly<Record<string, Ask>> = {
  'openai 7': viaOpenAi(OpenAI),
  'openai 6': viaOpenAi(OpenAI6 as unknown as typeof OpenAI),
  'openai 7 in a chat': viaChat,
  'openai 7 with a batch': viaBatch,
  '@google/genai 3 with an interaction': viaInteractions,
  '@fal-ai/client': viaFal,
};

async function tasks(url: string): Promise<TaskData[]> {
  const answer = await fetch(`${url}/api/gemini/nano-banana`, { headers: { authorization: key } });
  return ((await answer.json()) as Envelope<{ tasks: TaskData[] }>).data.tasks;
}

test('a client whose server is killed and comes back gets its one picture', async () => {
  const directory = temporaryDirectory();
  const settings = { PLANTAIN_ADMIN_KEY: key, PLANTAIN_RETRY_BASE_MS: '1' };
  const first = await startServer(directory, { ...settings, ...endless });
  const names = Object.keys(clients);
  const calls = names.map((name) => clients[name]!(first.url, `for ${name}`));
  await expect
    .poll(async () => (await tasks(first.url)).filter(({ state }) => state === 'running'))
    .toHaveLength(names.length);
  await first.end('SIGKILL');
  const { port } = new URL(first.url);
  const second = await startServer(directory, {
    ...settings,
    PLANTAIN_PORT: port,
    PLANTAIN_SANDBOX_DURATION_MS: '0',
  });
  for (const picture of await Promise.all(calls)) expect(picture).toMatch(/^iVBORw0KGgo/);
  const ended = await tasks(second.url);
  expect(ended.map(({ state }) => state)).toEqual(names.map(() => 'succeeded'));
  await second.end('SIGTERM');
});
