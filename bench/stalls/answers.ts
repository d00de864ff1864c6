// Answers of upstreams and of receivers of webhooks, by a server of this process that says whatever keeps the other side busy.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { filled, mebibyte, type StallCase, type Target } from './requests.ts';

const large = 64 * mebibyte;
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
const usual = JSON.stringify({
  candidates: [{ content: { parts: [{ inlineData: { data: picture } }] }, finishReason: 'STOP' }],
});

type Answer = (response: ServerResponse) => void;

const said = (body: () => Uint8Array, headers: Record<string, string> = {}, status = 200): Answer => {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body());
};

const upstreamAnswers: Readonly<Record<string, Answer>> = {
  'base64 that is no picture': said(() =>
    filled('{"candidates":[{"content":{"parts":[{"inlineData":{"data":"', 'AAAA', '"}}]}}]}', large),
  ),
  'empty objects': said(() => filled('{"candidates":[', '{},', '{}]}', large)),
  'lists within lists': said(() => filled('', '[', '', large)),
  'words that look like pictures': said(() =>
    filled('{"candidates":[{"content":{"parts":[{"text":"', '![](data:image/png;base64,', '"}]}}]}', large),
  ),
  links: said(() =>
    filled('{"candidates":[{"content":{"parts":[{"text":"', 'http://a.b/c.png ', '"}]}}]}', large),
  ),
  'events without end': said(() => filled('', 'data: {"a":1}\n\n', '', large), {
    'content-type': 'text/event-stream',
  }),
  'a page': said(() => filled('<html>', '<!---->', '</html>', large), { 'content-type': 'text/html' }, 502),
  'an error of many words': said(
    () => filled('{"error":{"message":"', 'try again in 1', '"}}', large),
    {},
    429,
  ),
  'a gzip bomb': said(() => gzipSync(Buffer.alloc(300 * mebibyte), { level: 1 }), {
    'content-encoding': 'gzip',
  }),
  'a Brotli bomb': said(
    () =>
      brotliCompressSync(Buffer.alloc(300 * mebibyte), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    { 'content-encoding': 'br' },
  ),
  'pieces of one byte': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let left = 300_000;
    const more = () => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(' ')) {
          response.once('drain', more);
          return;
        }
      }
      response.end(usual);
    };
    more();
  },
};

const receiverAnswers: Readonly<Record<string, Answer>> = {
  'an answer without end': (response) => {
    response.writeHead(500);
    const block = Buffer.alloc(mebibyte, 'x');
    const more = () => {
      while (!response.destroyed && response.write(block));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  },
  'an answer of one byte at a time': (response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write('x'), 1);
    response.once('close', () => clearInterval(timer));
  },
};

/** Listens for the cases; it ends with the process. */
export async function startStrangers(): Promise<StallCase[]> {
  let answer: Answer = () => {};
  const server = createServer((request, response) => {
    let asked = '';
    request.on('data', (chunk) => (asked += chunk));
    request.on('end', () => {
      if (request.url === '/receiver' || asked.includes('hostile')) answer(response);
      else response.end(usual);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  server.unref();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shared = { PLANTAIN_ALLOWED_PRIVATE_HOSTS: new URL(url).host };
  const upstream = { ...shared, GEMINI_API_KEY: 'none', GEMINI_BASE_URL: url, PLANTAIN_MAX_TRIES: '1' };
  const cases = (
    kind: string,
    answers: Readonly<Record<string, Answer>>,
    settings: Record<string, string>,
    body: object,
  ): StallCase[] =>
    Object.entries(answers).map(([what, given]) => ({
      what: `${kind}: ${what}`,
      settings,
      async send(target) {
        answer = given;
        return await submitAndFollow(target, body);
      },
    }));
  return [
    ...cases('answer of an upstream', upstreamAnswers, upstream, { prompt: 'hostile', deadline_seconds: 15 }),
    ...cases('answer of a receiver', receiverAnswers, shared, {
      prompt: 'x',
      callback_url: `${url}/receiver`,
    }),
  ];
}

/** The end of the task, and half a second more for whoever is told of it. */
async function submitAndFollow({ url, key: authorization }: Target, body: object): Promise<string> {
  const path = `${url}/api/gemini/nano-banana`;
  const headers = { authorization, 'content-type': 'application/json' };
  const submitted = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data } = (await submitted.json()) as { data: { task_id: string } };
  for (;;) {
    await sleep(50);
    const asked = await fetch(`${path}/${data.task_id}`, { headers });
    const task = ((await asked.json()) as { data: { state: string; error?: { type: string } } }).data;
    if (task.state !== 'succeeded' && task.state !== 'error') continue;
    await sleep(500);
    return task.error?.type ?? task.state;
  }
}
