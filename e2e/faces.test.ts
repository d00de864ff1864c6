// A server that is killed while clients of its faces wait: each client, unmodified, tries again by itself and gets the task that it had asked for.

import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { expect, test } from 'vitest';
import type { Envelope, TaskData } from '@plantain/client';
import { endless, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);

/** Asks for a picture as the client's own example does, and gives what came. */
type Ask = (url: string, prompt: string) => Promise<unknown>;

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
  return Buffer.from(await (await fetch(link ?? '')).arrayBuffer()).toString('base64');
};

const clients: Readonly<Record<string, Ask>> = {
  'openai 7': viaOpenAi(OpenAI),
  'openai 6': viaOpenAi(OpenAI6 as unknown as typeof OpenAI),
  'openai 7 in a chat': viaChat,
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
