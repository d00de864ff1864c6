// The eighth rule of the ledger: no route leads around the gate.

import sharp from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { routes } from '../openapi/document.ts';
import { adminKey, statusPath } from '../server.fixture.ts';
import { type PaidServer, startPaidServer } from './money.fixture.ts';

const png = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
const failing = 'a picture that can not be';
const generate = { name: 'generate_image', arguments: { prompt: 'a' } };
const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: generate };
const body = {
  prompt: 'a',
  image_urls: [`data:image/png;base64,${png.toString('base64')}`],
  tasks: [{ prompt: 'a' }],
  contents: 'a',
  messages: [{ role: 'user', content: 'a' }],
  input: { prompt: 'a' },
  version: 'nano-banana',
};

/** Bodies of calls that take no others. */
const geminiRequest = { contents: [{ parts: [{ text: 'a' }] }] };
const bodies = {
  mcp: message,
  retryTask: {},
  createInteraction: { model: 'nano-banana', input: 'a' },
  geminiCreateBatch: { batch: { inputConfig: { requests: { requests: [{ request: geminiRequest }] } } } },
};

/** Members of a batch of OpenAI's face beside its file. */
const batchOf = { endpoint: '/v1/images/generations', completion_window: '24h' };

/** An upstream that counts how often it is called. */
function counting() {
  const count = { calls: 0 };
  const start: Upstream['start'] = async ({ prompt }) => {
    count.calls += 1;
    if (prompt === failing)
      throw new TaskError({ type: 'content_rejected', message: 'No.', retryable: false });
    return { pictures: [png], description: '', warnings: [] };
  };
  return { count, upstream: { name: 'test', start } };
}

/** Waits until the key has no task that goes on. */
async function idle({ call }: PaidServer, key: string): Promise<void> {
  for (const state of ['pending', 'running'])
    while (!(await call(`${statusPath}?state=${state}&limit=1`, { key })).text.includes('"tasks":[]'));
}

interface Walker {
  key: string;
  /** Id of a task that the key may retry and delete. */
  failed: string;
  /** Id of an uploaded file whose only line asks for a picture. */
  batchFile: string;
  count: { calls: number };
}

/** Routes that by their declaration may make tasks, and do something else. They are walked last, as they end or delete what others need. */
const ofTasksThere = [
  'cancelTask',
  'cancelTaskByDelete',
  'falCancel',
  'replicateCancel',
  'deleteTask',
  'cancelInteraction',
  'deleteInteraction',
  'cancelBatch',
  'openAiCancelBatch',
  'geminiCancelBatch',
  'geminiDeleteBatch',
  'deleteBatch',
];
const inOrder = Object.entries(routes).toSorted(
  ([a], [b]) => Number(ofTasksThere.includes(a)) - Number(ofTasksThere.includes(b)),
);

/** Members of paths that are no ids. */
const named: Readonly<Record<string, string>> = {
  alias: 'nano-banana',
  name: 'nano-banana',
  model: 'nano-banana',
  version: 'v1beta',
};

/** Uploads a file of one request, as a batch of OpenAI's face takes it, and gives its id. */
async function uploadBatchFile({ call }: PaidServer, key: string): Promise<string> {
  const line = { custom_id: 'a', method: 'POST', url: batchOf.endpoint, body: { prompt: 'a' } };
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([JSON.stringify(line)]), 'a.jsonl');
  return (await call<{ id: string }>('/openai/v1/files', { method: 'POST', key, body: form })).body.id;
}

/** Calls every route with what a submit takes. Gives those that made a call of an upstream, and those that the budget refused. */
async function walk(server: PaidServer, { key, failed, batchFile, count }: Walker) {
  const sent = { ...bodies, openAiCreateBatch: { ...batchOf, input_file_id: batchFile } };
  const walked = { calling: [] as string[], refused: [] as string[] };
  for (const [id, { method, path }] of inOrder) {
    // A stream of events that has no end.
    if (path.endsWith('/events')) continue;
    const before = count.calls;
    const answer = await server.call(
      path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? failed),
      {
        method: method.toUpperCase(),
        key,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        ...(method === 'get' ? {} : { body: JSON.stringify(sent[id as keyof typeof sent] ?? body) }),
      },
    );
    await idle(server, key);
    if (count.calls > before) walked.calling.push(id);
    // A tool says it in its words, and the forms of OpenAI and Google by codes of their own.
    const isRefused =
      answer.status === 402 ||
      (id === 'mcp' && answer.text.includes('budget')) ||
      (answer.status === 429 && /insufficient_quota|RESOURCE_EXHAUSTED|budget_exhausted/.test(answer.text));
    if (isRefused) walked.refused.push(id);
  }
  return walked;
}

test('8. every route that can reach an upstream goes through the one gate', async () => {
  const { count, upstream } = counting();
  const server = await startPaidServer(upstream);
  const { data: owner } = (
    await server.send('/api/admin/owners', { name: 'sharing', shared: true }, adminKey)
  ).body;
  const of = { owner_id: owner.owner_id };
  const { key: other } = await server.keyWith(null, of);
  const { key, id } = await server.keyWith(null, { ...of, scopes: ['admin'] });
  const walked = async () => {
    const { task_id: failed } = (await server.submitWith(other, { prompt: failing })).body.data;
    await server.finalOf(failed, other);
    const batchFile = await uploadBatchFile(server, key);
    return await walk(server, { key, failed, batchFile, count });
  };
  const free = await walked();
  expect(free.refused).toEqual([]);
  const declared = Object.entries(routes).filter(
    ([, { access, counts }]) => access.scope === 'tasks' || counts === 'submit',
  );
  expect([...free.calling, ...ofTasksThere].toSorted()).toEqual(
    [...declared.map(([name]) => name), 'mcp'].toSorted(),
  );
  const before = await server.entriesOf(id);
  await server.send(
    `/api/admin/keys/${id}`,
    { budget: { period: 'total', amount_micro_usd: 0 } },
    adminKey,
    'PATCH',
  );
  expect(await walked()).toEqual({ calling: [], refused: free.calling });
  expect(await server.entriesOf(id)).toEqual(before);
});
