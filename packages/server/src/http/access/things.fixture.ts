// Things of keys that calls name by their ids, made on a server as each call needs them.

import type { Envelope, NewWebhookData, WebhookDeliveriesData } from '@plantain/client';
import type { Route } from '../route/route.ts';
import { statusPath, type TestServer } from '../server.fixture.ts';

/** Part of a call that names a thing. */
export interface Named {
  path: string;
  body?: string | undefined;
}

/** Calls that name a task in their query string or their body, and have no id in their path. */
const byQuery: ReadonlySet<string> = new Set(['getTaskResult', 'getTaskByQuery', 'getTaskStatus']);
const byBody: ReadonlySet<string> = new Set(['getTaskByBody', 'postTaskResult', 'postTaskByBody']);
/** Whether a call names a thing of a key, in whatever part of it. */
export const namesThing = ([id, { params = {} }]: [id: string, route: Pick<Route, 'params'>]): boolean =>
  'id' in params || byQuery.has(id) || byBody.has(id);
/** Paths whose ids are of things of the operator. */
const ofOperator = ['/api/admin/keys/', '/api/admin/owners/'];

/** Prompts of tasks that a call works on; of all others the task succeeds. */
const prompts: Readonly<Record<string, string>> = {
  cancelTask: '[[hang]]',
  cancelTaskByDelete: '[[hang]]',
  cancelOperatorTask: '[[hang]]',
  falCancel: '[[hang]]',
  openAiCancelBatch: '[[hang]]',
  geminiCancelBatch: '[[hang]]',
  retryTask: '[[fail no_image]]',
  getUnreadAnswer: '[[web_page]]',
};

/** Path with an example in the place of each member that takes no other values than those of its pattern. */
export function withExamples({ path, params = {} }: Pick<Route, 'path' | 'params'>): string {
  return path.replaceAll(/\{(\w+)\}/g, (name, word: string) => {
    const { pattern, example } = params[word] ?? {};
    // That of a thing is put there later.
    return pattern === undefined || word === 'id' ? name : (example ?? name);
  });
}

/** Ids of things that no call has changed yet, by what they are and whose. */
export type Made = Map<string, string>;

/**
 * Makes a thing of this key, as the call that `id` names needs it; `null` for a call that names no thing of a key. A call that reads is given
 * one that others read too.
 */
export async function makeThing(
  server: TestServer,
  { key, reused }: { key: string; reused: Made },
  [id, { path, params = {}, method }]: [id: string, route: Pick<Route, 'path' | 'params' | 'method'>],
): Promise<Named | null> {
  const isOfQuery = byQuery.has(id);
  const isOfBody = byBody.has(id);
  if (!isOfQuery && !isOfBody && (!('id' in params) || ofOperator.some((start) => path.startsWith(start))))
    return null;
  const own = withExamples({ path, params });
  const start = own.slice(0, own.indexOf('{'));
  const kind = `${key} ${/batch|files|webhooks/.test(start) ? start : 'task'} ${prompts[id] ?? ''}`;
  const isRead = method === 'get' || isOfBody;
  const made = (isRead ? reused.get(kind) : undefined) ?? (await makeOf(server, key, { id, path }));
  if (isRead) reused.set(kind, made);
  if (isOfQuery) return { path: `${path}?id=${made}` };
  if (isOfBody) return { path, body: JSON.stringify({ id: made }) };
  const changes = id === 'changeWebhook' ? { body: '{"enabled":true}' } : {};
  return { path: own.replace('{id}', made).replaceAll(/\{\w+\}/g, '1'), ...changes };
}

async function makeOf(
  server: TestServer,
  key: string,
  { id, path }: { id: string; path: string },
): Promise<string> {
  const post = async <Data>(at: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', key, headers, body: JSON.stringify(body) };
    return (await server.call<Envelope<Data>>(at, sent)).body.data;
  };
  const endpoint = async () =>
    (await post<NewWebhookData>('/api/webhooks', { url: 'http://127.0.0.1:9/' })).webhook_id;
  if (path.startsWith(`${statusPath}/batch/`)) {
    const { batch_id } = await post<{ batch_id: string }>(`${statusPath}/batch`, {
      tasks: [{ prompt: 'a' }],
    });
    return batch_id;
  }
  if (path.startsWith('/openai/v1/files/')) return await uploadRequest(server, key, 'a');
  if (path.startsWith('/openai/v1/batches/')) return await makeClientBatch(server, key, prompts[id] ?? 'a');
  if (path.startsWith('/gemini/{version}/batches/'))
    return await makeGeminiBatch(server, key, prompts[id] ?? 'a');
  if (/^\/(?:api|gemini\/(?:download\/)?\{version\}|replicate\/v1)\/files\//.test(path))
    return await upload(server, key);
  if (path.startsWith('/api/webhooks/deliveries/')) {
    await post(`/api/webhooks/${await endpoint()}/test`, {});
    const listed = await server.call<Envelope<WebhookDeliveriesData>>('/api/webhooks/deliveries', { key });
    return listed.body.data.deliveries[0]?.delivery_id ?? '';
  }
  if (path.startsWith('/api/webhooks/')) return await endpoint();
  const prompt = prompts[id] ?? 'a';
  const { task_id } = await post<{ task_id: string }>(statusPath, { prompt });
  if (prompt !== '[[hang]]') await server.call(`${statusPath}/${task_id}?wait=60&until=final`, { key });
  return task_id;
}

async function upload(server: TestServer, key: string): Promise<string> {
  const { default: sharp } = await import('sharp');
  const create = { width: 1, height: 1, channels: 3, background: 'teal' } as const;
  const body = new Uint8Array(await sharp({ create }).png().toBuffer());
  const headers = { 'content-type': 'image/png' };
  const sent = { method: 'POST', key, headers, body };
  return (await server.call<Envelope<{ file_id: string }>>('/api/files', sent)).body.data.file_id;
}

const endpoint = '/v1/images/generations';

/** Uploads the one request of a batch; gives the id of the file. */
async function uploadRequest(server: TestServer, key: string, prompt: string): Promise<string> {
  const line = { custom_id: 'a', method: 'POST', url: endpoint, body: { prompt } };
  const body = new FormData();
  body.append('purpose', 'batch');
  body.append('file', new Blob([JSON.stringify(line)]), 'batch.jsonl');
  return (await server.call<{ id: string }>('/openai/v1/files', { method: 'POST', key, body })).body.id;
}

async function makeClientBatch(server: TestServer, key: string, prompt: string): Promise<string> {
  const input_file_id = await uploadRequest(server, key, prompt);
  const body = JSON.stringify({ input_file_id, endpoint, completion_window: '24h' });
  const headers = { 'content-type': 'application/json' };
  const sent = { method: 'POST', key, headers, body };
  return (await server.call<{ id: string }>('/openai/v1/batches', sent)).body.id;
}

async function makeGeminiBatch(server: TestServer, key: string, prompt: string): Promise<string> {
  const request = { contents: prompt };
  const body = JSON.stringify({ batch: { inputConfig: { requests: { requests: [{ request }] } } } });
  const path = '/gemini/v1/models/nano-banana:batchGenerateContent';
  const { name } = (await server.call<{ name: string }>(path, { method: 'POST', key, body })).body;
  return name.replace('batches/', '');
}
